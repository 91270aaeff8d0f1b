"""Working ahead changes nothing but the time it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from espi.intake.ahead import ahead


def test_the_items_come_in_order_and_one_is_made_ahead() -> None:
    made: list[int] = []
    third = threading.Event()

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    coming = ahead(items())
    assert [next(coming), next(coming)] == [0, 1]
    assert third.wait(5)
    assert made == [0, 1, 2], "not more than one is made before it is wanted"
    assert list(coming) == [2, 3, 4]


def test_what_goes_wrong_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)


def test_no_thread_is_left_when_the_items_are_no_longer_wanted() -> None:
    coming = ahead(iter(range(100)))
    next(coming)
    coming.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
