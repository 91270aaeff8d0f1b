"""Feeds of every kind of meter, each beside the JSON that says what is in it."""

from __future__ import annotations

from pathlib import Path

from clients.__main__ import Sample
from espi.feeds import Question, download_as
from tests.metered import FIRST_DAY, LAST_DAY, SCOPE, World

KINDS = ("electricity", "solar", "cost", "gas", "water", "odd")


def made_samples(folder: Path) -> list[Sample]:
    """One sample a kind, its files in the folder."""
    world = World(folder)
    world.fill()
    question = Question(FIRST_DAY, LAST_DAY + 1)
    with world.database.read() as conn:
        for kind in KINDS:
            points = world.points(conn, kind)
            for wanted in ("xml", "json"):
                made = download_as(wanted, conn, world.reach, question, points, scope=SCOPE, settings=world.settings)
                (folder / f"{kind}.{wanted}").write_bytes(b"".join(made.chunks))
    world.database.close()
    return [Sample(kind, kind, folder / f"{kind}.xml", folder / f"{kind}.json") for kind in KINDS]
