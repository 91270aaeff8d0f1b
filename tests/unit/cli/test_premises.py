"""`espi usage-point`, `customer` and `switch`: from an unknown meter to a customer who sees its readings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi import access
from espi.access import Principal, Role
from espi.clock import FOREVER, day_date, zone
from espi.config import Settings
from espi.formats import lse
from espi.store import directory, parties, readings
from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

NEW = "10443720000000777"
KNOWN = "10443720000000042"
UTILITY = ("--utility", "Lone Star Wires")


def test_a_parked_meter_loads_when_it_is_added_and_its_tenant_sees_it(
    run: Run, database: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = factories.TODAY - 1
    local = zone(factories.ZONE)
    path = tmp_path / lse.file_name(factories.DUNS, local.local(factories.NOW_S), 1)
    block = factories.block(0, day)
    path.write_bytes(b"".join(lse.write(NEW, local, [block], factories.NOW_S)))
    assert run("intake", "run", path) == 0
    assert run("usage-point", "add", NEW, *UTILITY, "--meter", "L777") == 0
    assert capsys.readouterr().out.endswith("1 parked blocks loaded\n")
    assert run("customer", "add", "Mary Somerville", "--language", "es") == 0
    number = int(capsys.readouterr().out)
    assert run("customer", "move-in", NEW, *UTILITY, "--customer", number, "--from", day_date(day)) == 0
    with database.write() as conn:
        principal = Principal(Role.customer, number, "test")
        reach = access.reach(conn, principal, "usage:read", settings=settings)
        point = directory.usage_point(conn, reach, esiid=NEW)
        found = list(readings.blocks(conn, reach, point.id, 4, day, day + 1))
        meters = parties.meters(conn, reach, point.id)
    assert [one.total for one in found] == [block.total]
    assert [(one.serial_number, one.from_day) for one in meters] == [("L777", factories.TODAY)]


def test_move_in_displaces_and_move_out_ends(run: Run, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    for name, first in (("Ada", "2025-01-01"), ("Grace", "2025-06-01")):
        assert run("customer", "add", name) == 0
        number = capsys.readouterr().out.strip()
        assert run("customer", "move-in", KNOWN, *UTILITY, "--customer", number, "--from", first) == 0
    assert run("customer", "move-out", KNOWN, *UTILITY, "--until", "2025-06-10") == 0
    with database.read() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility is not None
        reach = factories.reach_of_utility(utility.id)
        point = directory.usage_point(conn, reach, esiid=KNOWN)
        spans = [
            (str(day_date(one.from_day)), str(day_date(one.until_day)))
            for one in parties.tenancies(conn, reach, point.id)
        ]
    assert spans == [("2025-01-01", "2025-06-01"), ("2025-06-01", "2025-06-10")]


def test_a_switch_begins_on_its_day(run: Run, database: Database) -> None:
    assert run("rep", "add", "Bluebonnet Power", "--duns", "987654321", "--certificate", "10007") == 0
    assert run("switch", KNOWN, *UTILITY, "--rep", "Bluebonnet Power", "--from", "2025-06-01") == 0
    with database.read() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility is not None
        reach = factories.reach_of_utility(utility.id)
        point = directory.usage_point(conn, reach, esiid=KNOWN)
        (span,) = parties.reps_of_record(conn, reach, point.id)
    assert (str(day_date(span.from_day)), span.until_day) == ("2025-06-01", FOREVER)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("usage-point", "add", NEW, "--utility", "Nowhere"), "no utility 'Nowhere'"),
        (("customer", "move-in", NEW, *UTILITY, "--customer", "1"), "no usage point"),
        (("customer", "move-in", KNOWN, *UTILITY, "--customer", "99"), "no customer 99"),
        (("customer", "move-out", KNOWN, *UTILITY), "Nobody lived"),
        (("switch", KNOWN, *UTILITY, "--rep", "Nobody"), "no REP 'Nobody'"),
        (("usage-point", "add", KNOWN, *UTILITY), "already"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert run(*words) == 1
    assert says in capsys.readouterr().err
