"""How a third party gets tokens for a grant that came of its invitation: a code, given to it alone, redeemed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.config import Settings
from espi.errors import Conflict, NotFound
from espi.sharing.invitations import main_client_id
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
