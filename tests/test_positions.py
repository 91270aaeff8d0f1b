"""What a user of a company may do by the position that an administrator gave him."""

from __future__ import annotations

import pytest

from espi import access
from espi.access import RULES, Position, Principal, Role

COMPANIES = (Role.rep, Role.third_party)
ADMINISTERS = {"colleague:manage", "standing:appeal"}
CHANGES = {
    "bulk:ask", "client:manage", "delivery:resend", "device:provision", "grant:invite", "grant:revoke",
    "history:ask", "load-control:send", "message:send", "price:send", "usage:ask-now",
}  # fmt: skip
KEPT_FROM = {
    Position.administrator: set(),
    Position.developer: ADMINISTERS,
    Position.viewer: ADMINISTERS | CHANGES,
}


def who(role: Role, position: str) -> Principal:
    return Principal(role, 1, "password and code", "somebody", position=position)


@pytest.mark.parametrize("role", COMPANIES)
@pytest.mark.parametrize(("position", "kept_from"), KEPT_FROM.items())
def test_a_position_keeps_its_holder_from_what_others_answer_for(
    role: Role, position: Position, kept_from: set[str]
) -> None:
    whole = {rule.action for rule in RULES if access.may(who(role, ""), rule.action)}
    allowed = {rule.action for rule in RULES if access.may(who(role, position), rule.action)}
    assert whole - allowed == kept_from & whole


def test_whoever_speaks_for_all_of_a_company_has_no_position_to_keep_him() -> None:
    token = Principal(Role.third_party, 1, access.TokenKind.client.value, "app")
    assert access.may(token, "client:manage")


def test_positions_are_for_companies_users_alone() -> None:
    limited = {rule.role for rule in RULES if rule.positions != frozenset(Position)}
    assert limited == set(COMPANIES)
