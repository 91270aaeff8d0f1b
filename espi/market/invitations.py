"""Invitations: a third party asks a customer for access, and gets an authorization if he agrees."""

from __future__ import annotations

from typing import Any

from espi import sharing
from espi.clock import instant_text
from espi.errors import Conflict
from espi.market.operation import (
    AFTER,
    HREF,
    INSTANT,
    LIMIT,
    MAYBE_INSTANT,
    NEXT,
    Ask,
    Operation,
    Parameter,
    Reply,
)
from espi.market.shapes import LINE, Listing, Nullable, Record, Text, Whole
from espi.sharing import codes
from espi.sharing.invitations import ENERGY_DATA, MOST_PREMISES
from espi.store import grants, invitations
from espi.store.invitations import Invitation

ASKED_PREMISE = Record(
    "AskedPremise",
    {
        "esiid": Text("The number of the point of delivery.", least=1, most=64, pattern=LINE),
        "meter": Text("The number on the meter.", least=1, most=64, pattern=LINE),
        "rep": Text(
            "The REP of record: its name or certificate number; without REPs, the utility's.", least=1, pattern=LINE
        ),
    },
)
INVITING = Record(
    "Inviting",
    {
        "premises": Listing(ASKED_PREMISE, "All of one customer.", least=1, most=MOST_PREMISES),
        "email": Text("Where the customer gets the mail.", form="email"),
        "months": Whole("For how long you ask: 1, 3, 6, 9, 12, 24 or 36.", least=1, most=36),
        "language": Text("Of the mail.", choices=("en", "es")),
        "scope": Text("The ESPI scope; without it, the first that you have registered.", pattern=LINE),
    },
    may=frozenset({"language", "scope"}),
)
INVITATION = Record(
    "Invitation",
    {
        "number": Text("What both sides call it.", most=32),
        "kind": Text("What it is about.", most=32),
        "state": Text(
            "PENDING until the customer answers; ACTIVE, EXPIRING, RENEWED: you may read.", choices=invitations.STATES
        ),
        "reason": Nullable(Text("Why it ended.")),
        "email": Text(),
        "language": Text(most=8),
        "scope": Text(),
        "months": Whole(),
        "premises": Listing(
            Record("InvitedPremise", {"esiid": Text(most=64), "meter": Text(most=64), "rep": Text()}),
        ),
        "created": INSTANT,
        "expires": INSTANT,
        "decided": MAYBE_INSTANT,
        "authorization_uri": Nullable(HREF),
        "resource_uri": Nullable(HREF),
    },
)
INVITATIONS = Record("Invitations", {"invitations": Listing(INVITATION), "next": NEXT})
CODE = Record(
    "Code",
    {
        "authorization_code": Text("Redeem it once at /oauth/token, soon.", most=128),
        "expires": INSTANT,
    },
)
NUMBER = Parameter("number", Text("The invitation's number.", least=1, most=32, pattern="[0-9]+"), "path")
STATE = Parameter("state", Text("In that state only.", choices=invitations.STATES))


def invite(ask: Ask) -> Reply:
    """Ask a customer; he gets a mail."""
    body = ask.body
    asked = sharing.Asked(
        premises=tuple((each["esiid"], each["meter"], each["rep"]) for each in body["premises"]),
        email=body["email"],
        months=body["months"],
        language=body.get("language", "en"),
        kind=ENERGY_DATA,
        scope=body.get("scope", ""),
    )
    return Reply(_described(ask, sharing.invite(ask.conn, ask.bearer.principal, asked, ask.settings)), 201)


def read_invitations(ask: Ask) -> Reply:
    """The caller's invitations after a cursor, the oldest first."""
    after, wanted = ask.given["after"], ask.given["state"]
    states = (wanted,) if wanted else invitations.STATES
    found = invitations.invitations_of(
        ask.conn, ask.bearer.principal.id, states=states, after=after, limit=ask.given["limit"]
    )
    following = found[-1].id if found else after
    return Reply({"invitations": [_described(ask, each) for each in found], "next": following})


def read_invitation(ask: Ask) -> Reply:
    """How an invitation stands."""
    return Reply(_described(ask, _own(ask)))


def withdraw(ask: Ask) -> Reply:
    """Take an invitation back."""
    return Reply(_described(ask, sharing.withdraw(ask.conn, ask.bearer.principal, ask.given["number"], ask.settings)))


def code(ask: Ask) -> Reply:
    """An authorization code for an invitation that was accepted."""
    text = codes.code_for(ask.conn, ask.bearer.principal, _own(ask), ask.settings)
    if not text:
        raise Conflict("You have tokens for this already: refresh them.")
    return Reply({"authorization_code": text, "expires": instant_text(ask.now_s + ask.settings.code_s)}, 201)


def _own(ask: Ask) -> Invitation:
    return invitations.invitation_by_number(ask.conn, ask.bearer.principal.id, ask.given["number"])


def _described(ask: Ask, found: Invitation) -> dict[str, Any]:
    base, made = ask.settings.resource_url, None
    if found.authorization_id is not None:
        made = grants.authorization(ask.conn, found.authorization_id)
    return {
        "number": found.number,
        "kind": found.kind,
        "state": found.state,
        "reason": found.reason or None,
        "email": found.email,
        "language": found.language,
        "scope": found.scope,
        "months": found.months,
        "premises": [{name: str(each[name]) for name in ("esiid", "meter", "rep")} for each in found.premises],
        "created": instant_text(found.created_s),
        "expires": instant_text(found.expires_s),
        "decided": None if found.decided_s is None else instant_text(found.decided_s),
        "authorization_uri": f"{base}/Authorization/{made.path_id}" if made else None,
        "resource_uri": f"{base}/Batch/Subscription/{made.subscription_path_id}" if made else None,
    }


OPERATIONS = (
    Operation(
        "POST",
        "/invitations",
        "invite",
        "invitations",
        "Ask a customer for access to his premises.",
        invite,
        {201: INVITATION},
        action="grant:invite",
        writes=True,
        doc="He gets a mail with a link that counts once. Each premise is named by ESIID, meter number and REP; where "
        "one of the three is wrong, the answer is always the same, and after too many you are blocked for the day.",
        body=INVITING,
        refusals=(409, 422),
    ),
    Operation(
        "GET",
        "/invitations",
        "invitations",
        "invitations",
        "Your invitations, the oldest first.",
        read_invitations,
        {200: INVITATIONS},
        action="grant:invite",
        parameters=(AFTER, LIMIT, STATE),
    ),
    Operation(
        "GET",
        "/invitations/{number}",
        "invitation",
        "invitations",
        "How an invitation stands.",
        read_invitation,
        {200: INVITATION},
        action="grant:invite",
        parameters=(NUMBER,),
    ),
    Operation(
        "POST",
        "/invitations/{number}/withdraw",
        "withdraw",
        "invitations",
        "Take an invitation back before it is answered.",
        withdraw,
        {200: INVITATION},
        action="grant:invite",
        writes=True,
        parameters=(NUMBER,),
        refusals=(409,),
    ),
    Operation(
        "POST",
        "/invitations/{number}/code",
        "invitation-code",
        "invitations",
        "An authorization code, once the customer has agreed.",
        code,
        {201: CODE},
        action="grant:invite",
        writes=True,
        doc="There is one for each agreement. Redeem it at `/oauth/token` with your main client.",
        parameters=(NUMBER,),
        refusals=(409,),
    ),
)
