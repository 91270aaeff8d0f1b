"""The gate: who may do what, with which meters, on which days. Nothing else decides, and nothing else makes a `Reach`.

`RULES` is the whole of it. A rule's relation is a query of usage points and days; what no rule allows is refused.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from espi import log
from espi.config import Settings
from espi.errors import Denied
from espi.principals import Position, Principal, Role, TokenKind
from espi.relations import (
    CASE,
    DEVICE_GRANTED,
    DEVICE_NAMED,
    GRANTED,
    GRANTED_NOW,
    JOINT,
    JOINT_NOW,
    OWN,
    OWN_NOW,
    PERSONAL,
    SEEN,
    SERVED,
    SERVED_NOW,
    SERVICES_GRANTED,
    TAKEN,
    UTILITY,
    Relation,
)
from espi.store import access_log, audit
from espi.store.database import Conn
from espi.store.directory import own_tenancies
from espi.store.grants import of_third_party
from espi.store.reach import Reach, shared

__all__ = [
    "ACTIONS",
    "LOGIN_ROLES",
    "RULES",
    "Position",
    "Principal",
    "Relation",
    "Role",
    "Rule",
    "TokenKind",
    "explain",
    "may",
    "names_devices",
    "needs_second_factor",
    "provider",
    "reach",
    "require",
    "sends_to_enrolled",
    "utility_of",
    "within_case",
    "within_grant",
]

LOGIN_ROLES = tuple(role for role in Role if role is not Role.system)
"""Roles that a person may log in with."""


def needs_second_factor(role: str) -> bool:
    """Whether logins of a role are made with a second factor: all but customers', who speak for themselves only."""
    return role != Role.customer


@dataclass(frozen=True)
class Rule:
    """A role may do an action with the usage points and days of a relation; with none, the action is about no meter.

    refusal: the status that answers for what is not within it. proofs: the only ones that this rule is for (kinds of
    tokens, jobs of the system); any where there are none. positions: within a company, the only ones that this rule is
    for, where its users have any.
    """

    role: Role
    action: str
    relation: Relation | None
    refusal: int
    limits: str
    proofs: frozenset[str] = frozenset()
    positions: frozenset[Position] = frozenset(Position)

    @property
    def name(self) -> str:
        """What the audit calls it."""
        return "/".join((self.role, self.action, self.relation.name if self.relation else "-"))


_TENANCY = "own tenancies, move-in to move-out"
_LIVES_THERE = "usage points where he lives today"
_SHOWN = "own tenancies, and homes whose customers let him look, as long as they live there"
_TAKES = "own tenancies, and homes of others that he may take files of"
_SHARES = "own tenancies, and homes that he holds jointly with who lives there"
_SHARES_NOW = "usage points where he lives today, and those that he holds jointly with who lives there"
_RECORD = "days on which it is REP of record, and those before it asked for; after a switch for the horizon set"
_SERVES = "usage points that it serves today"
_GRANT = "live grants: their usage points and days, within the granting customer's tenancy"
_POINTS = "usage points that it serves"
_PERSON = "live grants that name the customer too"
_REGISTRATION = "its own registration"
_MANAGES = "whatever is not about a meter"
_CASE = "tenancies of customers whom he has an open case about; no readings"
_TICKETS = "his own questions to the help desk"
_PROPOSALS = "change requests, which are public: to write them and about them"
_DECIDES_PROPOSALS = "change requests: calling the vote, and deciding as the utilities voted"
_SERVICES = "enrolled devices, by live grants of device services"
_FILES, _SUMS = "files published for it", "check sums and signatures of its files"
_COMMAND = frozenset({"command line"})
_SERVER = frozenset({"file server"})
_INTAKE = frozenset({"intake"})
_A, _C, _R, _U, _D = (frozenset({kind}) for kind in TokenKind)
_LOGIN = frozenset({"password", "password and code", "passkey"})
_ITSELF = _C | _R | _LOGIN
"""How a third party speaks for itself: a customer's token speaks for his grant only."""

_ADMINISTERS = frozenset({Position.administrator})
_CHANGES = _ADMINISTERS | {Position.developer}
"""Who changes something in a company's name; all others look."""

