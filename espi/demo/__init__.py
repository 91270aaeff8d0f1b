"""The demonstration market: made-up companies and people, thirteen months of readings, the same every time."""

from __future__ import annotations

from collections.abc import Callable

from espi import jobs
from espi.clock import parse_day
from espi.config import Settings
from espi.delivery import handlers  # noqa: F401  (what loading gives rise to is done at once)
from espi.demo import book, census, direct, files, household, nights, oversight, sharing
from espi.demo.book import Facts
from espi.demo.period import up_to
from espi.errors import BadInput
from espi.intake import handlers as checks  # noqa: F401  (as above)
from espi.store.database import Database

__all__ = ["ID_NAMESPACE", "Facts", "load"]

ID_NAMESPACE = "0e5b1d4c-7a52-4c08-9d0e-6d61726b6574"
"""What the ids of a home folder made for the demonstration are derived from, so that they are the same everywhere."""


def load(database: Database, settings: Settings, *, say: Callable[[str], None] = lambda _line: None) -> Facts:
    """Load what is missing of the market up to the clock's yesterday, and write `demo.json`.

    say: told what was done. `BadInput` in production, where everybody knowing the passwords would be out of place.
    """
    if settings.production:
        raise BadInput("The demonstration market is not for production; unset ESPI_PRODUCTION.")
    now_s = settings.clock.now_s()
    earlier = book.earlier_start(settings)
    period = up_to(now_s, parse_day(earlier) if earlier else None)
    point_ids = census.take(database, period, settings)
    say(f"{len(point_ids)} usage points, with their customers, REPs, meters, logins and grants")
    names = files.load_all(database, settings, period, say)
    direct.put_all(database, period, point_ids, now_s, say)
    nights.send(database, settings, period)
    jobs.run_due(jobs.Context(settings, database))
    with database.write() as conn:
        sharing.begin_to_notify(conn, now_s)
        oversight.settle(conn, now_s)
        household.settle(conn, settings)
    return book.write(database, settings, period, names)
