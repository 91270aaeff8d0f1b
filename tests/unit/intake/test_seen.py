"""What a file has had already is known, whatever the batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espi.intake.seen import Seen


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=12))
def test_seen_is_a_set(batches: list[list[int]]) -> None:
    seen, plain = Seen(), set[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key in plain)
            plain.add(key)
        assert seen.add(batch) == expected
