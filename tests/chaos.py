"""Rounds of loads that are killed again and again: `python -m tests.chaos --rounds 20 --kills 9`."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from tests.crashing import on_postgresql, on_sqlite


def soak(words: list[str] | None = None) -> None:
    """Rounds of loads with other seeds each, until one is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=9, help="in each round")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round")
    given = parser.parse_args(words)
    for number in range(given.rounds):
        for load in (on_sqlite, on_postgresql):
            home = Path(tempfile.mkdtemp(prefix="chaos-"))
            load(home, given.seed + number, given.kills)
            shutil.rmtree(home)


if __name__ == "__main__":
    soak()
