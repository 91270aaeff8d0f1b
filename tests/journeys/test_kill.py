"""`kill -9` of loaders, the worker and the database at random moments: nothing is lost and nothing is there twice."""

from __future__ import annotations

import random
from pathlib import Path

from tests import crashing


def test_a_load_into_sqlite_that_is_killed_again_and_again(tmp_path: Path) -> None:
    crashing.on_sqlite(tmp_path, random.SystemRandom().randrange(10**6), kills=3)


def test_a_load_into_postgresql_that_is_killed_again_and_again(tmp_path: Path) -> None:
    crashing.on_postgresql(tmp_path, random.SystemRandom().randrange(10**6), kills=3)
