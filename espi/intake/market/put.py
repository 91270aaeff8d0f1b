"""Take market events in: the one way in which a REP, a customer or a meter comes or goes, by file or by command.

The events of a usage point are kept, and its spans are made of all of them anew, in one transaction. Spans that were
there before its first event count as events sent at the beginning of time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from espi.clock import FOREVER, Zone, day_date, zone
from espi.formats.market_events import Kind, MarketEvent, digest_of
from espi.intake.market.derive import FOREVER_S, Derived, derive
from espi.store import audit, directory, jobs, parties
from espi.store import market_events as stored
from espi.store.database import Conn
from espi.store.market_events import METER, REP, TENANCY, DaySpan, Happening, Known
from espi.store.turns import take_turn

RULE = "system/directory:put/utility"
CHECKED_DAYS = 62
"""So many days back the rules are asked again, where the meter or the power turns out to have been otherwise."""

_FOUND = {REP: (Kind.SWITCH, Kind.DROP), TENANCY: (Kind.MOVE_IN, Kind.MOVE_OUT), METER: (Kind.EXCHANGE, Kind.REMOVE)}


@dataclass(slots=True)
class Outcome:
    """What became of events, by their places among those given.

    refused: code and reason. effects: why those that are kept have no effect, or "". parked: their ESIID is unknown.
    known: they had come before. changed: usage points of which something is otherwise now.
    """

    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    effects: dict[int, str] = field(default_factory=dict)
    parked: list[int] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sender:
    """For whom events are taken in: who acts, of which file (0: none), and when."""

    actor: str
    now_s: int
    file_id: int = 0


def put(conn: Conn, utility: directory.Utility, events: Sequence[MarketEvent], sender: Sender) -> Outcome:
    """Take in events of a utility's usage points; whatever order they come in, and however often.

    What those granted who moved out is ended by a job that is queued here.
    """
    take_turn(conn)
    outcome = Outcome()
    points = directory.usage_point_ids(conn, utility.id, sorted({event.esiid for event in events}))
    ids = _ids(conn, utility, events, outcome, points)
    new: dict[int, dict[str, tuple[int, Known]]] = defaultdict(dict)
    first: dict[int, int] = {}
    for place, (of_id, also_id) in ids.items():
        event = events[place]
        row = _known(points[event.esiid], event, of_id, also_id, sender)
        first[place] = new[row.usage_point_id].setdefault(row.digest, (place, row))[0]
    outcome.known |= {place for place, other in first.items() if place != other}
    _take(conn, utility, new, outcome, sender)
    outcome.effects = {place: outcome.effects[other] for place, other in first.items()}
    return outcome


def _ids(
    conn: Conn, utility: directory.Utility, events: Sequence[MarketEvent], outcome: Outcome, points: Mapping[str, int]
) -> dict[int, tuple[int, int]]:
    """Whom or what each event is about, and about whom beside that, by place; what cannot be found is refused."""
    reps = {number: rep.id for rep in parties.reps(conn) for number in (rep.duns, rep.certificate_number)}
    customers = stored.known_customers(conn, {int(event.customer) for event in events if event.customer})
    serials = {
        serial for event in events if event.esiid in points for serial in (event.meter, event.old_meter) if serial
    }
    meters = stored.put_meters(conn, utility.id, serials)
    found = {}
    for place, event in enumerate(events):
        if event.rep and event.rep not in reps:
            outcome.refused[place] = "01", f"No REP has the DUNS or certificate number {event.rep}."
        elif event.customer and int(event.customer) not in customers:
            outcome.refused[place] = "01", f"There is no customer {event.customer}."
        elif event.esiid not in points:
            outcome.parked.append(place)
        else:
            rep, person = reps.get(event.rep, 0), int(event.customer or 0)
            of_id = meters.get(event.meter, 0) or person or rep
            also_id = meters.get(event.old_meter, 0) or (rep if person else 0)
            found[place] = of_id, also_id
    return found


def _known(point: int, event: MarketEvent, of_id: int, also_id: int, sender: Sender) -> Known:
    text = event.text
    return Known(
        point,
        digest_of(text),
        event.event_id,
        event.sent_s,
        str(event.kind),
        event.at_s,
        text,
        of_id,
        also_id,
        sender.file_id,
        sender.now_s,
        "",
    )


def _take(
    conn: Conn,
    utility: directory.Utility,
    new: Mapping[int, Mapping[str, tuple[int, Known]]],
    outcome: Outcome,
    sender: Sender,
) -> None:
    """Keep what is new, and make the spans of the usage points anew."""
    local = zone(utility.zone)
    had, spans = stored.known_events(conn, new), stored.known_spans(conn, new)
    happenings = stored.known_happenings(conn, new)
    change = _Change(local, sender.now_s)
    added: list[Known] = []
    refusals: dict[tuple[int, str], str] = {}
    for point, some in new.items():
        before = {event.digest: event for event in had.get(point, ())}
        fresh = [row for digest, (_, row) in some.items() if digest not in before]
        outcome.known |= {place for digest, (place, _) in some.items() if digest in before}
        if not before:
            fresh += _found(point, {subject: of.get(point, []) for subject, of in spans.items()}, local, sender.now_s)
        derived = derive(point, [*before.values(), *fresh], local)
        added += [row._replace(refusal=derived.refusals.get(row.digest, "")) for row in fresh]
        for digest, event in before.items():
            if event.refusal != derived.refusals.get(digest, ""):
                refusals[point, digest] = derived.refusals.get(digest, "")
        for digest, (place, _) in some.items():
            outcome.effects[place] = derived.refusals.get(digest, "")
        change.note(point, derived, {name: of.get(point, []) for name, of in spans.items()}, happenings.get(point, []))
    stored.put_events(conn, added)
    stored.set_refusals(conn, refusals)
    change.write(conn, utility, sender)
    outcome.changed = change.points


def _found(point: int, spans: Mapping[str, Sequence[DaySpan]], local: Zone, now_s: int) -> list[Known]:
    """The spans that are there before the first event, as events."""
    made = []
    for subject, some in spans.items():
        starts = {span.from_day for span in some}
        for span in some:
            begin, end = _FOUND[subject]
            moments = [(begin, span.from_day)]
            if span.until_day < FOREVER and span.until_day not in starts:
                moments.append((end, span.until_day))
            for kind, day in moments:
                event = MarketEvent(f"found-{kind}-{day_date(day)}", 0, "", kind, local.day_start_s(day))
                row = _known(point, event, span.of_id, 0, Sender("", now_s))
                made.append(row)
    return made


class _Change:
    """What is otherwise than before, of some usage points."""

    def __init__(self, local: Zone, now_s: int) -> None:
        self.local = local
        self.today = local.day_of(now_s)
        self.gone: dict[str, list[tuple[int, DaySpan]]] = {REP: [], TENANCY: [], METER: []}
        self.new: dict[str, list[tuple[int, DaySpan]]] = {REP: [], TENANCY: [], METER: []}
        self.over: list[Happening] = []
        self.begun: list[Happening] = []
        self.told: dict[int, dict[str, object]] = {}
        self.check: dict[int, tuple[int, int]] = {}

    @property
    def points(self) -> set[int]:
        """The usage points."""
        return set(self.told)

    def note(
        self, point: int, derived: Derived, spans: Mapping[str, Sequence[DaySpan]], happenings: Iterable[Happening]
    ) -> None:
        """Compare what follows from the events of a usage point with what is there."""
        told: dict[str, object] = {}
        days: list[int] = []
        for subject, made in derived.spans.items():
            gone, new = sorted(set(spans[subject]) - set(made)), sorted(set(made) - set(spans[subject]))
            if gone or new:
                self.gone[subject] += [(point, span) for span in gone]
                self.new[subject] += [(point, span) for span in new]
                told[subject] = {"gone": list(map(_told, gone)), "new": list(map(_told, new))}
            if subject == METER:
                days += _differing(gone, new)
        over, begun = set(happenings) - set(derived.happenings), set(derived.happenings) - set(happenings)
        if over or begun:
            self.over += over
            self.begun += begun
            told["happenings"] = {"gone": _listed(over), "new": _listed(begun)}
            days += [day for each in (*over, *begun) for day in _ends(each, self.local)]
        if told:
            self.told[point] = told
        if days:
            first, until = max(min(days) - 1, self.today - CHECKED_DAYS), min(max(days) + 1, self.today)
            if first < until:
                self.check[point] = first, until

    def write(self, conn: Conn, utility: directory.Utility, sender: Sender) -> None:
        """Make it so, on record, and queue what follows."""
        for subject in self.gone:
            stored.put_spans(conn, subject, self.gone[subject], self.new[subject])
        stored.put_happenings(conn, self.over, self.begun)
        rows = [
            {
                "at_s": sender.now_s,
                "actor": sender.actor[:128],
                "action": "market-event",
                "target": f"usage point {point}",
                "rule": RULE,
                "allowed": True,
                "detail": {"file": sender.file_id, **told},
            }
            for point, told in self.told.items()
        ]
        audit.append_all(conn, rows)
        if self.gone[TENANCY]:
            jobs.wake_job(conn, stored.MOVED, stored.MOVED, {}, now_s=sender.now_s)
        if self.check:
            spans = [[point, *days] for point, days in sorted(self.check.items())]
            jobs.add_job(conn, stored.CHANGED, {"utility": utility.id, "spans": spans}, now_s=sender.now_s)


def _told(span: DaySpan) -> list[object]:
    until = "" if span.until_day >= FOREVER else day_date(span.until_day).isoformat()
    return [day_date(span.from_day).isoformat(), until, span.of_id]


def _differing(gone: Sequence[DaySpan], new: Sequence[DaySpan]) -> list[int]:
    """The first and last days of those on which another meter hung there than was thought."""
    edges = sorted({day for span in (*gone, *new) for day in span[:2]})
    found = []
    for first, until in pairwise(edges):
        before, after = (
            [span.of_id for span in some if span.from_day <= first < span.until_day] for some in (gone, new)
        )
        if before != after:
            found += [first, until - 1]
    return found


def _listed(some: Iterable[Happening]) -> list[object]:
    return [each[1:] for each in sorted(some)]


def _ends(each: Happening, local: Zone) -> tuple[int, int]:
    """The first and last day that it has a part in."""
    return local.day_of(each.from_s), FOREVER if each.until_s >= FOREVER_S else local.day_of(each.until_s - 1)
