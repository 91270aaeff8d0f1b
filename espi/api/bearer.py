"""Who calls: the token of the Authorization header (RFC 6750, section 2.1), never one of the query or the body."""

from __future__ import annotations

from flask import Request

from espi.api.endpoint import Endpoint
from espi.config import Settings
from espi.errors import Denied
from espi.oauth.tokens import REALM, Bearer, NoToken, bearer
from espi.store.database import Conn
from espi.web.call import call_of


class TokenWanted(Denied):
    """There is no token, where the certification harness wants that answered as a refusal."""

    www_authenticate = f'Bearer realm="{REALM}"'

    def __init__(self, status: int) -> None:
        super().__init__("Show an access token.", detail="no token", status=status)


def bearer_of(conn: Conn, request: Request, endpoint: Endpoint, settings: Settings) -> Bearer:
    """The bearer of a request's token.

    A token that is unknown, has expired or was revoked gives 401, as RFC 6750 (section 3.1) has it. Where there is no
    token at all, the endpoint says whether that is 401 or 403.
    """
    try:
        return bearer(conn, call_of(request, settings), settings)
    except NoToken as err:
        if endpoint.without_token == 401:
            raise
        raise TokenWanted(endpoint.without_token) from err
