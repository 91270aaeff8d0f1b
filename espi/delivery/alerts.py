"""By night: what customers wanted to be told of their own use is looked for, kept, and mailed.

A day is looked at as soon as readings of it are there, for three days: utilities send them a day or two later. Nobody
is told of the same day twice (`espi.store.alerts`). What is unusual is much more than on the same weekdays before.
"""

from __future__ import annotations

import hmac
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from espi import jobs
from espi.clock import DAY_S, day_date, month_start, zone
from espi.delivery import alert_texts
from espi.errors import NotFound
from espi.jobs import Context
from espi.store import alerts, directory, identity, people
from espi.store import jobs as outbox
from espi.store.alerts import DAY, MONTH, SILENT, UNUSUAL, Alert, DaySum, Waiting
from espi.store.jobs import Job

if TYPE_CHECKING:
    from espi.store.database import Conn, Database
    from espi.store.directory import Utility

KIND = "nightly.alerts"
LOOK_BACK_DAYS = 3
WEEKS, FEWEST_WEEKS = 8, 5
SPREADS, LEAST_PERCENT = 4, 140
"""Unusual is what exceeds the middle of the same weekdays by so many of their middle deviations, and by two fifths."""

Sums = Mapping[tuple[int, int], DaySum]


@jobs.handler(KIND)
def find(context: Context, _job: Job) -> Mapping[str, int]:
    """Look for what customers wanted to be told of, and tell them."""
    with context.database.read() as conn:
        utilities = directory.utilities(conn)
    return {"told": sum(_of_utility(context, utility) for utility in utilities)}


jobs.every(KIND, DAY_S // 4)


def off_link(database: Database, base_url: str, waiting: Waiting) -> str:
    """The address that turns one kind of alert off, for whoever has the mail; it is signed."""
    rule = waiting.rule
    about = f"{rule.usage_point_id}-{rule.customer_id}-{rule.kind}"
    return f"{base_url}/alerts/off/{about}-{_signature(database, about)}"


def opened(database: Database, token: str) -> tuple[int, int, str]:
    """What an address turns off: usage point, customer and kind. `NotFound` if we did not make it."""
    about, _, signature = token.rpartition("-")
    point, _, rest = about.partition("-")
    customer, _, kind = rest.partition("-")
    made = hmac.compare_digest(signature.encode(), _signature(database, about).encode())
    if not made or kind not in alerts.KINDS:
        raise NotFound(detail="an address that turns an alert off, and is none")
    return int(point), int(customer), kind


def _signature(database: Database, about: str) -> str:
    return hmac.digest(database.key_for("alerts"), about.encode(), "sha256").hex()[:32]


def _of_utility(context: Context, utility: Utility) -> int:
    today = zone(utility.zone).day_of(context.now_s())
    told = _tell(context, utility, SILENT, 0, today)
    for day in range(today - LOOK_BACK_DAYS, today):
        told += _tell(context, utility, DAY, day, day) + _tell(context, utility, UNUSUAL, day, day)
    return told + _tell(context, utility, MONTH, month_start(today - 1), today - 1)


def _tell(context: Context, utility: Utility, kind: str, about: int, day: int) -> int:
    """Tell of one kind and one day; how many were told."""
    told = 0
    with context.database.read() as conn:
        chunks = list(alerts.waiting(conn, utility.id, kind, about, day))
    for chunk in chunks:
        with context.database.read() as conn:
            found = list(_found(conn, chunk, kind, about, day, context.now_s()))
        with context.database.write() as conn:
            told += sum(_put(conn, context, utility, waiting, alert) for waiting, alert in found)
    return told


def _found(
    conn: Conn, chunk: Sequence[Waiting], kind: str, about: int, day: int, now_s: int
) -> Iterator[tuple[Waiting, Alert]]:
    """Of rules, those that something is to be told of, and what."""
    days = {
        SILENT: [],
        DAY: [day],
        MONTH: list(range(about, day + 1)),
        UNUSUAL: [day - 7 * weeks for weeks in range(WEEKS + 1)],
    }[kind]
    sums = alerts.sums(conn, chunk, days) if days else {}
    for each in chunk:
        rule = each.rule
        amount, against = _measured(sums, each, days)
        if kind == SILENT or amount > against:
            yield (
                each,
                Alert(
                    usage_point_id=rule.usage_point_id,
                    customer_id=rule.customer_id,
                    kind=kind,
                    day=each.since_day if kind == SILENT else about,
                    uom=rule.uom,
                    power_of_ten=rule.power_of_ten,
                    amount=amount,
                    against=_middle(sums, each, days) if kind == UNUSUAL else against,
                    found_s=now_s,
                    mailed=False,
                ),
            )


def _measured(sums: Sums, waiting: Waiting, days: Sequence[int]) -> tuple[int, int]:
    """How much it was, and how much it would have to exceed."""
    rule = waiting.rule
    if rule.kind != UNUSUAL:
        own = (sums.get((rule.usage_point_id, day)) for day in days)
        return sum(each.total for each in own if each), rule.most
    here = sums.get((rule.usage_point_id, days[0]))
    past = _past(sums, waiting, days)
    if here is None or len(past) < FEWEST_WEEKS:
        return 0, 0
    middle = int(statistics.median(past))
    spread = int(statistics.median(abs(each - middle) for each in past))
    return here.total, max(middle + SPREADS * spread, middle * LEAST_PERCENT // 100)


def _past(sums: Sums, waiting: Waiting, days: Sequence[int]) -> list[int]:
    """What the same weekdays before add up to, of those of which everything is known."""
    found = (sums.get((waiting.rule.usage_point_id, day)) for day in days[1:])
    return [each.total for each in found if each and not each.absent]


def _middle(sums: Sums, waiting: Waiting, days: Sequence[int]) -> int:
    return int(statistics.median(_past(sums, waiting, days)))


def _put(conn: Conn, context: Context, utility: Utility, waiting: Waiting, found: Alert) -> bool:
    """Keep an alert, and put its mail into the outbox where the customer's address is known."""
    to = people.mail_address(conn, "customer", found.customer_id)
    fresh = alerts.put_alert(conn, Alert(**{name: getattr(found, name) for name in _NAMES}, mailed=to is not None))
    if not fresh or to is None:
        return fresh
    measure = found.uom, found.power_of_ten
    path_id = identity.path_id_for(conn, f"usage-point/{utility.duns}/{waiting.esiid}")
    period = "month" if found.kind == MONTH else "day"
    date = day_date(found.day).isoformat()
    off = off_link(context.database, context.settings.base_url, waiting)
    subject, text = alert_texts.written(
        to[1],
        found.kind,
        last=waiting.esiid[-4:],
        day=date,
        amount=alert_texts.amount_text(found.amount, *measure),
        against=alert_texts.amount_text(found.against, *measure),
        utility=waiting.utility,
        page=f"{context.settings.base_url}/usage/{path_id}?period={period}&date={date}",
        off=off,
    )
    payload: dict[str, object] = {"to": to[0], "subject": subject, "text": text, "language": to[1], "off": off}
    payload["customer"] = found.customer_id
    outbox.add_job(conn, "mail.send", payload, now_s=context.now_s())
    return True


_NAMES = [name for name in Alert.__slots__ if name != "mailed"]
