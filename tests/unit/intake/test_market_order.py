"""The spans follow from the set of events: any order, any repetition and any parts of a story give the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.clock import zone
from espi.formats.market_events import DAY_KINDS, Kind, MarketEvent, read, write_csv, write_json
from espi.intake.market.parked import park, put_parked
from espi.intake.market.put import Sender, put
from espi.store import directory, market_events, parties
from espi.store.database import Conn
from tests import databases, factories
from tests.factories import NOW_S, TODAY, ZONE

LOCAL = zone(ZONE)
SENDER = Sender("test", NOW_S)
REPS = ("900300001", "900300002")


@st.composite
def events(draw: st.DrawFn) -> MarketEvent:
    """An event of a small world, so that events meet, agree and contradict each other."""
    kind = draw(st.sampled_from(Kind))
    at_s = LOCAL.day_start_s(TODAY - draw(st.integers(0, 8)))
    lasts = kind in {Kind.OUTAGE, Kind.DRIFT, Kind.TEST, Kind.TAMPER}
    meters = st.sampled_from(("", "M1", "M2"))
    return MarketEvent(
        event_id=str(draw(st.integers(1, 12))),
        sent_s=draw(st.integers(1, 3)),
        esiid="",
        kind=kind,
        at_s=0 if kind is Kind.CANCEL else at_s,
        until_s=at_s + draw(st.integers(1, 3)) * 3600 if lasts else 0,
        rep=draw(st.sampled_from(REPS))
        if kind is Kind.SWITCH or (kind is Kind.MOVE_IN and draw(st.booleans()))
        else "",
        customer=draw(st.sampled_from("12")) if kind in {Kind.MOVE_IN, Kind.MOVE_OUT} else "",
        meter=draw(st.sampled_from(("M1", "M2")))
        if kind is Kind.EXCHANGE
        else draw(meters)
        if kind is Kind.REMOVE
        else "",
        old_meter=draw(meters) if kind is Kind.EXCHANGE else "",
        seconds=draw(st.integers(-9, 9)) if kind is Kind.DRIFT else 0,
    )


@pytest.fixture(scope="module")
def conn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conn]:
    """One transaction for all stories, each at usage points of its own."""
    database = databases.empty(tmp_path_factory.mktemp("order"))
    with database.write() as opened:
        factories.utility(opened)
        for number, duns in enumerate(REPS):
            parties.add_rep(opened, f"REP {number}", duns, str(number))
            factories.customer(opened, f"Customer {number}")
        yield opened
    database.close()


def what_follows(conn: Conn, point: int) -> tuple[object, ...]:
    spans = market_events.known_spans(conn, [point])
    effects = {event.digest: event.refusal for event in market_events.known_events(conn, [point])[point]}
    happenings = {each[1:] for each in market_events.known_happenings(conn, [point]).get(point, ())}
    return {subject: of.get(point) for subject, of in spans.items()}, happenings, effects


def lived_in(conn: Conn, utility: directory.Utility) -> tuple[str, int]:
    """A usage point with spans that no event made."""
    esiid = f"1044372{factories.count():010d}"
    point = factories.usage_point(conn, utility.id, esiid=esiid)
    parties.add_tenancy(conn, point, 1, TODAY - 20, TODAY - 7)
    parties.switch_rep(conn, point, 2, TODAY - 20)
    return esiid, point


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(events(), min_size=1, max_size=10), data=st.data())
def test_any_order_and_repetition_gives_the_same_spans(
    conn: Conn, story: list[MarketEvent], data: st.DataObject
) -> None:
    (utility,) = directory.utilities(conn)
    told_at_once, first = lived_in(conn, utility)
    put(conn, utility, [replace(event, esiid=told_at_once) for event in story], SENDER)
    told_in_parts, second = lived_in(conn, utility)
    order = data.draw(st.permutations(story)) + data.draw(st.lists(st.sampled_from(story), max_size=4))
    size = data.draw(st.integers(1, len(order)))
    for start in range(0, len(order), size):
        some = [replace(event, esiid=told_in_parts) for event in order[start : start + size]]
        put(conn, utility, some, SENDER)
    assert what_follows(conn, first) == what_follows(conn, second)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(events(), min_size=1, max_size=6), cut=st.integers(0, 6))
def test_events_that_waited_for_their_usage_point_give_the_same_spans(
    conn: Conn, story: list[MarketEvent], cut: int
) -> None:
    (utility,) = directory.utilities(conn)
    told, first = lived_in(conn, utility)
    put(conn, utility, [replace(event, esiid=told) for event in story], SENDER)
    late = f"1044372{factories.count():010d}"
    park(conn, utility, [replace(event, esiid=late) for event in story[:cut] * 2], 1)
    assert put_parked(conn, utility, now_s=NOW_S) == 0
    second = factories.usage_point(conn, utility.id, esiid=late)
    parties.add_tenancy(conn, second, 1, TODAY - 20, TODAY - 7)
    parties.switch_rep(conn, second, 2, TODAY - 20)
    put_parked(conn, utility, now_s=NOW_S)
    put(conn, utility, [replace(event, esiid=late) for event in story[cut:]], SENDER)
    if len(story) > cut or story[:cut]:
        assert what_follows(conn, first) == what_follows(conn, second)


@given(st.lists(events(), max_size=5))
def test_what_is_written_as_csv_and_as_json_reads_back_the_same(story: list[MarketEvent]) -> None:
    named = [replace(event, esiid="10443720000000042") for event in story]
    named = [event for event in named if event.kind is not Kind.DRIFT or event.seconds]
    for name, text in (("a.csv", write_csv(named, LOCAL)), ("a.json", write_json(named, LOCAL))):
        assert [event for _, event in read(name, text, LOCAL)] == named


@pytest.mark.parametrize("kind", sorted(DAY_KINDS))
def test_days_of_23_and_25_hours_begin_where_the_local_calendar_says(kind: Kind) -> None:
    for day, start in (("2025-03-09", "2025-03-09T06:00:00Z"), ("2025-11-03", "2025-11-03T06:00:00Z")):
        row = f"EVENT_ID,SENT,ESIID,EVENT,FROM,CUSTOMER,REP,METER\n1,{start},1,{kind},{day},"
        row += f"{'5' if kind is Kind.MOVE_IN else ''},{'1' if kind is Kind.SWITCH else ''},"
        row += "M" if kind is Kind.EXCHANGE else ""
        ((_, event),) = read("a.csv", row, LOCAL)
        assert isinstance(event, MarketEvent)
        assert event.at_s == event.sent_s
