"""A utility's first page: the last night at a glance, and whether anything is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template, url_for
from markupsafe import Markup

from espi.clock import DAY_S, zone
from espi.intake.completeness import bounds
from espi.intake.report import Counts
from espi.portal import chart, lateness, tdsp_files, tdsp_words, words
from espi.portal import completeness as completeness_page
from espi.portal.language import count, say
from espi.store import claims, queue, sent_files, silent
from espi.store.completeness import Completeness, completeness_of
from espi.store.directory import Utility
from espi.store.queue import ReceivedFile
from espi.web.site import site

pages = Blueprint("tdsp", __name__, url_prefix="/tdsp")

NIGHTS = 14
THOUSAND = 1000
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong: what, what to do, and where."""

    what: str
    todo: str
    href: str
    link: str


@dataclass(frozen=True)
class Night:
    """What was loaded on a local day. files: those that were sent. accepted, refused, parked: meter-days and events."""

    day: int
    files: int = 0
    accepted: int = 0
    refused: int = 0
    parked: int = 0
    turned_away: int = 0


@pages.get("")
def overview() -> Response:
    """Last night, the two weeks before, and what to do."""
    now_s = site().now_s()
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, "the first page")
        local = zone(utility.zone)
        today = local.day_of(now_s)
        files = sent_files.loaded_since(conn, utility.id, local.day_start_s(today - NIGHTS))
        counted = completeness_of(conn, today - NIGHTS, today, [utility.id])
        lately = tdsp_files.sent_lately(conn, utility)
        parked = sent_files.parked_meters(conn, utility.id)
        quiet = silent.silent_count(conn, utility.id)
    nights = _nights(utility, files, today)
    last = [each for each in files if (each.finished_s or 0) > now_s - DAY_S]
    door = [each for each in lately if each.state == queue.REFUSED and not each.file and each.since_s > now_s - DAY_S]
    night = _summed(today, last)
    night = replace(night, files=night.files + len(door), turned_away=night.turned_away + len(door))
    arrived = lateness.arrivals(utility, files, today - NIGHTS, today - 1)
    by_day = {each.day: each for each in counted}
    troubles = [*_of_files(lately, now_s), *_of_night(utility, night, by_day.get(today - 1), parked, quiet, now_s)]
    page = render_template(
        "tdsp.html",
        utility=utility,
        yesterday=words.heading(today - 1, "full"),
        tiles=_tiles(night, arrived.get(today - 1), by_day.get(today - 1)),
        troubles=troubles,
        loads=_drawing(nights),
        nights=list(reversed(nights)),
        days={each.day: words.skeleton(each.day, "MMMEd") for each in nights},
        complete=completeness_page.drawing(by_day, today - NIGHTS, today - 1, key="complete") if counted else None,
        completes=[completeness_page.row(each) for each in reversed(counted)],
    )
    return Response(page)


def _nights(utility: Utility, files: Sequence[ReceivedFile], today: int) -> list[Night]:
    local = zone(utility.zone)
    by_day: dict[int, list[ReceivedFile]] = {}
    for file in files:
        by_day.setdefault(local.day_of(file.finished_s or 0), []).append(file)
    return [_summed(day, by_day.get(day, [])) for day in range(today - NIGHTS + 1, today + 1)]


def _summed(day: int, files: Sequence[ReceivedFile]) -> Night:
    own = [each for each in files if each.kind in sent_files.OWN_KINDS]
    counts = [Counts.of(each.counts) for each in own]
    return Night(
        day=day,
        files=len(own),
        accepted=sum(each.loaded + each.replaced + each.unchanged for each in counts),
        refused=sum(each.refused for each in counts),
        parked=sum(each.parked for each in counts),
        turned_away=sum(each.state == queue.REFUSED for each in own),
    )


