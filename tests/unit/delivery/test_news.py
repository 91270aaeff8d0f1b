from __future__ import annotations

import io
from dataclasses import dataclass, replace

import pytest

from espi import jobs
from espi.clock import day_date
from espi.config import Settings
from espi.delivery import handlers
from espi.intake.load import load_file
from espi.jobs import Context
from espi.store import claims, directory, events, grants, queue, summaries
from espi.store.database import Database
from espi.store.events import Event
from tests import factories
from tests.factories import DUNS, NOW_S, TODAY
from tests.unit.delivery.conftest import later
from tests.unit.intake.lse_samples import block_text

SINCE = TODAY - 100


@dataclass
class Market:
    """A utility, two customers with a meter each, and an application that both share with."""

    context: Context
    utility: int
    points: list[int]
    esiids: list[str]
    customers: list[int]
    app: int
    grants: list[int]
    files: int = 0

    def load(self, *readings: tuple[int, int], values: str = "0.100") -> None:
        """A file some time later with days of readings, each of a meter by its place and a day."""
        self.files += 1
        self.context = later(self.context, 3600)
        blocks = [
            block_text(
                self.esiids[place],
                f"{day_date(day):%Y%m%d}",
                values=[values] * 96,
                sent=f"2025061612{self.files:02d}00",
            )
            for place, day in readings
        ]
        name = f"{DUNS}IntervalData2025061612{self.files:02d}00001.lse"
        stream = io.BytesIO("".join(blocks).encode())
        load_file(self.context.database, stream, name, settings=self.context.settings)

    def tell(self) -> list[Event]:
        """Do what is due, and give the events that the application has not had."""
        with self.context.database.read() as conn:
            known = events.last_events(conn, self.app, 1)
        jobs.run_due(self.context)
        with self.context.database.read() as conn:
            return events.events(conn, self.app, known[0].id if known else 0)


@pytest.fixture
def market(settings: Settings, database: Database) -> Market:
    assert handlers.kinds()
    with database.write() as conn:
        utility = factories.utility(conn)
        esiids = ["10443720000000001", "10443720000000002"]
        points = [factories.usage_point(conn, utility, esiid=esiid) for esiid in esiids]
        customers = [factories.tenant(conn, point, SINCE) for point in points]
        app = grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
        made = [
            grants.add_authorization(
                conn, app, customer, [(point, SINCE, TODAY + 300)], scope="FB=4_5", starts_s=NOW_S - 10,
                ends_s=NOW_S + 10**7, now_s=NOW_S,
            )
            for point, customer in zip(points, customers, strict=True)
        ]  # fmt: skip
    return Market(Context(settings, database), utility, points, esiids, customers, app, made)


def _paths(market: Market, found: list[Event]) -> list[str]:
    with market.context.database.read() as conn:
        numbers = {grants.authorization(conn, key).subscription_path_id: key for key in market.grants}
    named = []
    for event in found:
        (path,) = event.resources
        number = int(path.removeprefix("Batch/Subscription/").partition("?")[0])
        assert numbers[number] == event.authorization_id
        named.append(f"{market.grants.index(numbers[number])} {event.kind} {path.partition('?')[2]}")
    return named


def test_a_grant_that_a_file_changed_something_of_gets_one_event_with_the_address_of_the_change(market: Market) -> None:
    market.load((0, TODAY - 1), (0, TODAY - 2))
    assert _paths(market, market.tell()) == ["0 usage.new updated-min=2025-06-15T18:00:00Z"]
    market.load((0, TODAY - 1), (1, TODAY - 1), values="0.200")
    found = market.tell()
    assert _paths(market, found) == [
        "0 usage.corrected updated-min=2025-06-15T19:00:00Z",
        "1 usage.new updated-min=2025-06-15T19:00:00Z",
    ]
    assert [dict(event.detail) for event in found] == [{"days": 1, "corrected": 1}, {"days": 1, "corrected": 0}]
    assert market.tell() == []


def test_files_that_are_loaded_at_the_same_time_are_told_of_together(market: Market) -> None:
    terms = claims.Terms("loader", lease_s=10**6, failures=3)
    with market.context.database.write() as conn:
        claims.want(conn, [("k", "last.lse", 1)], market.context.now_s())
        mine = claims.claim(conn, "k", terms, market.context.now_s(), again_before_s=0)
    assert mine
    market.context = replace(market.context, settings=replace(market.context.settings, notify_gather_s=2 * 3600))
    market.load((0, TODAY - 1))
    market.load((0, TODAY - 2), (1, TODAY - 1))
    assert market.tell() == []
    with market.context.database.write() as conn:
        claims.finish(conn, mine, 0, market.context.now_s())
        queue.gather(conn, market.context.now_s())
    found = market.tell()
    assert _paths(market, found) == [
        "0 usage.new updated-min=2025-06-15T18:00:00Z",
        "1 usage.new updated-min=2025-06-15T19:00:00Z",
    ]
    assert [event.detail["days"] for event in found] == [2, 1]


def test_news_waits_for_other_files_no_longer_than_is_set(market: Market) -> None:
    terms = claims.Terms("loader", lease_s=10**6, failures=3)
    with market.context.database.write() as conn:
        claims.want(conn, [("k", "long.lse", 1)], market.context.now_s())
        claims.claim(conn, "k", terms, market.context.now_s(), again_before_s=0)
    market.load((0, TODAY - 1))
    assert market.tell() == []
    market.context = later(market.context, market.context.settings.notify_gather_s)
    assert len(market.tell()) == 1


def test_a_file_that_says_nothing_new_is_no_news(market: Market) -> None:
    market.load((0, TODAY - 1))
    market.tell()
    market.load((0, TODAY - 1))
    assert market.tell() == []


