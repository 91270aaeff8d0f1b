from __future__ import annotations

import pytest
from sqlalchemy import select

from espi import access
from espi.access import Principal, Role
from espi.config import Settings
from espi.errors import Denied, NotFound
from espi.store import audit, directory
from espi.store.database import Conn, Database
from espi.store.tables import audit as audit_table
from tests import factories
from tests.factories import NOW_S, TODAY

ADA = Principal(Role.customer, 1, "password", "ada")


def _audited(conn: Conn) -> list[tuple[str, str, str, str, bool]]:
    columns = [audit_table.c[name] for name in ("actor", "action", "target", "rule", "allowed")]
    return [tuple(row) for row in conn.execute(select(*columns).order_by(audit_table.c.id))]  # type: ignore[misc]


def test_a_decision_is_on_record_with_its_rule_whichever_it_is(conn: Conn, settings: Settings) -> None:
    access.reach(conn, ADA, "usage:read", settings=settings, target="year")
    access.require(conn, Principal(Role.operator, 1, "password"), "notice:publish", settings=settings)
    with pytest.raises(Denied):
        access.reach(conn, ADA, "usage:put", settings=settings)
    assert _audited(conn) == [
        ("customer:1:ada", "usage:read", "year", "customer/usage:read/seen", True),
        ("operator:1", "notice:publish", "", "operator/notice:publish/-", True),
        ("customer:1:ada", "usage:put", "", "no rule", False),
    ]
    assert audit.verify(conn) == []


def test_a_guess_at_another_s_usage_point_is_on_record(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        factories.tenant(conn, factories.usage_point(conn, factories.utility(conn)), TODAY - 9)
        factories.usage_point(conn, 1, esiid="10443720000000042")
    with database.read() as conn:
        reach = access.reach(conn, ADA, "usage:read", settings=settings)
        with pytest.raises(NotFound):
            directory.usage_point(conn, reach, esiid="10443720000000042")
    with database.read() as conn:
        assert _audited(conn)[-1] == (
            "customer:1:ada",
            "look up",
            "usage point 10443720000000042",
            "customer/usage:read/seen",
            False,
        )
        assert set(conn.scalars(select(audit_table.c.at_s))) == {NOW_S}


def test_a_refusal_in_a_transaction_that_it_ends_is_on_record(database: Database, settings: Settings) -> None:
    with pytest.raises(Denied), database.write() as conn:
        access.reach(conn, ADA, "usage:put", settings=settings)
    with database.read() as conn:
        assert _audited(conn) == [("customer:1:ada", "usage:put", "", "no rule", False)]


def test_an_action_about_no_meter_gives_no_reach_and_the_other_way_round(conn: Conn, settings: Settings) -> None:
    regulator = Principal(Role.regulator, 1, "password")
    with pytest.raises(Denied):
        access.reach(conn, regulator, "totals:read", settings=settings)
    with pytest.raises(Denied):
        access.require(conn, ADA, "usage:read", settings=settings)


def test_a_job_does_what_a_rule_names_it_for(conn: Conn, settings: Settings) -> None:
    assert access.may(Principal(Role.system, 1, "command line"), "usage:download")
    assert not access.may(Principal(Role.system, 1, "intake"), "usage:download")


def test_a_page_may_ask_and_the_help_desk_is_told_why() -> None:
    assert access.may(ADA, "usage:read")
    assert not access.may(ADA, "usage:put")
    assert access.explain(ADA, "usage:read") == (
        "customer/usage:read/seen: own tenancies, and homes whose customers let him look, as long as they live there; "
        "anything else is refused with 404."
    )
    assert access.explain(ADA, "usage:put") == "No rule lets customer do usage:put; it is refused with 403."


def test_everybody_but_the_system_may_log_in_and_all_but_customers_with_a_second_factor() -> None:
    assert set(Role) - set(access.LOGIN_ROLES) == {Role.system}
    assert [role for role in access.LOGIN_ROLES if not access.needs_second_factor(role)] == [Role.customer]
