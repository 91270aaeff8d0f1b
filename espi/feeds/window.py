"""Counting entries, so that a page of a feed holds the ones that were asked for and nothing else is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from espi.feeds.question import Page

Item = TypeVar("Item")


class Window:
    """The entries of a page, by their places in the whole feed. more: whether there are entries after it."""

    def __init__(self, page: Page) -> None:
        self._whole = page.is_whole
        self._skip = page.start - 1
        self._left = page.most
        self.more = False

    def take(self) -> bool:
        """Count an entry, and say whether it is on the page."""
        if self._whole:
            return True
        if self._skip:
            self._skip -= 1
            return False
        if self._left == 0:
            self.more = True
            return False
        if self._left is not None:
            self._left -= 1
        return True

    def taken(self, items: Iterator[Item]) -> Iterator[Item]:
        """Of the items that make an entry each, those on the page; none is looked at once it is known what follows."""
        return items if self._whole else self._counted(items)

    def _counted(self, items: Iterator[Item]) -> Iterator[Item]:
        for item in items:
            if self.take():
                yield item
            if self.more:
                return
