"""What a file has had already is known, whatever the batches."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from espi.intake.seen import Seen, hashes_of


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=12))
def test_seen_is_a_set(batches: list[list[int]]) -> None:
    seen, plain = Seen(), set[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key in plain)
            plain.add(key)
        assert seen.add(np.array(batch, np.uint64)).tolist() == expected


@given(st.sets(st.text("0123456789AZaz", min_size=1, max_size=64), min_size=1, max_size=40), st.sampled_from([64, 72]))
def test_an_esiid_has_one_hash_however_wide_its_array_is(esiids: set[str], width: int) -> None:
    narrow = np.array([esiid.encode() for esiid in sorted(esiids)])
    found = hashes_of(narrow)
    assert hashes_of(narrow.astype(f"S{width}")).tolist() == found.tolist()
    assert len(set(found.tolist())) == len(esiids)
