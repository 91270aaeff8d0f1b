"""`python -m tests.han_fuzz [COUNT] [SEED]`: random and mutated frames, which may crash nothing.

A frame is either read, and then written again as the same bytes, or refused with `BadFrame`. Anything else is a fault.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from espi.han import frames
from espi.han.fields import BadFrame
from espi.han.sep1 import Cluster

COUNT = 1_000_000
LONGEST = 90

SEEDS = (
    (0x0701, "09010001100000050000c0cf451b780003ffff00800080803203"),
    (0x0701, "090201011000000500000000000000"),
    (0x0701, "09030200"),
    (0x0701, "0104000110000004fccf451b030080008080ff0300" + "ff" * 42),
    (0x0701, "010501c0cf451b00"),
    (0x0701, "010501c0cf451b0001100000"),
    (0x0703, "0905000120000084000000003c000c54657374206d657373616765"),
    (0x0703, "0906010120000000"),
    (0x0703, "01070101200000c0cf451b"),
    (0x0703, "010700"),
    (0x0700, "09080001300000045045414b01400000c0cf451b0048033231c0cf451b3c00b9000000"),
    (0x0700, "09080001300000045045414b01400000c0cf451b0048033231c0cf451b3c00b9000000ff0100000005"),
    (0x0700, "01090001"),
    (0x0700, "010a01c0cf451b05"),
    (0x0701, "100b010000002005010000200a030000210504090086"),
    (0x0702, "080c0a00002515cd5b070000"),
    (0x0701, "000d0000000300"),
    (0x0701, "080e0b0000"),
)  # fmt: skip
"""A frame of every kind."""


@dataclass
class Counted:
    """How many frames there were, and how many of them were read and refused."""

    frames: int = 0
    read: int = 0
    refused: int = 0


def run(count: int, seed: int) -> Counted:
    """Try so many frames; the same ones for the same seed. Whatever is raised is the fault that was looked for."""
    chance = random.Random(seed)  # noqa: S311 - it guards nothing
    clusters = [*map(int, Cluster), 0x0705]
    worked = [(cluster, bytes.fromhex(text)) for cluster, text in SEEDS]
    counted = Counted()
    for _ in range(count):
        cluster, data = chance.choice(worked)
        data = chance.choice(CHANGES)(chance, data)
        if not chance.randrange(10):
            cluster = chance.choice(clusters)
        _try(cluster, data, counted)
    return counted


def _try(cluster: int, data: bytes, counted: Counted) -> None:
    counted.frames += 1
    try:
        found = frames.decode(cluster, data)
    except BadFrame as refused:
        if not (refused.what and refused.where):
            raise AssertionError(f"{cluster:#06x} {data.hex()}: nothing is said of what is wrong") from refused
        counted.refused += 1
        return
    counted.read += 1
    header = found.header
    if header.type == frames.CLUSTER:
        again = frames.encode(found.body, header.sequence, quiet=header.quiet)
    else:
        again = frames.encode_global(found.body, header.sequence, from_server=header.from_server, quiet=header.quiet)
    if again != data:
        raise AssertionError(f"{cluster:#06x} {data.hex()} was read, and written as {again.hex()}")


def _as_it_is(_chance: random.Random, data: bytes) -> bytes:
    return data


def _noise(chance: random.Random, _data: bytes) -> bytes:
    return chance.randbytes(chance.randrange(LONGEST))


def _noise_after_header(chance: random.Random, data: bytes) -> bytes:
    return data[:3] + chance.randbytes(chance.randrange(LONGEST))


def _bit(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _byte(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    found[chance.randrange(len(found))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(found)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _longer(chance: random.Random, data: bytes) -> bytes:
    return data + chance.randbytes(chance.randrange(1, 9))


def _swapped(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[at:] + data[:at]


CHANGES: Sequence[Callable[[random.Random, bytes], bytes]] = (
    _as_it_is, _noise, _noise_after_header, _bit, _bit, _byte, _byte, _cut, _longer, _swapped,
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Try frames and tell how many of each sort there were."""
    count = int(words[0]) if words else COUNT
    seed = int(words[1]) if len(words) > 1 else 1
    started = time.perf_counter()
    counted = run(count, seed)
    took_s = time.perf_counter() - started
    sys.stdout.write(
        f"{counted.frames:,} frames in {took_s:.1f} s: {counted.read:,} read and written again, "
        f"{counted.refused:,} refused, none crashed (seed {seed}).\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
