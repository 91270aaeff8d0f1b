"""Giving third parties access, changing it and ending it. Every road to a grant ends here.

Whatever happens to a grant, its record, its tokens, its receipt, the audit and the third party's event are written in
the transaction of the caller: they come true together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from espi import access
from espi.access import Principal
from espi.clock import day_date
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.sharing import mails, receipts
from espi.sharing.terms import Terms, check_devices, check_end, days_of, longest_months, until_day
from espi.store import audit, devices, directory, events, grants, holdings, identity, invitations, jobs, tokens
from espi.store.grants import Authorization, ThirdParty
from espi.store.third_parties import BY_OWN, OWN
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

BY_INVITATION = "invitation"
"""The road on which the mail is about the invitation."""

MOST_AT_ONCE = 200
"""How many grants are ended in one transaction, so that nobody waits long for it."""

REST_JOB = "sharing.end_rest"
"""The job that ends the rest."""

JOINTLY = "jointly"
"""What the terms of a grant call the customer who gave it as a joint holder."""

ENDED_STATES = {
    "customer": invitations.TERMINATED_BY_CUSTOMER,
    "superseded": invitations.TERMINATED_BY_CUSTOMER,
    "third_party": invitations.TERMINATED_BY_CSP,
    "operator": invitations.TERMINATED_BY_OPERATOR,
    "move_out": invitations.TERMINATED_MOVE_OUT,
    "expired": invitations.EXPIRED,
}
"""Who or what ends a grant, and the state of its agreement after that."""


def grant(
    conn: Conn,
    customer: Principal,
    third_party: ThirdParty,
    terms: Terms,
    *,
    settings: Settings,
    client_id: int = 0,
    by: str = "consent page",
) -> Authorization:
    """Give a third party what a customer agreed to; an older grant of his to the same one ends.

    Of a home that he holds jointly with who lives there it is the latter's grant, who sees it and can end it.
    by: the road on which he did, "consent page", "invitation" or "paper". Raises `NotFound` for a usage point where he
    does not live now, `BadInput` for terms that cannot be, `Conflict` for an application that is not in production.
    """
    now_s = settings.clock.now_s()
    if third_party.status != grants.PRODUCTION:
        raise Conflict("This application cannot be given access at present.")
    reach = access.reach(conn, customer, "grant:accept", settings=settings, target=f"third party {third_party.path_id}")
    points = _chosen(conn, reach, terms.usage_point_ids)
    holder = directory.customer(conn, reach, owner_of(conn, reach, customer, points))
    check_end(terms.ends_s, now_s, longest_months(holder.kind, settings))
    spans = {point.id: days_of(point, terms, now_s) for point in points}
    _supersede(conn, holder.id, customer, third_party, settings)
    key = grants.add_authorization(
        conn,
        third_party.id,
        holder.id,
        [(point, *span) for point, span in spans.items()],
        scope=terms.scope.text,
        starts_s=now_s,
        ends_s=terms.ends_s,
        now_s=now_s,
        client_id=client_id,
        personal=terms.personal,
        bulk_id=terms.scope.bulk_id or "",
        terms=_kept(conn, terms, by) | ({} if holder.id == customer.id else {JOINTLY: customer.id}),
    )
    _agree_on_devices(conn, key, terms)
    made = grants.authorization(conn, key)
    facts = {
        **made.terms,
        "customer": {"id": str(holder.path_id), "name": holder.name},
        "usage_points": receipts.covered(points, spans),
        "scope_words": list(terms.words),
    }
    receipts.issue(conn, made, "granted", settings=settings, actor=str(customer), facts=facts)
    _announce(conn, made, by, settings, points)
    return made


def end(
    conn: Conn, authorization: Authorization, by: str, *, settings: Settings, actor: Principal | str
) -> Authorization:
    """End a grant at once: its tokens, its prepared answers and its subscription with it.

    by: "customer", "third_party", "operator", "move_out", "expired" or "superseded". One that has ended stays as it is.
    """
    if authorization.status != grants.ACTIVE:
        return authorization
    take_turn(conn)
    now_s = settings.clock.now_s()
    grants.set_authorization_status(conn, authorization.id, grants.REVOKED, now_s=now_s, ended_by=by)
    tokens.revoke_authorization(conn, authorization.id, now_s)
    jobs.drop_owned(conn, f"authorization/{authorization.id}")
    ended = grants.authorization(conn, authorization.id)
    if authorization.kind == grants.CUSTOMER:
        invitations.set_agreement_state(conn, authorization.id, ENDED_STATES[by], now_s, reason=by)
        receipts.issue(conn, ended, "ended", settings=settings, actor=str(actor), facts={"ended_by": by})
        _tell(conn, ended, "authorization.ended", settings, {"by": by})
        if by != "superseded":
            mails.tell(conn, ended, "ended", settings)
    _note(conn, ended, "grant:end", actor, settings, {"by": by})
    return ended


def restore(conn: Conn, authorization: Authorization, *, settings: Settings, actor: Principal | str) -> Authorization:
    """Let a grant live again that its third party ended itself; its old tokens stay revoked.

    `Conflict` for one that anybody else ended, that is over or that a newer one has followed: what a customer ends
    stays ended.
    """
    now_s = settings.clock.now_s()
    if authorization.status == grants.ACTIVE:
        return authorization
    newer = any(
        other.third_party_id == authorization.third_party_id
        for other in grants.running_of_customer(conn, authorization.customer_id)
    )
    if authorization.ended_by != "third_party" or authorization.ends_s <= now_s or newer:
        raise Conflict("This authorization has ended for good; the customer can give a new one.")
    grants.set_authorization_status(conn, authorization.id, grants.ACTIVE, now_s=now_s, ended_by="")
    restored = grants.authorization(conn, authorization.id)
    if authorization.kind == grants.CUSTOMER:
        invitations.set_agreement_state(conn, authorization.id, invitations.ACTIVE, now_s)
        receipts.issue(conn, restored, "restored", settings=settings, actor=str(actor), facts={"ended_by": ""})
        _tell(conn, restored, "authorization.changed", settings, {"change": "restored"})
    _note(conn, restored, "grant:restore", actor, settings, {})
    return restored


def shorten(
    conn: Conn, authorization: Authorization, ends_s: int, *, settings: Settings, actor: Principal
) -> Authorization:
    """Let a grant of the customer who asks end sooner. `BadInput` for an end that is over or not sooner."""
    now_s = settings.clock.now_s()
    _check_active(authorization, actor)
    if not now_s < ends_s < authorization.ends_s:
        raise BadInput("The new last day must be after today and before the present one.")
    reach = access.reach(conn, actor, "grant:revoke", settings=settings, target=_target(authorization))
    return _changed_end(conn, reach, authorization, ends_s, "shortened", settings, actor)


def renew(
    conn: Conn, authorization: Authorization, ends_s: int, *, settings: Settings, actor: Principal
) -> Authorization:
    """Let a grant go on until a later end, because the customer says so; nothing is ever renewed by itself."""
    now_s = settings.clock.now_s()
    _check_active(authorization, actor)
    if ends_s <= authorization.ends_s:
        raise BadInput("The new last day must be after the present one.")
    if grants.third_party(conn, authorization.third_party_id).status != grants.PRODUCTION:
        raise Conflict("This application cannot be given access at present.")
    reach = access.reach(conn, actor, "grant:accept", settings=settings, target=_target(authorization))
    holder = directory.customer(conn, reach, actor.id)
    check_end(ends_s, now_s, longest_months(holder.kind, settings))
    renewed = _changed_end(conn, reach, authorization, ends_s, "renewed", settings, actor)
    invitations.set_agreement_state(conn, authorization.id, invitations.RENEWED, now_s)
    return renewed


def drop_usage_point(
    conn: Conn, authorization: Authorization, usage_point_id: int, day: int, *, settings: Settings, actor: str
) -> Authorization:
    """Take a usage point out of a grant whose customer moved out of it on a day; the others stay."""
    grants.forget_usage_point(conn, authorization.id, usage_point_id, now_s=settings.clock.now_s())
    changed = grants.authorization(conn, authorization.id)
    facts = {"change": "moved out", "moved_out": day_date(day).isoformat()}
    receipts.issue(conn, changed, "changed", settings=settings, actor=actor, facts=facts)
    _tell(conn, changed, "authorization.changed", settings, {"change": "moved out"})
    _note(conn, changed, "grant:drop", actor, settings, {"usage_point": usage_point_id})
    return changed


def withdraw_third_party(conn: Conn, third_party: ThirdParty, *, settings: Settings, actor: Principal | str) -> int:
    """Take an application out of service for good (status 4): all it has ends. How many authorizations ended now.

    From that instant the gate refuses it everything; of very many the rest are ended by a job, in small transactions.
    """
    now_s = settings.clock.now_s()
    grants.change_third_party(conn, third_party.id, status=grants.WITHDRAWN, now_s=now_s)
    ended = end_all_of(conn, third_party.id, settings=settings, actor=actor)
    if ended == MOST_AT_ONCE:
        jobs.add_job(conn, REST_JOB, {"third_party_id": third_party.id}, now_s=now_s)
    return ended


def end_all_of(conn: Conn, third_party_id: int, *, settings: Settings, actor: Principal | str) -> int:
    """End what a third party has, by the operator, but not more than a transaction should; how many that were."""
    active = [one for one in grants.authorizations_of(conn, third_party_id) if one.status == grants.ACTIVE]
    for authorization in active[:MOST_AT_ONCE]:
        end(conn, authorization, "operator", settings=settings, actor=actor)
    return len(active[:MOST_AT_ONCE])


def _announce(conn: Conn, made: Authorization, by: str, settings: Settings, points: list[UsagePoint]) -> None:
    """Tell the third party, and the customer if no mail about an invitation does."""
    _tell(conn, made, "authorization.granted", settings, {"by": by})
    if by not in {BY_INVITATION, BY_OWN}:
        mails.tell(conn, made, "accepted", settings, [point.esiid[-4:] for point in points])


def owner_of(conn: Conn, reach: Reach, customer: Principal, points: Sequence[UsagePoint]) -> int:
    """Whose homes these are among those that a customer may share: his own, or one other's.

    `BadInput` for homes of several people.
    """
    if not holdings.held(conn, customer.id):
        return customer.id
    owners = {directory.tenancies(conn, reach, point.id)[-1].of_id for point in points}
    if len(owners) > 1:
        raise BadInput("These meters are of different people. Choose those of one of you, then come again.")
    return owners.pop() if owners else customer.id


def _supersede(conn: Conn, owner_id: int, customer: Principal, third_party: ThirdParty, settings: Settings) -> None:
    if third_party.name == OWN:
        return  # programs of one's own stand side by side
    for older in grants.running_of_customer(conn, owner_id):
        if older.third_party_id == third_party.id:
            if owner_id != customer.id and older.terms.get(JOINTLY) != customer.id:
                raise BadInput("This home shares with this application already. Who lives there can change it.")
            end(conn, older, "superseded", settings=settings, actor=customer)


def _changed_end(
    conn: Conn,
    reach: Reach,
    authorization: Authorization,
    ends_s: int,
    change: str,
    settings: Settings,
    actor: Principal,
) -> Authorization:
    now_s = settings.clock.now_s()
    terms = {**authorization.terms, "notices": 0}
    grants.set_authorization_end(conn, authorization.id, ends_s, now_s=now_s, terms=terms)
    points = [point for point in directory.usage_points(conn, reach) if point.id in authorization.usage_points]
    for point in points:
        from_day = authorization.usage_points[point.id][0][0]
        if (until := until_day(point, ends_s)) > from_day:
            grants.set_until_day(conn, authorization.id, point.id, until)
    changed = grants.authorization(conn, authorization.id)
    spans = {point.id: changed.usage_points[point.id][0] for point in points}
    facts: dict[str, Any] = {"change": change, "usage_points": receipts.covered(points, spans)}
    receipts.issue(conn, changed, "changed", settings=settings, actor=str(actor), facts=facts)
    _tell(conn, changed, "authorization.changed", settings, {"change": change})
    _note(conn, changed, f"grant:{change}", actor, settings, {"ends": ends_s})
    return changed


def _chosen(conn: Conn, reach: Reach, usage_point_ids: Iterable[int]) -> list[UsagePoint]:
    wanted = set(usage_point_ids)
    if not wanted:
        raise BadInput("Choose at least one meter.")
    points = [point for point in directory.usage_points(conn, reach) if point.id in wanted]
    if len(points) != len(wanted):
        raise NotFound(detail=f"{len(wanted) - len(points)} of the usage points to be granted are not within reach")
    return points


def _agree_on_devices(conn: Conn, authorization_id: int, terms: Terms) -> None:
    """Note what a grant says of devices at its meter: it counts as long as the grant lives, and not a second longer."""
    check_devices(terms)
    for usage_point_id in set(terms.usage_point_ids) if terms.device or terms.services else ():
        devices.add_agreement(conn, authorization_id, usage_point_id, eui64=terms.device, services=terms.services)


def _kept(conn: Conn, terms: Terms, by: str) -> dict[str, Any]:
    """What is noted of terms beside the columns of an authorization; of the address a keyed hash alone."""
    of_devices = {"device": terms.device, "device_services": terms.services}
    return {
        "by": by,
        "language": terms.language,
        "text_version": terms.text_version,
        "personal": terms.personal,
        "history_from": day_date(terms.from_day).isoformat() if terms.from_day is not None else "",
        "address_hash": identity.uuid_for(conn, f"address/{terms.address}") if terms.address else "",
        **(of_devices if terms.device or terms.services else {}),
    }


def _check_active(authorization: Authorization, actor: Principal) -> None:
    if authorization.customer_id != actor.id:
        raise NotFound(detail=f"authorization {authorization.path_id} is not of {actor}")
    if authorization.status != grants.ACTIVE:
        raise Conflict("This access has ended already.")


def _tell(
    conn: Conn, authorization: Authorization, kind: str, settings: Settings, detail: dict[str, str | int]
) -> None:
    events.add_event(
        conn,
        authorization.third_party_id,
        kind,
        [f"Authorization/{authorization.path_id}"],
        now_s=settings.clock.now_s(),
        authorization_id=authorization.id,
        detail={**detail, "status": authorization.status},
    )


def _note(
    conn: Conn,
    authorization: Authorization,
    action: str,
    actor: Principal | str,
    settings: Settings,
    detail: dict[str, Any],
) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=_target(authorization),
        rule="espi.sharing",
        allowed=True,
        detail=detail,
    )


def _target(authorization: Authorization) -> str:
    return f"authorization {authorization.path_id}"