_USERS, _COMPANY = "its own users; administrators only", "its own users, keys, calls and deliveries"

RULES = (
    Rule(Role.customer, "usage:read", SEEN, 404, _SHOWN),
    Rule(Role.customer, "usage:download", TAKEN, 404, _TAKES),
    Rule(Role.customer, "directory:read", OWN, 404, _TENANCY),
    Rule(Role.customer, "usage:ask-now", JOINT_NOW, 404, _SHARES_NOW),
    Rule(Role.customer, "grant:accept", JOINT_NOW, 404, _SHARES_NOW),
    Rule(Role.customer, "grant:reject", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "grant:revoke", JOINT, 404, _SHARES),
    Rule(Role.customer, "grant:read", JOINT, 404, _SHARES),
    Rule(Role.customer, "device:provision", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "message:send", OWN_NOW, 404, "his own devices"),
    Rule(Role.rep, "usage:read", SERVED, 404, _RECORD),
    Rule(Role.rep, "usage:download", SERVED, 404, _RECORD),
    Rule(Role.rep, "directory:read", SERVED, 404, _RECORD),
    Rule(Role.rep, "usage:ask-now", SERVED_NOW, 404, _SERVES, positions=_CHANGES),
    Rule(Role.rep, "history:ask", SERVED_NOW, 404, _SERVES, positions=_CHANGES),
    Rule(Role.rep, "device:provision", SERVED_NOW, 404, _SERVES, positions=_CHANGES),
    Rule(Role.rep, "message:send", SERVED_NOW, 404, "enrolled devices", positions=_CHANGES),
    Rule(Role.rep, "price:send", SERVED_NOW, 404, "enrolled devices", positions=_CHANGES),
    Rule(Role.rep, "load-control:send", SERVED_NOW, 404, "enrolled devices", positions=_CHANGES),
    Rule(Role.third_party, "usage:read", GRANTED, 403, _GRANT),
    Rule(Role.third_party, "usage:download", GRANTED, 403, _GRANT),
    Rule(Role.third_party, "directory:read", GRANTED, 403, _GRANT),
    Rule(Role.third_party, "grant:read", GRANTED, 403, _GRANT),
    Rule(Role.third_party, "grant:revoke", GRANTED, 403, _GRANT, positions=_CHANGES),
    Rule(
        Role.third_party, "usage:ask-now", GRANTED_NOW, 403, "live grants whose days include today", positions=_CHANGES
    ),
    Rule(Role.third_party, "grant:invite", None, 403, "registered applications", _ITSELF, _CHANGES),
    Rule(Role.tdsp, "usage:read", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "usage:download", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "directory:read", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "usage:ask-now", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "usage:put", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "device:state", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "message:send", UTILITY, 404, _POINTS),
    Rule(Role.customer, "access-log:read", OWN, 404, _TENANCY),
    Rule(Role.customer, "alert:set", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "holder:invite", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "token:make", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "meter:add", None, 403, "a home by its ESIID, meter number and REP"),
    Rule(Role.customer, "account:close", None, 403, "his own account"),
    Rule(Role.third_party, "subscription:read", GRANTED, 403, _GRANT, _A),
    Rule(Role.third_party, "bulk:read", GRANTED, 403, _GRANT, _C),
    Rule(Role.third_party, "change:read", GRANTED, 403, _GRANT, _A | _C),
    Rule(Role.third_party, "person:read", PERSONAL, 403, _PERSON, _A),
    Rule(Role.third_party, "bulk-person:read", PERSONAL, 403, _PERSON, _C),
    Rule(Role.third_party, "type:read", None, 403, "reading types and time parameters, which are nobody's", _A),
    Rule(Role.third_party, "authorization:read", None, 403, "its own authorizations", _C),
    Rule(Role.third_party, "authorization:change", None, 403, "its own authorizations", _C),
    Rule(Role.third_party, "registration:read", None, 403, _REGISTRATION, _R),
    Rule(Role.third_party, "registration:change", None, 403, _REGISTRATION, _R),
    Rule(Role.third_party, "status:read", None, 403, "whether the custodian is up", _C),
    Rule(Role.third_party, "event:read", None, 403, "its own events and deliveries", _ITSELF),
    Rule(Role.third_party, "client:manage", None, 403, "its own clients, secrets and certificates", _ITSELF, _CHANGES),
    Rule(Role.rep, "client:manage", None, 403, "its own clients, secrets and certificates", _LOGIN, _CHANGES),
    Rule(Role.third_party, "delivery:resend", None, 403, "its own deliveries", _ITSELF, _CHANGES),
    Rule(Role.third_party, "company:read", None, 403, _COMPANY, _LOGIN),
    Rule(Role.rep, "company:read", None, 403, _COMPANY, _LOGIN),
    Rule(Role.third_party, "colleague:manage", None, 403, _USERS, _LOGIN, _ADMINISTERS),
    Rule(Role.rep, "colleague:manage", None, 403, _USERS, _LOGIN, _ADMINISTERS),
    Rule(Role.rep, "subscription:read", SERVED, 404, _RECORD, _C),
    Rule(Role.rep, "bulk:read", SERVED, 404, _RECORD, _C),
    Rule(Role.rep, "change:read", SERVED, 404, _RECORD, _C),
    Rule(Role.rep, "type:read", None, 403, "reading types and time parameters, which are nobody's", _C),
    Rule(Role.rep, "authorization:read", None, 403, "its own authorizations", _C),
    Rule(Role.rep, "status:read", None, 403, "whether the custodian is up", _C),
    Rule(Role.tdsp, "subscription:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "point:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "upload:read", UTILITY, 404, _POINTS, _U | _D),
    Rule(Role.tdsp, "bulk:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "change:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "person:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "bulk-person:read", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "directory:put", UTILITY, 404, _POINTS, _D),
    Rule(Role.tdsp, "type:read", None, 403, _MANAGES, _U | _D),
    Rule(Role.tdsp, "type:put", None, 403, _MANAGES, _D),
    Rule(Role.tdsp, "authorization:read", None, 403, _MANAGES, _U | _D),
    Rule(Role.tdsp, "authorization:change", None, 403, _MANAGES, _D),
    Rule(Role.tdsp, "registration:read", None, 403, _MANAGES, _D),
    Rule(Role.tdsp, "registration:change", None, 403, _MANAGES, _D),
    Rule(Role.tdsp, "status:read", None, 403, "whether the custodian is up", _U | _D),
    Rule(Role.tdsp, "completeness:read", None, 403, "how complete its own days are; of single meters nothing"),
    Rule(Role.regulator, "completeness:read", None, 403, "how complete all days are; of single meters nothing"),
    Rule(Role.operator, "completeness:read", None, 403, "how complete all days are; of single meters nothing"),
    Rule(Role.tdsp, "silence:read", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "file:send", None, 403, "its own files, and the meters in them that nobody knows yet"),
    Rule(Role.rep, "file:take", None, 403, _FILES, _SERVER),
    Rule(Role.third_party, "file:take", None, 403, f"{_FILES}, while every grant in them lives", _SERVER),
    Rule(Role.tdsp, "file:take", None, 403, _FILES, _SERVER),
    Rule(Role.rep, "file:list", None, 403, _SUMS, _SERVER),
    Rule(Role.third_party, "file:list", None, 403, _SUMS, _SERVER),
    Rule(Role.tdsp, "file:list", None, 403, _SUMS, _SERVER),
    Rule(Role.tdsp, "brand:change", None, 403, "how it shows itself to its customers"),
    Rule(Role.tdsp, "vee:read", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "market-event:read", UTILITY, 404, _POINTS),
    Rule(Role.rep, "silence:read", SERVED_NOW, 404, _SERVES),
    Rule(Role.rep, "served:read", SERVED, 404, _RECORD),
    Rule(Role.rep, "bulk:ask", SERVED, 404, _RECORD, positions=_CHANGES),
    Rule(Role.operator, "client:manage", None, 403, "clients, secrets and certificates"),
    Rule(Role.operator, "event:read", None, 403, "events and deliveries; no readings"),
    Rule(Role.operator, "consent:move", None, 403, "the signed export and import of consents"),
    Rule(Role.regulator, "totals:read", None, 403, "totals; of single meters nothing"),
    Rule(Role.regulator, "audit:read", None, 403, "decisions and changes"),
    Rule(Role.operator, "account:manage", None, 403, "logins; no readings"),
    Rule(Role.operator, "ticket:answer", None, 403, "tickets; no readings"),
    Rule(Role.operator, "notice:publish", None, 403, "notices"),
    Rule(Role.operator, "case:open", None, 403, "looking somebody up with a reason, for a while; he sees it"),
    Rule(Role.operator, "case:read", CASE, 404, _CASE),
    Rule(Role.operator, "standing:decide", None, 403, "approval, suspension and appeals of third parties"),
    Rule(Role.operator, "role:grant", None, 403, "proposing and approving roles, each by another operator"),
    Rule(Role.operator, "job:manage", None, 403, "jobs and files; no readings"),
    Rule(Role.third_party, "standing:appeal", None, 403, "its own standing", _ITSELF, _ADMINISTERS),
    Rule(Role.customer, "ticket:open", None, 403, _TICKETS),
    Rule(Role.rep, "ticket:open", None, 403, _TICKETS),
    Rule(Role.third_party, "ticket:open", None, 403, _TICKETS),
    Rule(Role.tdsp, "ticket:open", None, 403, _TICKETS),
    Rule(Role.regulator, "ticket:open", None, 403, _TICKETS),
    Rule(Role.operator, "totals:read", None, 403, "totals; of single meters nothing"),
    Rule(Role.rep, "proposal:write", None, 403, _PROPOSALS),
    Rule(Role.third_party, "proposal:write", None, 403, _PROPOSALS, _ITSELF),
    Rule(Role.tdsp, "proposal:write", None, 403, _PROPOSALS),
    Rule(Role.regulator, "proposal:write", None, 403, _PROPOSALS),
    Rule(Role.operator, "proposal:write", None, 403, _PROPOSALS),
    Rule(Role.tdsp, "proposal:vote", None, 403, "the one vote of its own on a change request"),
    Rule(Role.regulator, "proposal:decide", None, 403, _DECIDES_PROPOSALS),
    Rule(Role.operator, "proposal:decide", None, 403, _DECIDES_PROPOSALS),
    Rule(Role.customer, "device:state", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.customer, "load-control:opt-out", OWN_NOW, 404, _LIVES_THERE),
    Rule(Role.rep, "device:state", SERVED_NOW, 404, _SERVES),
    Rule(Role.third_party, "device:state", DEVICE_GRANTED, 403, "live grants that speak of devices"),
    Rule(Role.third_party, "device:provision", DEVICE_NAMED, 403, "the device that a grant names", positions=_CHANGES),
    Rule(Role.third_party, "message:send", SERVICES_GRANTED, 403, _SERVICES, positions=_CHANGES),
    Rule(Role.third_party, "price:send", SERVICES_GRANTED, 403, _SERVICES, positions=_CHANGES),
    Rule(Role.third_party, "load-control:send", SERVICES_GRANTED, 403, _SERVICES, positions=_CHANGES),
    Rule(Role.tdsp, "price:send", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "load-control:send", UTILITY, 404, _POINTS),
    Rule(Role.tdsp, "load-control:emergency", UTILITY, 404, _POINTS),
    Rule(Role.system, "usage:read", UTILITY, 404, "points of one utility, for the command line", _COMMAND),
    Rule(Role.system, "usage:download", UTILITY, 404, "points of one utility, for the command line", _COMMAND),
    Rule(Role.system, "directory:read", UTILITY, 404, "points of one utility, for the command line", _COMMAND),
    Rule(Role.system, "usage:put", UTILITY, 404, "points of one utility, for intake", _INTAKE),
    Rule(Role.system, "directory:put", UTILITY, 404, "points of one utility, for intake of market events", _INTAKE),
)

_BY_ROLE_AND_ACTION = {(rule.role, rule.action): rule for rule in RULES}

ACTIONS = tuple(dict.fromkeys(rule.action for rule in RULES))
"""Every action that a rule speaks of."""


def reach(conn: Conn, principal: Principal, action: str, *, settings: Settings, target: str = "") -> Reach:
    """What a principal may see for an action; the decision is audited, whichever it is.

    target: what was asked for, for the audit. Raises `Denied` if no rule lets the role do this with any meter.
    """
    rule = _rule(principal, action)
    if rule is None or rule.relation is None:
        raise _refused(conn, principal, action, settings, target)
    _record(conn, principal, action, settings, target, rule.name, allowed=True)
    now_s = settings.clock.now_s()
    spans = functools.partial(rule.relation.spans, conn, principal, settings)
    listed = rule.relation.of_grant if principal.grant else None
    few = None if listed is None else lambda at: listed(at, principal, now_s)
    return Reach(spans, rule.name, str(principal), rule.refusal, now_s, few)


def within_grant(reach: Reach, third_party_id: int, authorization_id: int) -> Reach:
    """Of a reach, what one live grant covers: what its token would show to the third party."""
    return shared(reach, of_third_party(third_party_id, reach.at_s, authorization_id=authorization_id)).kept()


def within_case(reach: Reach, customer_id: int) -> Reach:
    """Of a reach, what one customer lives or lived in: an operator may have several cases open."""
    return shared(reach, own_tenancies(customer_id))


def require(conn: Conn, principal: Principal, action: str, *, settings: Settings, target: str = "") -> None:
    """Let a principal do an action that is about no meter; audited. Raises `Denied` if no rule lets the role do it."""
    rule = _rule(principal, action)
    if rule is None or rule.relation is not None:
        raise _refused(conn, principal, action, settings, target)
    _record(conn, principal, action, settings, target, rule.name, allowed=True)


def may(principal: Principal, action: str) -> bool:
    """Whether a rule lets the principal do this with some meter or none, for drawing a page; not a decision."""
    return _rule(principal, action) is not None


def utility_of(principal: Principal) -> int | None:
    """The id of the one utility whose operation a principal may look at where a rule lets him; None for every one."""
    return principal.id if principal.role is Role.tdsp else None


def provider(principal: Principal) -> str:
    """In whose name a principal sends to devices: his role and the party that he speaks for."""
    return f"{principal.role}/{principal.id}"


def sends_to_enrolled(principal: Principal) -> bool:
    """Whether a principal sends only to devices that are enrolled with the party he speaks for."""
    return principal.role in {Role.rep, Role.third_party}


def names_devices(principal: Principal) -> bool:
    """Whether a principal lets only those devices join that a customer's grant names."""
    return principal.role is Role.third_party


def explain(principal: Principal, action: str) -> str:
    """Which rule speaks of a principal and an action, and what it says, for the help desk."""
    rule = _rule(principal, action)
    if rule is None:
        return f"No rule lets {principal.role} do {action}; it is refused with 403."
    return f"{rule.name}: {rule.limits}; anything else is refused with {rule.refusal}."


def _rule(principal: Principal, action: str) -> Rule | None:
    rule = _BY_ROLE_AND_ACTION.get((principal.role, action))
    if rule is None or (rule.proofs and principal.proof not in rule.proofs):
        return None
    if principal.position and principal.position not in rule.positions:
        return None
    return rule


def _refused(conn: Conn, principal: Principal, action: str, settings: Settings, target: str) -> Denied:
    _record(conn, principal, action, settings, target, "no rule", allowed=False)
    log.warn(log.Event.DENIED, role=str(principal.role), action=action)
    return Denied(detail=f"no rule lets {principal} do {action}", status=403)


def _record(
    conn: Conn, principal: Principal, action: str, settings: Settings, target: str, rule: str, *, allowed: bool
) -> None:
    detail = {"proof": principal.proof}
    if principal.role is Role.third_party:  # the customers who share with it find the record by this
        detail = {**detail, "asked": target}
        target = access_log.target_of(principal.grant, principal.id)
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(principal),
        action=action,
        target=target,
        rule=rule,
        allowed=allowed,
        detail=detail,
    )
