"""Tokens that customers make for programs of their own: each is a third party to himself.

A token is an authorization like any other, of the customer to `OWN`: the gate, the access log, move-out and the
end of its period treat it as they treat all. It only reads. Each customer has a client of his own for them, which can
prove itself in no way, so that his programs share limits with nobody and nothing but these tokens speaks for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access
from espi import scope as scopes
from espi.errors import BadInput, Conflict
from espi.sharing import mails
from espi.sharing.granting import end, grant
from espi.sharing.terms import Terms, end_after
from espi.store import clients, grants, tokens
from espi.store.third_parties import BY_OWN, own_program, own_programs
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.access import Principal
    from espi.config import Settings
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint

SCOPE = "FB=1_3_4_5_6_7_8_9_10_11_12_15_16_17_26_27_28_29;BlockDuration=daily"
"""All readings, costs and summaries there are; not the name and address."""

MONTHS = (1, 3, 6, 12)
"""For how long a token can be made."""

MOST = 20
"""How many tokens of one customer may live at once."""

LONGEST_NAME = 60
PREFIX = "gbo_"
"""How a token begins, so that who finds one in a file knows what it is."""

CLIENT_KIND = "own"
NO_METHOD = "none"


@dataclass(frozen=True)
class Made:
    """A token that was made. text: the token; it is shown this once. ends_s: when it ends."""

    text: str
    subscription_path_id: int
    path_id: int
    ends_s: int


def make(
    conn: Conn, customer: Principal, name: str, points: Sequence[UsagePoint], months: int, settings: Settings
) -> Made:
    """Make a token for a program of a customer's own. points: of which usage points, all his days there.

    `BadInput` for a name, a time or points that cannot be, `NotFound` for a usage point where he does not live now,
    `Conflict` where he has too many.
    """
    take_turn(conn)
    called = " ".join(name.split())
    if not called or len(called) > LONGEST_NAME or not called.isprintable():
        raise BadInput("Give your program a name of 60 characters at most.")
    if months not in MONTHS:
        raise BadInput("Choose how long the token works.")
    now_s = settings.clock.now_s()
    party = own_programs(conn, now_s)
    older = [one for one in grants.running_of_customer(conn, customer.id) if one.third_party_id == party.id]
    if len(older) >= MOST:
        raise Conflict("You have 20 tokens, which is as many as you can have. End one first.")
    client_id = older[-1].client_id if older else _new_client(conn, party.id, now_s)
    terms = Terms(
        scope=scopes.parse(SCOPE),
        usage_point_ids=tuple(point.id for point in points),
        ends_s=end_after(now_s, months, mails.ZONE),
        words=(called,),
    )
    by = BY_OWN
    granted = grant(conn, customer, party, terms, settings=settings, client_id=client_id, by=by)
    grants.set_terms(conn, granted.id, {**granted.terms, "name": called})
    grants.set_token_end(conn, granted.id, granted.ends_s)
    text = tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=granted.id,
        client_id=client_id,
        family=tokens.new_family(),
        binding="",
        issued_s=now_s,
        expires_s=granted.ends_s,
        token=PREFIX + secrets.token_urlsafe(32),
    )
    fours = [point.esiid[-4:] for point in points]
    mails.tell(conn, grants.authorization(conn, granted.id), "accepted", settings, fours)
    return Made(text, granted.subscription_path_id, granted.path_id, granted.ends_s)


def end_own(conn: Conn, customer: Principal, settings: Settings) -> int:
    """End all tokens that a customer made for himself, as when his password got known; how many that were.

    Whoever is no customer has none.
    """
    if not access.may(customer, "token:make"):
        return 0
    own = [one for one in grants.running_of_customer(conn, customer.id) if own_program(one.terms)]
    for one in own:
        end(conn, one, "customer", settings=settings, actor=customer)
    return len(own)


def _new_client(conn: Conn, third_party_id: int, now_s: int) -> int:
    made = clients.add_client(
        conn,
        role="third_party",
        party_id=third_party_id,
        kind=CLIENT_KIND,
        now_s=now_s,
        policy="modern",
        auth_method=NO_METHOD,
    )
    return made.id
