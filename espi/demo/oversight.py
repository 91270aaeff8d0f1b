"""What the regulator sees in the demonstration market: thirteen months of counts, reads on demand, answered questions.

The last two months are counted from what is there, as the nightly job does; those before are made up in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from espi.clock import DAY_S, month_start, next_month
from espi.demo.roster import BAYOU, CAPROCK
from espi.helpdesk.counting import count_market
from espi.store import desk, market_counts, on_demand
from espi.store.completeness import change_late, completeness_of
from espi.store.market_counts import ACCOUNTS, API_USE, LOGINS, ON_DEMAND, TICKETS

if TYPE_CHECKING:
    from espi.store.database import Conn

MONTHS = 12
CALLERS = (("customer", 14), ("rep", 6), ("third_party", 9), ("tdsp", 5), ("person", 7))
PROGRAMS = (("third_party", 310), ("rep", 140), ("tdsp", 60))
ELECTRIC = (CAPROCK.duns, BAYOU.duns)


def add(conn: Conn, point_ids: Mapping[str, int], now_s: int) -> None:
    """Put all of it there. point_ids: of usage points, by ESIID."""
    today = now_s // DAY_S
    this = month_start(today)
    before = month_start(this - 1)
    _read_on_demand(conn, [key for esiid, key in sorted(point_ids.items()) if _is_electric(esiid)], before, today)
    _ask(conn, before, this)
    count_market(conn, now_s)
    month = before
    for back in range(1, MONTHS + 1):
        if back > 1:
            market_counts.count_flows(conn, month, now_s)
            market_counts.put_counts(conn, ON_DEMAND, month, _reads(month, back))
            market_counts.put_counts(conn, TICKETS, month, _questions(month, back))
        for report in (ACCOUNTS, LOGINS):
            market_counts.put_counts(conn, report, month, _earlier(conn, report, this, back))
        month = month_start(month - 1)
    market_counts.add_counts(conn, API_USE, _calls(next_month(month), today))


def settle(conn: Conn, now_s: int) -> None:
    """Say of the days of old, which were all loaded just now, that they came as files do: some of them late."""
    today = now_s // DAY_S
    for each in completeness_of(conn, 0, today):
        late = each.received * _wobble(each.day * 3 + each.utility_id, 5) // 100 if each.day % 4 == 0 else 0
        change_late(conn, each.utility_id, each.day, late + (each.received // 6 if _wobble(each.day, 41) == 0 else 0))


def _is_electric(esiid: str) -> bool:
    return esiid.startswith((CAPROCK.id_prefix, BAYOU.id_prefix))


def _wobble(number: int, width: int) -> int:
    """A number from 0 to below a width, the same every time and without a pattern that one sees."""
    return (number * 7919 + number // 7 * 104_729) % 65_521 % width


def _read_on_demand(conn: Conn, points: list[int], first: int, today: int) -> None:
    for day in range(first, today):
        for number in range(1 + _wobble(day, 3)):
            asked_s = day * DAY_S + 50_000 + 3600 * number
            made = on_demand.ask(conn, points[_wobble(day + number, len(points))], "demonstration", asked_s)
            state = (*(on_demand.COMPLETED,) * 9, on_demand.FAILED, on_demand.TIMED_OUT)[_wobble(day * 5 + number, 11)]
            on_demand.advance(conn, made.usage_point_id, made.number, state, asked_s + 60 + _wobble(day, 240))


def _ask(conn: Conn, before: int, this: int) -> None:
    """Questions of last month that were answered and are closed: nobody's, and without words."""
    for place, (kind, number) in enumerate(CALLERS):
        for one in range(number):
            opened_s = (before + _wobble(place * 31 + one, this - before)) * DAY_S + 40_000
            key = desk.add_ticket(
                conn,
                kind=kind,
                login_id=0,
                name="",
                email="",
                language="en",
                category="other",
                subject="A question of last month",
                reference="",
                now_s=opened_s,
                target_s=DAY_S,
                number=f"T-D{place}{one:05d}",
            )
            answered_s = opened_s + 1800 + 600 * _wobble(place + one, 60)
            closed = {"answered_s": answered_s, "solved_s": answered_s, "touched_s": answered_s, "due_s": None}
            desk.change_ticket(conn, key, state=desk.CLOSED, **closed)


def _reads(month: int, back: int) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for place, duns in enumerate(ELECTRIC):
        done = 46 - 2 * back + _wobble(month + place, 9)
        found |= {
            (duns, on_demand.COMPLETED): done,
            (duns, "seconds"): done * (110 + 6 * back),
            (duns, on_demand.FAILED): 3 + _wobble(month + 3 * place, 5),
            (duns, on_demand.TIMED_OUT): 4 + back // 2 + _wobble(month + 5 * place, 4),
            (duns, on_demand.LIMITED): _wobble(month + 7 * place, 3),
        }
    return found


def _questions(month: int, back: int) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for place, (kind, number) in enumerate(CALLERS):
        asked = number + _wobble(month + place, 6)
        found |= {(kind, "answered"): asked, (kind, "waiting"): 0, (kind, "seconds"): asked * (9000 + 700 * back)}
    return found


def _earlier(conn: Conn, report: str, this: int, back: int) -> dict[tuple[str, str], int]:
    """What there was so many months ago: a little less with each."""
    kept = {
        (subject, part): number
        for _day, subject, part, number in market_counts.kept_counts(conn, report, this, this + 1)
    }
    grows = {key: number for key, number in kept.items() if key[1] != "meters"}
    return kept | {key: number - number * 4 * back // 100 for key, number in grows.items()}


def _calls(first: int, today: int) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = {}
    for day in range(first, today):
        for place, (kind, most) in enumerate(PROGRAMS):
            made = most // 2 + (day - first) * most // 800 + _wobble(day * 3 + place, most // 4)
            found[day, kind, "answered"] = made
            found[day, kind, "refused"] = made * (1 + _wobble(day + place, 3)) // 60
            if _wobble(day + place, 9) == 0:
                found[day, kind, "too-many"] = made // 40
            if _wobble(day + place, 31) == 0:
                found[day, kind, "failed"] = 1 + made // 90
    return {key: number for key, number in found.items() if number}
