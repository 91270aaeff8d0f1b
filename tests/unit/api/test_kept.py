"""A feed that has not changed is not made twice; nobody gets what was kept of something else."""

from __future__ import annotations

from espi.api.kept import MOST_OF_ONE, Kept, Key


def _key(tag: str, encoding: str = "gzip") -> Key:
    return Key(tag, "application/atom+xml", encoding)


def test_an_answer_is_kept_by_all_that_tells_it_from_others() -> None:
    kept = Kept()
    kept.put(_key("a"), b"packed")
    assert kept.get(_key("a")) == b"packed"
    assert kept.get(_key("b")) is None
    assert kept.get(_key("a", "zstd")) is None
    assert kept.get(Key("a", "text/csv", "gzip")) is None


def test_what_nobody_asked_for_the_longest_makes_room() -> None:
    kept = Kept(most_bytes=10)
    kept.put(_key("old"), b"1234")
    kept.put(_key("asked for"), b"1234")
    assert kept.get(_key("old")) == b"1234"
    kept.put(_key("new"), b"1234")
    assert [kept.get(_key(tag)) for tag in ("old", "asked for", "new")] == [b"1234", None, b"1234"]


def test_the_same_answer_twice_takes_its_room_once() -> None:
    kept = Kept(most_bytes=10)
    for _ in range(5):
        kept.put(_key("a"), b"1234")
    kept.put(_key("b"), b"1234")
    assert kept.get(_key("a")) == kept.get(_key("b")) == b"1234"


def test_a_large_answer_is_not_kept() -> None:
    kept = Kept()
    kept.put(_key("large"), b"x" * (MOST_OF_ONE + 1))
    assert kept.get(_key("large")) is None
