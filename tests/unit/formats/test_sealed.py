from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.errors import BadInput
from espi.formats.sealed import PIECE_BYTES, SealedReader, SealedWriter

PASSPHRASE = "a river, a lamp, two geese"


def sealed(content: bytes) -> bytes:
    raw = io.BytesIO()
    writer = SealedWriter(raw, PASSPHRASE)
    writer.write(content)
    writer.finish()
    return raw.getvalue()


def opened(raw: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return SealedReader(io.BytesIO(raw), passphrase).readall()


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]), st.binary(max_size=9))
def test_what_was_sealed_comes_back(size: int, tail: bytes) -> None:
    content = b"x" * size + tail
    assert opened(sealed(content)) == content


def test_nothing_of_it_can_be_read_in_it_and_no_two_are_alike() -> None:
    first, second = sealed(b"ESIID 10443720000000042"), sealed(b"ESIID 10443720000000042")
    assert b"ESIID" not in first
    assert first[-30:] != second[-30:]


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_changed_bit_is_found(data: st.DataObject) -> None:
    raw = bytearray(sealed(b"readings of a day"))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadInput):
        opened(bytes(raw))


@pytest.mark.parametrize("cut", [1, 40, PIECE_BYTES])
def test_a_cut_is_found(cut: int) -> None:
    with pytest.raises(BadInput):
        opened(sealed(b"y" * (PIECE_BYTES + 9))[:-cut])


def test_pieces_cannot_be_moved_or_left_out() -> None:
    raw = sealed(bytes(PIECE_BYTES) + b"z" * PIECE_BYTES + b"end")
    start, size = 30, 4 + PIECE_BYTES + 16
    first, second, rest = raw[start : start + size], raw[start + size : start + 2 * size], raw[start + 2 * size :]
    assert opened(raw[:start] + first + second + rest)
    for wrong in (second + first + rest, first + rest, second + rest, first + second + rest + rest):
        with pytest.raises(BadInput):
            opened(raw[:start] + wrong)


def test_another_passphrase_and_another_file_are_told() -> None:
    with pytest.raises(BadInput, match="the passphrase is another one"):
        opened(sealed(b"content"), PASSPHRASE + "!")
    with pytest.raises(BadInput, match="not a sealed file"):
        opened(b"PK\x03\x04 something else altogether, long enough")
    with pytest.raises(BadInput, match="at least 16 characters"):
        SealedWriter(io.BytesIO(), "short")
