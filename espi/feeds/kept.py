"""Texts that are the same each time, kept: as many as there is room for, the oldest leave first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Kept(Generic[Thing]):
    """Things by key. A key must hold everything that the thing is made of. Threads may share one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: dict[Hashable, Thing] = {}

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of a key, made if it is not there."""
        found = self._things.get(key)
        if found is None:
            found = make()
            if len(self._things) >= self._most:
                for oldest in list(self._things)[: self._most // 8 + 1]:
                    self._things.pop(oldest, None)
            self._things[key] = found
        return found