def test_days_before_the_grant_or_the_tenancy_are_no_news(market: Market) -> None:
    market.load((0, SINCE - 1))
    assert market.tell() == []
    with market.context.database.write() as conn:
        directory.move_out(conn, market.points[0], TODAY - 5)
    market.load((0, TODAY - 5), (0, TODAY - 4))
    assert market.tell() == []
    market.load((0, TODAY - 6))
    assert len(market.tell()) == 1


@pytest.mark.parametrize("how", ["revoked", "denied", "over", "not begun", "on hold"])
def test_only_live_grants_of_applications_in_production_are_told(market: Market, how: str) -> None:
    with market.context.database.write() as conn:
        now_s = market.context.now_s()
        if how in {"revoked", "denied"}:
            status = grants.REVOKED if how == "revoked" else grants.DENIED
            grants.set_authorization_status(conn, market.grants[0], status, now_s=now_s)
        elif how == "over":
            grants.set_authorization_end(conn, market.grants[0], now_s + 1, now_s=now_s)
        elif how == "on hold":
            grants.set_third_party_status(conn, market.app, grants.ON_HOLD)
        else:
            span = (market.points[0], SINCE, TODAY)
            grants.set_authorization_status(conn, market.grants[0], grants.REVOKED, now_s=now_s)
            grants.add_authorization(
                conn, market.app, market.customers[0], [span], scope="FB=4",
                starts_s=now_s + 9000, ends_s=now_s + 9999, now_s=now_s,
            )  # fmt: skip
    market.load((0, TODAY - 1))
    assert market.tell() == []


def test_a_bulk_feed_is_told_of_once_beside_its_subscriptions_or_alone(market: Market) -> None:
    with market.context.database.write() as conn:
        for place, customer in enumerate(market.customers):
            grants.set_authorization_status(conn, market.grants[place], grants.REVOKED, now_s=NOW_S)
            grants.add_authorization(
                conn, market.app, customer, [(market.points[place], SINCE, TODAY)], scope="FB=4;BR=77",
                starts_s=NOW_S, ends_s=NOW_S + 10**7, now_s=NOW_S, bulk_id="77",
            )  # fmt: skip
    market.load((0, TODAY - 1), (1, TODAY - 1))
    found = market.tell()
    assert [event.resources[0].partition("/")[2].partition("/")[0] for event in found] == [
        "Subscription", "Subscription", "Bulk",
    ]  # fmt: skip
    assert found[-1].resources == ("Batch/Bulk/77?updated-min=2025-06-15T18:00:00Z",)
    assert dict(found[-1].detail) == {"days": 2, "corrected": 0}
    assert found[-1].authorization_id is None
    with market.context.database.write() as conn:
        grants.change_third_party(conn, market.app, now_s=NOW_S, content={"bulk_notify": True})
    market.load((0, TODAY - 1), (1, TODAY - 1), values="0.300")
    assert [event.resources[0].partition("?")[0] for event in market.tell()] == ["Batch/Bulk/77"]


def test_a_bulk_feed_without_an_id_of_its_own_has_the_application_s_number(market: Market) -> None:
    with market.context.database.write() as conn:
        grants.change_third_party(conn, market.app, now_s=NOW_S, content={"bulk_notify": True})
        number = grants.third_party(conn, market.app).path_id
    market.load((0, TODAY - 1))
    (event,) = market.tell()
    assert event.resources[0].startswith(f"Batch/Bulk/{number}?")


def test_what_was_parked_is_news_when_its_meter_is_known(market: Market) -> None:
    market.esiids.append("10443720000000003")
    market.load((2, TODAY - 1))
    assert market.tell() == []
    with market.context.database.write() as conn:
        point = factories.usage_point(conn, market.utility, esiid=market.esiids[2])
        customer = factories.tenant(conn, point, SINCE)
        market.grants.append(
            grants.add_authorization(
                conn, market.app, customer, [(point, SINCE, TODAY)], scope="FB=4", starts_s=NOW_S,
                ends_s=NOW_S + 10**7, now_s=NOW_S,
            )
        )  # fmt: skip
    market.load((0, TODAY - 1))
    assert sorted(line[:11] for line in _paths(market, market.tell())) == ["0 usage.new", "2 usage.new"]


def test_a_bill_that_came_with_a_file_is_news_too(market: Market) -> None:
    with market.context.database.write() as conn:
        now_s = market.context.now_s()
        summaries.put_usage_summary(conn, market.points[0], TODAY - 30, TODAY, {}, now_s=now_s)
        file = queue.take_file(conn, "bill.xml", "ab" * 32, None, "green-button", now_s)
        queue.finish(conn, file.id, queue.LOADED, now_s, {}, (), [(market.points[0], TODAY - 30, TODAY)])
    assert _paths(market, market.tell()) == ["0 usage.new updated-min=2025-06-15T17:00:00Z"]


def test_a_worker_that_dies_half_way_is_followed_by_one_that_tells_the_rest_once(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    from espi.delivery import news  # noqa: PLC0415

    monkeypatch.setattr(news, "GRANTS_A_TRANSACTION", 1)
    real = events.add_event
    calls: list[int] = []

    def dies(*given: object, **named: object) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the machine is gone")
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "add_event", dies)
    market.load((0, TODAY - 1), (1, TODAY - 1))
    assert len(market.tell()) == 1
    market.context = replace(later(market.context, 60))
    assert len(market.tell()) == 1
    with market.context.database.read() as conn:
        told = events.events(conn, market.app)
    assert [event.authorization_id for event in told] == market.grants
