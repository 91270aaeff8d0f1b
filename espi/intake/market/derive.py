"""What follows from the market events of one usage point: a function of their set, whatever order they came in.

Of the events with one EVENT_ID the last sent counts. Of two that make different things begin at one instant the one
sent last counts; what ends does so before anything begins. An event that contradicts what the others say has no effect
as long as they say it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from espi.clock import FOREVER, Zone
from espi.formats.market_events import Kind, from_text
from espi.store.market_events import METER, REP, TENANCY, DaySpan, Happening, Known

FOREVER_S = FOREVER * 86_400
OFF = "de-energized"
SUPERSEDED = "A later one with its EVENT_ID has taken its place."

_BEGINS = {Kind.SWITCH: REP, Kind.MOVE_IN: TENANCY, Kind.EXCHANGE: METER}
_ENDS = {Kind.DROP: REP, Kind.MOVE_OUT: TENANCY, Kind.REMOVE: METER}
_LASTING = (Kind.OUTAGE, Kind.DRIFT, Kind.TEST, Kind.TAMPER)
_NOBODY = {
    REP: "There was no REP of record on the day before.",
    TENANCY: "Nobody lived there on the day before.",
    METER: "No meter hung there on the day before.",
}
_ANOTHER = {
    REP: "Another REP was REP of record on the day before.",
    TENANCY: "Another customer lived there on the day before.",
    METER: "Another meter hung there on the day before.",
}
_BESIDE = "Another event of that time says otherwise and was sent later."


@dataclass(slots=True)
class Derived:
    """Spans by subject, what goes on, and why events have no effect, by digest."""

    spans: dict[str, list[DaySpan]] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Point:
    """That something (of_id, 0: whatever it is) begins or ends. instead: what must not run but this, 0: anything."""

    day: int
    begins: bool
    of_id: int
    rank: tuple[int, str, str]
    digest: str
    instead: int = 0


def derive(usage_point_id: int, events: Collection[Known], zone: Zone) -> Derived:
    """What follows from all the events of a usage point."""
    made = Derived()
    in_force = _in_force(events, made.refusals)
    points: dict[str, list[_Point]] = {REP: [], TENANCY: [], METER: []}
    for event in in_force:
        for subject, point in _points(event, zone):
            points[subject].append(point)
    for subject, some in points.items():
        made.spans[subject] = _spans(subject, some, made.refusals) if some else []
    made.happenings = [
        *_off(usage_point_id, in_force, made.refusals),
        *_lasting(usage_point_id, in_force, made.refusals),
    ]
    return made


def _rank(event: Known) -> tuple[int, str, str]:
    return event.sent_s, event.event_id, event.digest


def _in_force(events: Iterable[Known], refusals: dict[str, str]) -> list[Known]:
    """Of each EVENT_ID the last sent, unless that takes it back."""
    last: dict[str, Known] = {}
    for event in sorted(events, key=_rank):
        if event.event_id in last:
            refusals[last[event.event_id].digest] = SUPERSEDED
        last[event.event_id] = event
    return [event for event in last.values() if event.kind != Kind.CANCEL]


def _points(event: Known, zone: Zone) -> Iterable[tuple[str, _Point]]:
    kind = Kind(event.kind)
    if kind in _BEGINS or kind in _ENDS:
        day = zone.day_of(event.at_s)
        subject = _BEGINS.get(kind) or _ENDS[kind]
        instead = event.also_id if kind is Kind.EXCHANGE else 0
        yield subject, _Point(day, kind in _BEGINS, event.of_id, _rank(event), event.digest, instead)
        if kind is Kind.MOVE_IN and event.also_id:
            yield REP, _Point(day, True, event.also_id, _rank(event), event.digest)


def _spans(subject: str, points: Iterable[_Point], refusals: dict[str, str]) -> list[DaySpan]:
    spans: list[DaySpan] = []
    running: tuple[int, int] | None = None  # from which day, of whom
    ended = (0, 0)  # on which day last, of whom
    for point in sorted(_without_rivals(points, refusals), key=lambda one: (one.day, one.begins, one.rank)):
        if point.begins and running and point.instead not in {0, running[1], point.of_id}:
            refusals[point.digest] = _ANOTHER[subject]
        elif point.begins and not (running and running[1] == point.of_id):
            _close(spans, running, point.day)
            running = point.day, point.of_id
        elif not point.begins and running and point.of_id in {0, running[1]}:
            _close(spans, running, point.day)
            ended, running = (point.day, running[1]), None
        elif not point.begins and (ended[0] != point.day or point.of_id not in {0, ended[1]}):
            refusals[point.digest] = _ANOTHER[subject] if running else _NOBODY[subject]
    _close(spans, running, FOREVER)
    return spans


def _close(spans: list[DaySpan], running: tuple[int, int] | None, day: int) -> None:
    if running:
        spans.append(DaySpan(running[0], day, running[1]))


def _without_rivals(points: Iterable[_Point], refusals: dict[str, str]) -> list[_Point]:
    """Of what begins on one day, only what was sent last."""
    last: dict[int, _Point] = {}
    kept = []
    for point in points:
        if not point.begins:
            kept.append(point)
        elif point.day not in last or last[point.day].rank < point.rank:
            last[point.day] = point
    for point in points:
        if point.begins and point.of_id != last[point.day].of_id:
            refusals[point.digest] = _BESIDE
    return [*kept, *last.values()]


def _off(usage_point_id: int, events: Iterable[Known], refusals: dict[str, str]) -> list[Happening]:
    """From when until when there was no power; there was some before the first event."""
    last: dict[int, Known] = {}
    switched = [event for event in events if event.kind in {Kind.ENERGIZE, Kind.DE_ENERGIZE}]
    for event in switched:
        if event.at_s not in last or _rank(last[event.at_s]) < _rank(event):
            last[event.at_s] = event
    refusals |= {event.digest: _BESIDE for event in switched if event.kind != last[event.at_s].kind}
    found, off_s = [], None
    for at_s, event in sorted(last.items()):
        if event.kind == Kind.DE_ENERGIZE:
            off_s = at_s if off_s is None else off_s
        elif off_s is not None:
            found.append(Happening(usage_point_id, OFF, off_s, at_s, 0))
            off_s = None
    if off_s is not None:
        found.append(Happening(usage_point_id, OFF, off_s, FOREVER_S, 0))
    return found


def _lasting(usage_point_id: int, events: Iterable[Known], refusals: dict[str, str]) -> list[Happening]:
    last: dict[tuple[str, int], Known] = {}
    some = [event for event in events if event.kind in _LASTING]
    for event in some:
        key = event.kind, event.at_s
        if key not in last or _rank(last[key]) < _rank(event):
            last[key] = event
    found = []
    for (kind, at_s), event in last.items():
        said = from_text(event.text)
        found.append(Happening(usage_point_id, kind, at_s, said.until_s, said.seconds))
    refusals |= {event.digest: _BESIDE for event in some if _differs(event, last[event.kind, event.at_s])}
    return found


def _differs(event: Known, other: Known) -> bool:
    one, two = from_text(event.text), from_text(other.text)
    return (one.until_s, one.seconds) != (two.until_s, two.seconds)
