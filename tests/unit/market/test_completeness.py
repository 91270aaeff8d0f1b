"""How complete days are and which meters are silent, for those whose business it is."""

from __future__ import annotations

import pytest

from espi.clock import day_date
from espi.intake import completeness as counting
from espi.store import clients, directory
from espi.store.silent import put_silent
from tests import factories, market_world
from tests.factories import NOW_S, TODAY
from tests.unit.market.conftest import Caller


@pytest.fixture
def counted(call: Caller) -> Caller:
    """Yesterday is counted for both utilities; Ada's and Grace's meters are silent; each utility has a token."""
    with call.database.write() as conn:
        coastal = factories.utility(conn, "Coastal Wires", "957877905")
        for name, utility_id in (("lone star", 1), ("coastal", coastal)):
            utility = directory.utility(conn, utility_id)
            counting.count_days(conn, utility, [TODAY - 1], NOW_S)
            first, last = counting.bounds(utility, TODAY), counting.bounds(utility, TODAY + 1)
            put_silent(conn, utility_id, first, last, NOW_S)
            made = clients.add_client(conn, role="tdsp", party_id=utility_id, kind="custodian", now_s=NOW_S)
            call.world.tokens[name] = market_world._token_of(conn, made, "custodian")
    return call


def test_a_utility_reads_how_complete_its_own_days_are(counted: Caller) -> None:
    yesterday = str(day_date(TODAY - 1))
    (own,) = counted.get("/completeness", "lone star")["days"]
    assert own == {
        "utility": "Lone Star Wires",
        "duns": factories.DUNS,
        "day": yesterday,
        "expected": 3,
        "received": 2,
        "late": 0,
        "estimated": 0,
        "partial": 0,
        "refused": 0,
        "missing": 1,
        "computed": "2025-06-15T17:00:00Z",
    }
    (other,) = counted.get("/completeness", "coastal")["days"]
    assert (other["utility"], other["expected"]) == ("Coastal Wires", 0)
    assert counted.get("/completeness?from=2025-01-01&to=2025-01-02", "lone star")["days"] == []
    for span in ("from=2025-06-02&to=2025-06-01", "from=2020-01-01&to=2025-01-01"):
        assert counted("GET", f"/completeness?{span}", "lone star").status_code == 422


@pytest.mark.parametrize("who", ["ada", "minds", "rep"])
def test_the_completeness_of_a_utility_is_not_for_others(counted: Caller, who: str) -> None:
    assert counted("GET", "/completeness", who).status_code == 403


def test_silent_meters_are_listed_for_their_utility_and_their_rep(counted: Caller) -> None:
    for who in ("lone star", "rep"):
        first = counted.get("/silent-meters?limit=1", who)
        second = counted.get(f"/silent-meters?limit=1&after={first['next']}", who)
        assert counted.get(f"/silent-meters?after={second['next']}", who) == {"meters": [], "next": None}
        assert [each["esiid"] for each in first["meters"] + second["meters"]] == [market_world.HOME, market_world.FLAT]
    assert first["meters"][0] == {
        "id": counted.n("home_path"),
        "esiid": market_world.HOME,
        "utility": "Lone Star Wires",
        "since": "2025-06-15",
        "last": "2025-06-14",
        "found": "2025-06-15T17:00:00Z",
    }
    assert counted.get("/silent-meters", "coastal")["meters"] == []
    assert counted("GET", "/silent-meters", "ada").status_code == 403
