"""How networks of meters differ: latency, batches, limits, repeats. And what may go wrong in them."""

from __future__ import annotations

from dataclasses import dataclass

from espi.han.gateway import Limits


@dataclass(frozen=True)
class Profile:
    """A network. latency_s: the least and the most that a way to a meter takes. tries: how often a frame is sent.

    batch_s: orders leave together at the full multiple of so many seconds (0: at once), batch_most of them.
    """

    name: str
    latency_s: tuple[int, int]
    batch_s: int
    batch_most: int
    tries: int
    limits: Limits


CELLULAR = Profile("cellular", (1, 6), 0, 1_000_000, 2, Limits(text_bytes=64, devices_a_meter=5, lag_s=400))
"""Each meter has a modem of its own: quick, one order at a time, and longer texts."""

MESH = Profile(
    "mesh",
    (5, 90),
    60,
    2_000,
    1,
    Limits(text_bytes=48, devices_a_meter=3, join_window_s=1800, orders=5000, lag_s=900),
)
"""Meters hand frames on to each other: slow, in batches a minute, shorter texts, fewer devices."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong, in per cent of the frames that are sent over the air, each way. late_s: how late they come."""

    lost: int = 0
    repeated: int = 0
    late: int = 0
    late_s: int = 240


NO_FAULTS = Faults()
