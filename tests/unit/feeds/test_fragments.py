"""Packed months: a stream that is put together of them says what its parts say."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from espi.feeds import fragments
from espi.feeds.fragments import Fragment, Fragments

TEXTS = st.lists(st.tuples(st.binary(max_size=400), st.booleans()), max_size=12)


@given(TEXTS)
def test_a_stream_of_fragments_and_fresh_text_is_one_gzip_member(texts: list[tuple[bytes, bool]]) -> None:
    pieces = [Fragment.of([text]) if is_packed else text for text, is_packed in texts]
    stream = b"".join(fragments.gzip(pieces))
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(stream) == b"".join(text for text, _ in texts)
    assert unpacker.eof
    assert not unpacker.unused_data
    assert gzip.decompress(stream) == b"".join(text for text, _ in texts)


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_the_checksum_of_two_texts_is_known_by_theirs(first: bytes, second: bytes) -> None:
    found = fragments.joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert found == zlib.crc32(first + second)


def test_long_texts_have_checksums_too() -> None:
    long = b"meter" * 10_000_000
    assert fragments.joined_crc(zlib.crc32(b"a"), zlib.crc32(long), len(long)) == zlib.crc32(b"a" + long)


def test_a_fragment_is_made_once() -> None:
    kept = Fragments(10**6)
    text = iter([b"te", b"xt"])
    assert kept.get("key", text) is kept.get("key", iter([b"other"]))
    assert list(text) == []


def test_what_nobody_asked_for_makes_room() -> None:
    room = fragments.OVERHEAD + 100
    kept, made = Fragments(3 * room), list[int]()

    def text(key: int) -> Iterator[bytes]:
        made.append(key)
        yield b"text"

    for key in (1, 2, 3, 1, 4, 1, 2):
        kept.get(key, text(key))
    assert made == [1, 2, 3, 4, 2]
    assert kept.bytes <= 3 * room


def test_no_room_keeps_nothing() -> None:
    kept = Fragments(0)
    assert kept.get("key", [b"text"]).length == 4
    assert kept.bytes == 0
