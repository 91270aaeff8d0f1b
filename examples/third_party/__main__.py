"""`python -m examples.third_party`: the example, beside a custodian that runs on this machine."""

from __future__ import annotations

import argparse
import ssl
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from examples.third_party.custodian import Custodian
from examples.third_party.memory import Memory
from examples.third_party.pages import CHOICES, make

NAME = "Kilowatt Window"


def main() -> None:
    """Register if need be, then serve."""
    parser = argparse.ArgumentParser(prog="python -m examples.third_party", description="An example third party.")
    parser.add_argument(
        "--custodian", default="https://localhost:8443", help="what the custodian's addresses begin with"
    )
    parser.add_argument("--home", type=Path, default=Path("var"), help="the custodian's home folder, for its TLS files")
    parser.add_argument("--ca", type=Path, help="the authority of the custodian's certificate (ca.pem of its home)")
    parser.add_argument("--certificate", type=Path, help="our own certificate (server.pem of the home)")
    parser.add_argument("--key", type=Path, help="our own key (server-key.pem of the home)")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8445)
    parser.add_argument("--memory", type=Path, help="where to remember things (third-party.json in the home)")
    parser.add_argument("--name", default=NAME, help="what to register as")
    given = parser.parse_args()
    certificate = given.certificate or given.home / "server.pem"
    key = given.key or given.home / "server-key.pem"
    tls = certificate.is_file()
    own = f"{'https' if tls else 'http'}://{given.host}:{given.port}"
    memory = Memory(given.memory or given.home / "third-party.json")
    ca = given.ca or given.home / "ca.pem"
    custodian = Custodian(given.custodian, memory, str(ca) if ca.is_file() else None)
    custodian.register(registration(given.name, own))
    server = make_server(
        given.host,
        given.port,
        make(custodian, memory, own),
        threaded=True,
        ssl_context=context(certificate, key) if tls else None,
    )
    print(f"{given.name} is at {own}, client {memory.client['client_id']}; Ctrl+C ends it.", flush=True)
    server.serve_forever()


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS with a certificate of ours."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key if key.is_file() else None)
    return made


def registration(name: str, own: str) -> dict[str, Any]:
    """What we say of ourselves (RFC 7591, with ESPI's own words for what that does not know)."""
    return {
        "client_name": name,
        "client_uri": own,
        "redirect_uris": [f"{own}/callback"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": " ".join(choice.scope for choice in CHOICES),
        "thirdPartyNotifyUri": f"{own}/notify",
        "thirdPartyScopeSelectionScreenURI": f"{own}/scopes",
        "thirdPartyApplicationDescription": "Draws the power, gas and water of those who connect to it.",
    }


if __name__ == "__main__":
    main()
