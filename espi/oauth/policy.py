"""What is demanded of a client, from what ESPI demanded in its time to FAPI 2.0: one row for each policy."""

from __future__ import annotations

from dataclasses import dataclass

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
CERTIFICATE_METHODS = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
KEY_METHODS = frozenset({"private_key_jwt"})
METHODS = SECRET_METHODS | CERTIFICATE_METHODS | KEY_METHODS
"""Every way by which a client may prove itself. There is none without a proof: ESPI's clients are confidential."""


@dataclass(frozen=True)
class Policy:
    """What a client must do.

    pkce: send a code challenge (RFC 7636, S256). pushed: push its requests (RFC 9126). bound: get tokens that only the
    holder of a key or certificate can use (RFC 9449, RFC 8705). rotates: its refresh tokens are exchanged at each use,
    and one that comes twice ends all of its family; tokens that are bound stay (FAPI 2.0, section 5.3.2.1). methods:
    how it may prove itself. code_s: the longest that its codes count, in seconds. exact_redirect: whether redirect_uri
    must be named even where only one is registered.
    """

    name: str
    pkce: bool
    pushed: bool
    bound: bool
    rotates: bool
    methods: frozenset[str]
    code_s: int
    exact_redirect: bool

    def rotates_with(self, binding: str) -> bool:
        """Whether a refresh token with this binding ("" for none) is exchanged at each use."""
        return self.rotates and not binding


CLASSIC = Policy(
    "classic", pkce=False, pushed=False, bound=False, rotates=True, methods=METHODS, code_s=359, exact_redirect=False
)
MODERN = Policy(
    "modern", pkce=True, pushed=False, bound=False, rotates=True, methods=METHODS, code_s=300, exact_redirect=True
)
FAPI2 = Policy(
    "fapi2",
    pkce=True,
    pushed=True,
    bound=True,
    rotates=False,
    methods=KEY_METHODS | CERTIFICATE_METHODS,
    code_s=60,
    exact_redirect=True,
)

POLICIES = {policy.name: policy for policy in (CLASSIC, MODERN, FAPI2)}

ANSWER_ORDER = ("code", "error", "error_description", "iss", "state")
"""Members of an authorization answer, in order: ESPI clients cut at the first `&` and take what follows `state=`."""
