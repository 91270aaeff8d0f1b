"""What the authorization server says of itself (RFC 8414)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from espi.config import Settings
from espi.oauth.client_metadata import GRANT_TYPES
from espi.oauth.policy import METHODS
from espi.oauth.signed import ALGORITHMS

ENDPOINTS = {
    "token_endpoint": "/oauth/token",
    "revocation_endpoint": "/oauth/revoke",
    "introspection_endpoint": "/oauth/introspect",
    "pushed_authorization_request_endpoint": "/oauth/par",
}
"""What clients call themselves, so on the port for certificates too (RFC 8705, section 5)."""

AUTHORIZE = "/oauth/authorize"
REGISTER = "/oauth/register"


def of(settings: Settings) -> dict[str, Any]:
    """The metadata, checked by the library's rules."""
    base = settings.base_url
    methods, algorithms = sorted(METHODS), list(ALGORITHMS)
    found = AuthorizationServerMetadata(
        {
            "issuer": base,
            "authorization_endpoint": base + AUTHORIZE,
            "registration_endpoint": base + REGISTER,
            **{name: base + path for name, path in ENDPOINTS.items()},
            "service_documentation": f"{base}/developers",
            "scopes_supported": list(settings.scopes),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "code_challenge_methods_supported": ["S256"],
            "ui_locales_supported": ["en", "es"],
            "authorization_response_iss_parameter_supported": True,
            "require_pushed_authorization_requests": False,
            "dpop_signing_alg_values_supported": algorithms,
            "tls_client_certificate_bound_access_tokens": True,
            "resource_endpoint": settings.resource_url,
            **{f"{name}_auth_methods_supported": methods for name in ENDPOINTS if not name.startswith("pushed")},
            **{
                f"{name}_auth_signing_alg_values_supported": algorithms
                for name in ENDPOINTS
                if not name.startswith("pushed")
            },
        }
    )
    if settings.mtls_port or settings.mtls_url:
        found["mtls_endpoint_aliases"] = {name: settings.mtls_base_url + path for name, path in ENDPOINTS.items()}
    return dict(found)
