"""What a utility of the demonstration market sent in the browser, with faults; and its brand."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

from espi.demo.measured import MEASURES, block
from espi.demo.points import points
from espi.demo.roster import CAPROCK
from espi.formats import lse, market_events
from espi.formats.market_events import Kind, MarketEvent
from espi.intake import upload
from espi.store import brands, directory, uploads
from espi.store.brands import Brand

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.demo.period import Period
    from espi.store.database import Database

SENT_BY = "caprock"
MOST_BYTES = 1 << 20
HALF_A_DAY = b"120000"
COUNTER = 9
COLOUR, DARK_COLOUR = "#7a3e00", "#e0a060"


def send(database: Database, settings: Settings, period: Period) -> None:
    """Send the files, and show the brand, unless that was done before."""
    now_s = settings.clock.now_s()
    with database.write() as conn:
        utility = directory.utility_by_duns(conn, CAPROCK.duns)
        if utility is None or uploads.uploads_of(conn, utility.id, 1):
            return
        brand = Brand(
            utility.id,
            CAPROCK.name,
            COLOUR,
            DARK_COLOUR,
            phone="325 555 0142",
            outage_phone="325 555 0111",
            mail="customers@caprock.example",
            changed_s=now_s,
        )
        brands.put_brand(conn, brand, None)
    for name, content in files(period, now_s):
        file = io.BytesIO(content)
        upload.receive(database, utility, file, name, sent_by=SENT_BY, most=MOST_BYTES, now_s=now_s)


def files(period: Period, now_s: int) -> list[tuple[str, bytes]]:
    """The files' names and contents: half a day of one meter, a day of a stranger; no name that we know; an event."""
    point = next(each for each in points() if each.company is CAPROCK and MEASURES[each.kind][0].by_file)
    measure, day = MEASURES[point.kind][0], period.until_day - 1
    made = [block(0, point, measure, period, day)]
    whole = b"".join(lse.write(point.esiid, period.zone, made, now_s))
    strange = b"".join(lse.write(_stranger(point.esiid), period.zone, made, now_s))
    sent: dt.datetime = period.zone.local(now_s).replace(tzinfo=None)
    event = MarketEvent("caprock-1", now_s, point.esiid, Kind.MOVE_OUT, period.zone.day_start_s(1))
    named = f"{CAPROCK.duns}MarketEvents{sent:%Y%m%d%H%M%S}{COUNTER:03d}.csv"
    return [
        (lse.file_name(CAPROCK.duns, sent, COUNTER), whole.replace(lse.DAY_STOPS[0].encode(), HALF_A_DAY) + strange),
        ("readings-of-june.csv", b"meter;kWh\n"),
        (named, market_events.write_csv([event], period.zone).encode()),
    ]


def _stranger(esiid: str) -> str:
    """An ESIID of the same length that is nobody's."""
    return f"{esiid[:-4]}9999"
