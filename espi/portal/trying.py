"""What a developer can make happen in the sandbox: notifications, corrections, endings and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from espi import access, sharing
from espi.errors import BadInput, NotFound
from espi.portal import corrections
from espi.portal.developer import Desk, back, desk, only_in_sandbox
from espi.portal.language import say
from espi.store import directory, events, exchanges, grants, tokens
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

pages = Blueprint("trying", __name__, url_prefix="/developers/try")
pages.before_request(only_in_sandbox)


@pages.post("/ping")
def ping() -> Response:
    """Notify of the registration, of an authorization or of a subscription, as was chosen."""
    here = site()
    with here.database.write() as conn:
        own = _own(conn)
        grant_id = request.form.get("grant", "")
        grant = _grant(conn, own, grant_id) if grant_id else None
        resource = PINGS.get(request.form.get("what", ""), _registration)(own, grant)
        key = grant.id if grant else None
        events.add_event(conn, own.third_party.id, "ping", [resource], now_s=here.now_s(), authorization_id=key)
    return back("sent")


def _registration(own: Desk, _grant: grants.Authorization | None) -> str:
    return f"ApplicationInformation/{own.third_party.path_id}"


def _authorization(_own: Desk, grant: grants.Authorization | None) -> str:
    return f"Authorization/{_needed(grant).path_id}"


def _subscription(_own: Desk, grant: grants.Authorization | None) -> str:
    return f"Batch/Subscription/{_needed(grant).subscription_path_id}"


PINGS: dict[str, Callable[[Desk, grants.Authorization | None], str]] = {
    "registration": _registration,
    "authorization": _authorization,
    "subscription": _subscription,
}
"""What can be notified of on demand, and the address that names it."""


@pages.post("/correct")
def correct() -> Response:
    """Let the utility of a shared meter send its last day again, corrected."""
    here = site()
    with here.database.read() as conn:
        own = _own(conn)
        grant = _grant(conn, own, request.form.get("grant", ""))
        who = replace(own.principal, grant=grant.id)
        reach = access.reach(conn, who, "usage:read", settings=here.settings, target="developers/correct")
        shared = [one.path_id for one in directory.usage_points(conn, reach) if one.service_kind == 0]
    if not shared:
        raise BadInput(say("None of the meters of this connection measures electricity."))
    corrections.correct(here.database, here.settings, who, shared[0])
    return back("corrected")


@pages.post("/revoke")
def revoke() -> Response:
    """End a grant as its customer would."""
    here = site()
    with here.database.write() as conn:
        own = _own(conn)
        grant = _grant(conn, own, request.form.get("grant", ""))
        sharing.end(conn, grant, "customer", settings=here.settings, actor=own.principal)
    return back("revoked")


@pages.post("/expire")
def expire() -> Response:
    """Let the access tokens of a grant be too old from now on."""
    here = site()
    with here.database.write() as conn:
        own = _own(conn)
        grant = _grant(conn, own, request.form.get("grant", ""))
        tokens.expire_authorization_tokens(conn, grant.id, here.now_s())
    return back("expired")


@pages.post("/fault")
def fault() -> Response:
    """Answer the next calls of this application with a fault."""
    times, status = (request.form.get(name, "") for name in ("times", "status"))
    if not (times.isdigit() and status.isdigit()):
        raise BadInput(say("Say how many calls are to fail, in digits."))
    with site().database.write() as conn:
        own = _own(conn)
        for client in own.clients:
            exchanges.set_fault(conn, client, int(status), int(times))
    return back("fault")


def _own(conn: Conn) -> Desk:
    own = desk(conn)
    if not own.tries:
        raise NotFound
    return own


def _grant(conn: Conn, own: Desk, key: str) -> grants.Authorization:
    found = [one for one in grants.authorizations_of(conn, own.third_party.id) if str(one.id) == key]
    if not found or found[0].kind != grants.CUSTOMER:
        raise NotFound
    return found[0]


def _needed(grant: grants.Authorization | None) -> grants.Authorization:
    if grant is None:
        raise BadInput(say("Choose a connection first."))
    return grant
