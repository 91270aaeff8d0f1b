"""Maria's household in the demonstration market: alerts of days that were so, and people who see her home."""

from __future__ import annotations

from espi import access
from espi.access import Principal, Role
from espi.store import alerts, directory, holdings, people, readings
from tests.unit.demo.conftest import Market


def test_maria_was_told_of_days_that_were_above_her_limit(market: Market) -> None:
    with market.database.read() as conn:
        maria = Principal(Role.customer, people.party_named(conn, "customer", "maria"), "password", "maria")
        reach = access.reach(conn, maria, "alert:set", settings=market.settings)
        told = alerts.alerts(conn, reach, maria.id, 10)
        assert 1 <= len(told) <= 3
        channel = next(rule.channel for rule in alerts.rules(conn, reach, maria.id) if rule.kind == alerts.DAY)
        for each in told:
            (day,) = readings.day_totals(conn, reach, each.usage_point_id, channel, each.day, each.day + 1)
            assert each.against < each.amount == day.total


def test_a_friend_of_hers_sees_her_home_and_another_guest_has_not_answered(market: Market) -> None:
    with market.database.read() as conn:
        maria, noah = (people.party_named(conn, "customer", name) for name in ("maria", "noah"))
        assert [(one.kind, one.state) for one in holdings.given(conn, maria)] == [
            (holdings.JOINT, holdings.WAITING),
            (holdings.FRIEND, holdings.ACTIVE),
        ]
        guest = Principal(Role.customer, noah, "password", "noah")
        hers = access.reach(conn, Principal(Role.customer, maria, "x"), "alert:set", settings=market.settings)
        seen = access.reach(conn, guest, "usage:read", settings=market.settings)
        assert {point.id for point in directory.usage_points(conn, hers)} <= {
            point.id for point in directory.usage_points(conn, seen)
        }