def _tiles(
    night: Night, arrived: lateness.Arrival | None, yesterday: Completeness | None
) -> list[tuple[str, str, str]]:
    """Name, number and what goes with it."""
    share = completeness_page.share(yesterday.expected - yesterday.missing, yesterday.expected) if yesterday else DASH
    missing = count("%(num)s missing", "%(num)s missing", yesterday.missing) if yesterday else say("not counted yet")
    late = lateness.hours(arrived.first_s) if arrived else DASH
    return [
        (say("Files in 24 hours"), f"{night.files:,}", _turned(night)),
        (say("Accepted"), f"{night.accepted:,}", say("meter-days and events")),
        (say("Refused"), f"{night.refused:,}", say("each with a reason")),
        (say("Wait for a meter"), f"{night.parked:,}", say("from these files")),
        (say("Yesterday came after"), late, say("from the day's end to its first file")),
        (say("Yesterday is complete to"), share, missing),
    ]


def _turned(night: Night) -> str:
    if not night.turned_away:
        return say("none turned away")
    return count("%(num)s refused whole", "%(num)s refused whole", night.turned_away)


def _of_files(lately: Sequence[tdsp_files.Sent], now_s: int) -> Iterator[Trouble]:
    """Files that were set aside or refused, each with its own page, where they are few."""
    aside = [each for each in lately if each.state == claims.SET_ASIDE]
    refused = [each for each in lately if each.state == queue.REFUSED and each.since_s > now_s - DAY_S]
    partly = [each for each in lately if each.counts.refused and each.since_s > now_s - DAY_S]
    said = (
        (aside, say("%(name)s was set aside."), say("Read why, then try it again or take it back.")),
        (refused, say("%(name)s was refused whole."), say("Read why, mend it and send it again.")),
        (partly, say("Part of %(name)s was refused."), say("Send the refused parts again, mended.")),
    )  # fmt: skip
    for found, what, todo in said:
        for each in found[:3]:
            href = url_for("tdsp_files.one", key=each.key)
            yield Trouble(what.replace("%(name)s", each.name), todo, href, say("Open the file"))


def _of_night(
    utility: Utility,
    night: Night,
    yesterday: Completeness | None,
    parked: Sequence[sent_files.ParkedMeter],
    quiet: int,
    now_s: int,
) -> Iterator[Trouble]:
    if not night.files:
        yield Trouble(
            say("No file has come in for 24 hours."),
            say("Look at what sends your files, or send them here."),
            url_for("tdsp_files.overview"),
            say("Send files"),
        )
    if parked:
        yield Trouble(
            count("%(num)s meter is not known here.", "%(num)s meters are not known here.", len(parked)),
            say("Add them and what waits is loaded, or dismiss them."),
            url_for("tdsp_parked.overview"),
            say("Unknown meters"),
        )
    if yesterday and yesterday.missing and now_s > bounds(utility, yesterday.day).late_s - DAY_S // 2:
        yield Trouble(
            count(
                "Of yesterday %(num)s channel is missing.", "Of yesterday %(num)s channels are missing.",
                yesterday.missing,
            ),
            say("If they are not on their way, send them."),
            url_for("completeness.overview"),
            say("Completeness"),
        )  # fmt: skip
    if quiet:
        yield Trouble(
            count("%(num)s meter is silent.", "%(num)s meters are silent.", quiet),
            say("It has power and sends nothing: have somebody look at it."),
            url_for("completeness.overview"),
            say("Completeness"),
        )


def _drawing(nights: Sequence[Night]) -> Markup:
    """A bar a night: what was accepted above the line, what was refused or waits below it."""
    every = max(1, -(-len(nights) // 5))
    bars = [_bar(each, place % every == 0) for place, each in enumerate(nights)]
    told = say(
        "One bar for each day: above the line what was accepted, below it what was refused or waits for its meter."
    )
    drawn = chart.Chart(say("What was loaded"), told, say("days"), bars, key="loads")
    return chart.draw(drawn, words.axis_amount)


def _bar(night: Night, ticked: bool) -> chart.Bar:  # noqa: FBT001 - the axis's own matter
    label = say(
        "%(day)s: %(files)s files, %(accepted)s accepted, %(refused)s refused, %(parked)s wait",
        day=words.skeleton(night.day, "MMMEd"),
        files=night.files,
        accepted=f"{night.accepted:,}",
        refused=f"{night.refused:,}",
        parked=f"{night.parked:,}",
    )
    tick = words.skeleton(night.day, "MMMd") if ticked else ""
    bad = night.refused + night.parked
    return chart.Bar(label, night.accepted * THOUSAND, sent_back=bad * THOUSAND, gap=not night.files, tick=tick)
