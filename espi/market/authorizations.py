"""What customers have let a client see, in every state: for a client that wants to know whether its books are right."""

from __future__ import annotations

from espi import sharing
from espi.clock import DAY_S, FOREVER, instant_text
from espi.errors import NotFound
from espi.market.operation import (
    AFTER,
    HREF,
    ID,
    INSTANT,
    LIMIT,
    MAYBE_INSTANT,
    MAYBE_NEXT,
    NUMBER_IN_PATH,
    Ask,
    Operation,
    Parameter,
    Reply,
)
from espi.market.shapes import Listing, Nullable, Record, Text, Whole
from espi.store import grants
from espi.store.grants import Authorization

STATUSES = {grants.REVOKED: "revoked", grants.ACTIVE: "active", grants.DENIED: "denied"}
EXPIRED = "expired"
KINDS = (grants.CUSTOMER, "client", "registration", "upload", "custodian")

AUTHORIZATION = Record(
    "Authorization",
    {
        "id": ID,
        "kind": Text("customer: a customer gave it; the others are the client's own.", choices=KINDS),
        "status": Text(choices=(*STATUSES.values(), EXPIRED)),
        "ended_by": Nullable(Text("Who or what ended it.", most=16)),
        "scope": Text("The ESPI scope that was granted."),
        "starts": INSTANT,
        "ends": MAYBE_INSTANT,
        "usage_points": Whole("How many usage points it opens."),
        "updated": INSTANT,
        "authorization_uri": HREF,
        "resource_uri": Nullable(HREF),
    },
)
AUTHORIZATIONS = Record("Authorizations", {"authorizations": Listing(AUTHORIZATION), "next": MAYBE_NEXT})
STATUS = Parameter("status", Text("Of that status only.", choices=(*STATUSES.values(), EXPIRED)))


def read_authorizations(ask: Ask) -> Reply:
    """A page of the caller's, of one status if that is wished."""
    own, after, limit = ask.bearer.authorization, ask.given["after"], ask.given["limit"]
    found = [own] if own.id > after else []
    if own.third_party_id:
        found = grants.authorizations_of(ask.conn, own.third_party_id, after=after, limit=limit)
    rows = [described(ask, each) for each in found]
    wanted = ask.given["status"]
    shown = [each for each in rows if wanted in {None, each["status"]}]
    return Reply({"authorizations": shown, "next": found[-1].id if len(found) == limit else None})


def read_authorization(ask: Ask) -> Reply:
    """One of the caller's."""
    return Reply(described(ask, _one(ask)))


def end_authorization(ask: Ask) -> Reply:
    """End one that a customer gave; one that has ended stays as it is."""
    found = _one(ask)
    if found.kind != grants.CUSTOMER:
        raise NotFound(detail=f"authorization {found.id} is no customer's")
    ended = sharing.end(ask.conn, found, "third_party", settings=ask.settings, actor=ask.bearer.principal)
    return Reply(described(ask, ended))


def described(ask: Ask, authorization: Authorization) -> dict[str, object]:
    """An authorization as its client sees it."""
    shown = STATUSES[authorization.status]
    if shown == "active" and authorization.ends_s <= ask.now_s:
        shown = EXPIRED
    base = ask.settings.resource_url
    opens = authorization.kind == grants.CUSTOMER
    endless = authorization.ends_s >= FOREVER * DAY_S
    return {
        "id": authorization.path_id,
        "kind": authorization.kind,
        "status": shown,
        "ended_by": authorization.ended_by or None,
        "scope": authorization.scope,
        "starts": instant_text(authorization.starts_s),
        "ends": None if endless else instant_text(authorization.ends_s),
        "usage_points": len(authorization.usage_points),
        "updated": instant_text(authorization.updated_s),
        "authorization_uri": f"{base}/Authorization/{authorization.path_id}",
        "resource_uri": f"{base}/Batch/Subscription/{authorization.subscription_path_id}" if opens else None,
    }


def is_own(ask: Ask, authorization: Authorization) -> bool:
    """Whether an authorization is the caller's: his token's own, or for a client's own token any that it was given."""
    own = ask.bearer.authorization
    shared = own.kind != grants.CUSTOMER and own.third_party_id and own.third_party_id == authorization.third_party_id
    return authorization.id == own.id or bool(shared)


def _one(ask: Ask) -> Authorization:
    found = grants.authorization_by_path_id(ask.conn, ask.given["id"])
    if not is_own(ask, found):
        raise NotFound(detail=f"authorization {found.id} is another's than {ask.bearer.principal}")
    return found


OPERATIONS = (
    Operation(
        "GET",
        "/authorizations",
        "authorizations",
        "authorizations",
        "All authorizations of the caller, in every state.",
        read_authorizations,
        {200: AUTHORIZATIONS},
        action="authorization:read",
        doc="For a client token. Compare it with your own books: it is the truth of what you may read now. A page may "
        "hold fewer than `limit`, as those of another status are left out: go on until `next` is null.",
        parameters=(AFTER, LIMIT, STATUS),
    ),
    Operation(
        "GET",
        "/authorizations/{id}",
        "authorization",
        "authorizations",
        "One authorization of the caller.",
        read_authorization,
        {200: AUTHORIZATION},
        action="authorization:read",
        parameters=(NUMBER_IN_PATH,),
    ),
    Operation(
        "DELETE",
        "/authorizations/{id}",
        "end-authorization",
        "authorizations",
        "End an authorization that a customer gave.",
        end_authorization,
        {200: AUTHORIZATION},
        action="authorization:change",
        writes=True,
        doc="Its tokens die at once and the customer gets a receipt. It stays on record, and tells that it was ended.",
        parameters=(NUMBER_IN_PATH,),
    ),
)
