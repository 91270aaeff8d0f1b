"""How the system is, for everybody: each part by a real check, the days of data that came in, incidents and outages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from espi.clock import zone
from espi.portal import notices, words
from espi.portal.language import say
from espi.sharing import mails
from espi.store import directory, health
from espi.store import notices as stored
from espi.store.completeness import Completeness, completeness_of
from espi.store.database import Conn
from espi.web.site import site

pages = Blueprint("status", __name__)

DAYS = 7
GOOD_PER_MILLE, FAIR_PER_MILLE = 980, 900
SLOW_S, LATE_S = 600, 3600
DAY_S = 86_400
GOOD, FAIR, BAD, UNKNOWN = "good", "fair", "bad", "unknown"


@dataclass(frozen=True)
class Part:
    """A part of the system. state: good, fair, bad or unknown; said: the same in words; why: what it rests on."""

    name: str
    state: str
    said: str
    why: str


@pages.get("/status")
def overview() -> Response:
    """Every part, now."""
    now_s = site().now_s()
    today = zone(mails.ZONE).day_of(now_s)
    with site().database.read() as conn:
        standing = stored.standing(conn, now_s)
        days = completeness_of(conn, today - DAYS, today)
        parts = {
            stored.WEB: _part(stored.WEB, GOOD, say("This page was made just now.")),
            stored.INTAKE: _intake(conn, days),
            stored.DELIVERY: _delivery(conn, now_s),
            stored.JOBS: _jobs(conn, now_s),
        }
        names = {each.id: each.name for each in directory.utilities(conn)}
    out = {each.component: each for each in standing if each.component and each.starts_s <= now_s}
    shown = [_told(part, out.get(key)) for key, part in parts.items()]
    page = render_template(
        "status.html",
        parts=shown,
        well=all(part.state in {GOOD, UNKNOWN} for part in shown),
        notices=[notices.shown(each) for each in standing if each.kind in notices.URGENT],
        rows=_rows(days, names),
        at=words.time_of_day(zone(mails.ZONE), now_s, named=True),
    )
    return Response(page)


def _told(part: Part, out: stored.Notice | None) -> Part:
    """A part that an outage or incident is about is not well, whatever its check says."""
    if out is None:
        return part
    said = say("Planned outage") if out.kind == stored.OUTAGE else say("Trouble")
    return Part(part.name, FAIR if out.kind == stored.OUTAGE else BAD, said, notices.shown(out)["title"])  # type: ignore[arg-type]


def _intake(conn: Conn, days: list[Completeness]) -> Part:
    expected, missing = sum(each.expected for each in days), sum(each.missing for each in days)
    if not expected:
        return _part(stored.INTAKE, UNKNOWN, say("No day of the last week was counted yet."))
    share = 1000 * (expected - missing) // expected
    state = GOOD if share >= GOOD_PER_MILLE else FAIR if share >= FAIR_PER_MILLE else BAD
    why = say("%(share)s%% of the last week's days came in.", share=f"{share // 10}.{share % 10}")
    aside = health.file_counts(conn).get("set-aside", 0)
    if aside:
        state, why = (
            max(state, FAIR, key=_badness),
            f"{why} {say('Files that cannot be loaded wait for the operator.')}",
        )
    return _part(stored.INTAKE, state, why)


def _delivery(conn: Conn, now_s: int) -> Part:
    counts = health.delivery_counts(conn, now_s - DAY_S)
    lost, done = counts.get("given_up", 0), counts.get("delivered", 0)
    if not lost + done:
        return _part(stored.DELIVERY, GOOD, say("Nothing had to be sent since yesterday."))
    share = 1000 * done // (lost + done)
    state = GOOD if share >= GOOD_PER_MILLE else FAIR
    why = say("%(share)s%% of the messages since yesterday arrived.", share=f"{share // 10}.{share % 10}")
    return _part(stored.DELIVERY, state, why)


def _jobs(conn: Conn, now_s: int) -> Part:
    since_s, hung = health.oldest_due_s(conn, now_s), health.stuck(conn, now_s)
    waits = now_s - since_s if since_s is not None else 0
    state = BAD if waits > LATE_S else FAIR if waits > SLOW_S or hung else GOOD
    why = say("Nothing waits for long.") if state == GOOD else say("Work waits longer than it should.")
    return _part(stored.JOBS, state, why)


def _part(component: str, state: str, why: str) -> Part:
    said = {GOOD: say("Works"), FAIR: say("Slow or partly"), BAD: say("Does not work"), UNKNOWN: say("Not known yet")}
    return Part(notices.components()[component], state, said[state], why)


def _badness(state: str) -> int:
    return (GOOD, UNKNOWN, FAIR, BAD).index(state)


def _rows(days: list[Completeness], names: dict[int, str]) -> list[tuple[str, str, str]]:
    """Each day of each utility: day, name, how much came."""
    return [
        (words.skeleton(each.day, "yMMMEd"), names[each.utility_id], _share(each))
        for each in sorted(days, key=lambda each: (-each.day, names[each.utility_id]))
    ]


def _share(each: Completeness) -> str:
    if not each.expected:
        return "\N{EN DASH}"
    share = 1000 * (each.expected - each.missing) // each.expected
    return f"{share // 10}.{share % 10}%"
