"""The regulator's reports: right numbers, small ones of people hidden, and nothing that gives a hidden one away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from espi.clock import DAY_S, FOREVER, month_start, parse_day
from espi.errors import BadInput, NotFound
from espi.helpdesk.counting import count_market
from espi.store import (
    audit,
    clients,
    desk,
    directory,
    exchanges,
    grants,
    market_counts,
    market_reports,
    on_demand,
    third_parties,
)
from espi.store.completeness import Bounds, put_completeness
from espi.store.database import Conn, Database
from espi.store.market_reports import Asked, Cell, Table
from espi.store.report_list import COUNT, MEAN, REPORTS, SHARE, Report
from espi.store.tables import login
from tests import databases, factories
from tests.factories import NOW_S, TODAY

MONTH = month_start(TODAY)
ASKED = Asked("month", MONTH, MONTH + 30)


def told(conn: Conn, name: str, asked: Asked = ASKED) -> Table:
    return market_reports.read(conn, market_reports.report(name), asked)


def texts(table: Table, subject: str) -> dict[str, str]:
    (row,) = (each for each in (*table.rows, *table.totals) if each.subject == subject)
    return {column.name: row.cells[column.name].text(column.measure) for column in table.report.columns}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> databases.Saved:
    """Seven homes and two shops at one utility, one home at another; six share; reads on demand; questions."""
    folder = tmp_path_factory.mktemp("market")
    database = databases.empty(folder)
    with database.write() as conn:
        first, second = factories.utility(conn), factories.utility(conn, "Coastal Wires", "957877905")
        minds = grants.add_third_party(conn, "Meter Minds", grants.PRODUCTION, now_s=NOW_S)
        own = third_parties.own_programs(conn, NOW_S).id
        kinds = [(first, "residential")] * 7 + [(first, "shop")] * 2 + [(second, "residential")]
        for number, (utility, kind) in enumerate(kinds):
            point = factories.usage_point(conn, utility)
            who = factories.customer(conn, f"Person {number}", kind)
            directory.add_tenancy(conn, point, who, TODAY - 100)
            named = {"name": f"person-{number}", "password_hash": "", "role": "customer", "party_id": who}
            conn.execute(insert(login).values(named))
            if number < 6:
                share(conn, minds, who, point)
                share(conn, own, who, point)
            for state in (("completed",) * 5 + ("failed",)) if number == 0 else ():
                read = on_demand.ask(conn, point, "customer:1", NOW_S - 600)
                on_demand.advance(conn, point, read.number, state, NOW_S - 600 + 240)
        for number in range(7):
            ask(conn, number)
        count_market(conn, NOW_S)
    database.close()
    return databases.save(folder)


@pytest.fixture
def market(made: databases.Saved, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    database = databases.restore(made, tmp_path)
    yield database
    database.close()


def share(conn: Conn, third_party_id: int, customer: int, point: int) -> int:
    spans = [(point, TODAY - 50, FOREVER)]
    return grants.add_authorization(
        conn,
        third_party_id,
        customer,
        spans,
        scope="FB=4_5_15",
        starts_s=NOW_S - DAY_S,
        ends_s=NOW_S + DAY_S,
        now_s=NOW_S,
    )


def ask(conn: Conn, number: int) -> None:
    key = desk.add_ticket(
        conn,
        kind="customer",
        login_id=0,
        name="",
        email="",
        language="en",
        category="other",
        subject="Why?",
        reference="",
        now_s=NOW_S - DAY_S,
        target_s=3600,
        number=f"T-{number}",
    )
    if number < 6:
        desk.change_ticket(conn, key, answered_s=NOW_S - DAY_S + 1800)


def test_accounts_are_counted_by_utility_and_small_numbers_are_hidden(market: Database) -> None:
    with market.read() as conn:
        table = told(conn, "accounts")
    assert texts(table, factories.DUNS) == {
        "homes": "7",
        "businesses": "<5",
        "accounts": "7+",
        "meters": "9",
        "reach": "",
    }
    assert texts(table, "957877905")["homes"] == "<5"
    assert texts(table, "") == {
        "homes": "7+",
        "businesses": "0+",
        "accounts": "7+",
        "meters": "10",
        "reach": "",
    }


def test_agreements_leave_a_customers_own_programs_out(market: Database) -> None:
    with market.read() as conn:
        found = texts(told(conn, "agreements"), factories.DUNS)
    assert found == {
        "active": "6",
        "waiting": "0",
        "sharing": "6",
        "began": "6",
        "by-customer": "0",
        "by-company": "0",
        "otherwise": "0",
    }


def test_an_agreement_that_ended_is_counted_by_who_ended_it_and_stood_before(market: Database) -> None:
    with market.write() as conn:
        for number in range(1, 13):
            one = grants.authorization(conn, number)
            if one.third_party_id == 1:
                grants.set_authorization_status(
                    conn, number, grants.REVOKED, now_s=NOW_S + 40 * DAY_S, ended_by="customer"
                )
        for days in (20, 41):
            count_market(conn, NOW_S + days * DAY_S)
        july = Asked("month", month_start(TODAY + 40), month_start(TODAY + 40) + 31)
        assert texts(told(conn, "agreements", july), factories.DUNS)["by-customer"] == "6"
        assert texts(told(conn, "agreements"), factories.DUNS)["active"] == "0", "its time was over before"


def test_reads_on_demand_say_how_many_were_answered_and_how_soon(market: Database) -> None:
    with market.read() as conn:
        found = texts(told(conn, "on-demand"), factories.DUNS)
    assert (found["completed"], found["failed"]) == ("5", "<5")
    assert (found["asked"], found["success"], found["took"]) == ("5+", "", "4")


def test_questions_are_told_by_who_asked(market: Database) -> None:
    with market.read() as conn:
        found = texts(told(conn, "tickets"), "customer")
    assert found == {"answered": "6", "waiting": "<5", "opened": "6+", "wait": "30"}


def test_calls_are_counted_as_they_come_but_not_those_of_a_sandbox(database: Database) -> None:
    with database.write() as conn:
        real, trying = (
            clients.add_client(conn, role="third_party", party_id=1, kind=kind, now_s=NOW_S, sandbox=kind == "admin")
            for kind in ("main", "admin")
        )
    audit.buffer(database)
    for of, status in [(real, 200), (real, 304), (real, 404), (real, 429), (real, 503), (trying, 200)]:
        exchanges.note(database, of, exchanges.Exchange(of.id, "id", NOW_S, "GET", "/x", status))
    market_counts._calls(database)._flush()
    with database.read() as conn:
        days = Asked("day", NOW_S // DAY_S, NOW_S // DAY_S + 1)
        for asked in (ASKED, days):
            found = texts(told(conn, "api-use", asked), "third_party")
            assert found == {
                "answered": "2",
                "refused": "1",
                "too-many": "1",
                "failed": "1",
                "calls": "5",
                "good": "40.00",
            }


def test_completeness_is_told_as_it_was_counted_by_days_and_months(database: Database) -> None:
    with database.write() as conn:
        utility = factories.utility(conn)
        point = factories.usage_point(conn, utility)
        factories.fill(conn, point, TODAY - 3, TODAY - 1)
        for day in range(TODAY - 3, TODAY):
            put_completeness(conn, utility, Bounds(day, 0, NOW_S + DAY_S, NOW_S - 1), "x", NOW_S)
        assert texts(told(conn, "completeness"), factories.DUNS) == {
            "expected": "3",
            "came": "2",
            "missing": "1",
            "complete": "66.66",
            "estimated": "0",
            "partial": "0",
            "refused": "0",
        }
        late = texts(told(conn, "timeliness", Asked("day", TODAY - 3, TODAY - 2)), factories.DUNS)
        assert late == {"received": "1", "on-time": "0", "late": "1", "punctual": "0.00"}


def published(report: Report, lines: Mapping[str, Mapping[str, int]]) -> tuple[object, ...]:
    """All that anybody can see of some lines."""
    rows = [market_reports.Row(0, name, market_reports.cells_of(report, parts)) for name, parts in lines.items()]
    return tuple(
        tuple(sorted((k, v) for k, v in row.cells.items())) for row in (*rows, *market_reports._totals(report, rows))
    )


@pytest.mark.parametrize(
    "report", [each for each in REPORTS if any(column.people for column in each.columns)], ids=lambda each: each.name
)
def test_whatever_a_hidden_number_is_everything_that_is_shown_is_the_same(report: Report) -> None:
    """Totals, shares and means cannot give it away: they do not change with it."""
    hidden = [column.name for column in report.columns if column.people]
    for name in hidden:
        seen = set()
        for number in range(1, market_reports.LEAST):
            others = dict.fromkeys(hidden, 40) | {"seconds": 7200, "meters": 500}
            lines = {"a": others | {name: number}, "b": others}
            seen.add(repr(published(report, lines)))
        assert len(seen) == 1, name


@pytest.mark.parametrize("report", REPORTS, ids=lambda each: each.name)
def test_what_is_of_people_is_told_by_whole_months_alone_and_every_column_is_sound(report: Report) -> None:
    names = [column.name for column in report.columns]
    assert len(set(names)) == len(names)
    assert set(report.drawing) <= set(names)
    if any(column.people for column in report.columns):
        assert report.periods == ("month",)
    for column in report.columns:
        assert set(column.adds) <= set(names)
        assert column.doc.endswith(".")
        assert column.measure in {COUNT, SHARE, MEAN}
        if column.measure == SHARE:
            assert set(column.of) <= set(names), "a share is made of what is shown"


@pytest.mark.parametrize(
    ("per", "first", "last"),
    [
        ("year", "", ""),
        ("day", "2025-13-01", ""),
        ("month", "June", ""),
        ("month", "2025-06", "2025-05"),
        ("month", "2020-01", "2025-05"),
        ("day", "2025-01-01", "2025-05-01"),
        ("day", "", "9999-01-01"),
        ("month", "0001-01", "0001-02"),
    ],
)
def test_periods_that_make_no_sense_are_refused(per: str, first: str, last: str) -> None:
    with pytest.raises(BadInput):
        market_reports.span(market_reports.report("completeness"), TODAY, per, first, last)


def test_without_a_wish_it_is_the_last_twelve_months_or_thirty_days(conn: Conn) -> None:
    found = market_reports.report("completeness")
    months, days = market_reports.span(found, TODAY), market_reports.span(found, TODAY, "day")
    assert [months.name(each) for each in months.periods()][::11] == ["2024-07", "2025-06"]
    assert (days.from_day, days.until_day) == (TODAY - 30, TODAY)
    with pytest.raises(NotFound):
        told(conn, "completeness", replace(months, subject="no such utility"))
    with pytest.raises(NotFound):
        market_reports.report("none")
    with pytest.raises(BadInput):
        market_reports.span(market_reports.report("tickets"), TODAY, "day")


def test_a_file_holds_what_the_page_shows_and_no_formula(market: Database) -> None:
    with market.write() as conn:
        market_counts.put_counts(conn, "accounts", MONTH, {(factories.DUNS, "homes"): 3})
        table = told(conn, "accounts")
    lines = market_reports.as_csv(table, lambda text: text, lambda _key: "=HYPERLINK(1)").splitlines()
    assert (
        lines[0]
        == "Period,Utility,Homes,Businesses,All accounts,Places with a meter,Accounts for each 100 places (per cent)"
    )
    assert lines[1] == "2025-06,'=HYPERLINK(1),<5,0,0+,0,"
    assert parse_day(f"{lines[1][:7]}-01") == MONTH
    assert Cell(9871).text(SHARE) == "98.71"
