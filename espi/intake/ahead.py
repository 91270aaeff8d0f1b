"""Work ahead: the next thing is made while the one before is being worked on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Generator[Item]:
    """The same items in order, each made by another thread as soon as the one before it was taken, never more.

    What making one raises is raised where it would have come. The items are whole and nobody changes them, so the two
    threads share nothing else.
    """
    with ThreadPoolExecutor(1, "ahead") as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item
