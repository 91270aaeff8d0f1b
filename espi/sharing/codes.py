"""How third parties get tokens without a browser: a code for an invitation accepted, a token for a consent on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.config import Settings
from espi.errors import Conflict, NotFound
from espi.sharing.granting import grant
from espi.sharing.invitations import main_client_id
from espi.sharing.terms import Terms
from espi.store import grants, tokens
from espi.store.invitations import LIVE, Invitation

if TYPE_CHECKING:
    from espi.store.database import Conn


def code_for(conn: Conn, asker: Principal, invitation: Invitation, settings: Settings) -> str:
    """An authorization code for the grant of a third party's own invitation; empty once it has got tokens for it.

    It counts for `settings.code_s` seconds and is redeemed as any code is, with the redirect_uri registered first. A
    code that was asked for before and was not redeemed counts no more.
    """
    access.require(conn, asker, "grant:invite", settings=settings, target=f"invitation {invitation.number}")
    if invitation.third_party_id != asker.id:
        raise NotFound(detail=f"{asker} has no invitation {invitation.number}")
    if invitation.authorization_id is None or invitation.state not in LIVE:
        raise Conflict("There is no agreement to get tokens for: it has ended, or there was none.")
    if tokens.has_tokens(conn, invitation.authorization_id):
        return ""
    now_s = settings.clock.now_s()
    tokens.revoke_authorization(conn, invitation.authorization_id, now_s)
    redirects = grants.third_party(conn, asker.id).content.get("redirect_uri") or []
    client_id = main_client_id(conn, asker.id)
    if not client_id or not redirects:
        raise Conflict("This application has no client with a redirect_uri, so that it cannot redeem a code.")
    return tokens.add_code(
        conn,
        client_id=client_id,
        authorization_id=invitation.authorization_id,
        redirect_uri=str(redirects if isinstance(redirects, str) else redirects[0]),
        issued_s=now_s,
        expires_s=now_s + settings.code_s,
    )


def grant_offline(
    conn: Conn, customer: Principal, third_party: grants.ThirdParty, terms: Terms, *, settings: Settings
) -> tuple[grants.Authorization, str, int]:
    """Give a third party what a customer agreed to on paper (FB_40): the grant, its access token, and when that ends.

    The token is shown this once and lives as long as the grant, for there is no refresh token to follow it.
    """
    client_id = main_client_id(conn, third_party.id)
    if not client_id:
        raise Conflict("This application has no client that a token could be for.")
    made = grant(conn, customer, third_party, terms, settings=settings, client_id=client_id, by="paper")
    now_s = settings.clock.now_s()
    token = tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=made.id,
        client_id=client_id,
        family=tokens.new_family(),
        binding="",
        issued_s=now_s,
        expires_s=made.ends_s,
    )
    grants.set_token_end(conn, made.id, made.ends_s)
    return made, token, made.ends_s
