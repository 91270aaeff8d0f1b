"""The kit pointed at the played custodian."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.client.server import Server
from conformance.client.settings import Settings, from_table
from conformance.outcome import Outcome
from conformance.run import Result, judge_server
from tests.conformance.custodian import facts
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.faults import Fault
from tests.conformance.custodian.server import Custodian, playing

AT_HOME = "the-session-of-ada"
CONSOLE = (
    "import socket,sys\n"
    "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])))\n"
    "s.sendall(f'GET {sys.argv[2]} HTTP/1.0\\r\\n\\r\\n'.encode())\n"
    "t=b''.join(iter(lambda:s.recv(4096),b''))\n"
    "h,_,b=t.partition(b'\\r\\n\\r\\n')\n"
    "print(b.decode(),file=open(sys.argv[3],'w') if sys.argv[3:] else None)\n"
    "sys.exit(b' 200 ' not in h.splitlines()[0])"
)
"""A program that asks something of the played custodian's console and prints the answer, or writes it to a file."""


@contextmanager
def pointed_at(
    certificates: Certificates, *faults: Fault, is_logged_in: bool = True, **changes: Any
) -> Iterator[tuple[Server, Custodian]]:
    """The played custodian with its faults, and the kit about to judge it.

    is_logged_in: the customer is known already, which saves three requests for each consent. changes: of the settings.
    """
    with playing(certificates, faults) as custodian:
        told = {name: value for fault in faults for name, value in fault.settings.items()}
        settings = replace(settings_of(custodian, certificates), **told, **changes)
        with Server(settings, say=lambda _line: None) as server:
            custodian.third_party = server.listener.url
            if is_logged_in:
                custodian.book.sessions.add(AT_HOME)
                server.browser.cookies["localhost"] = {"session": AT_HOME}
            yield server, custodian


def judged(server: Server, only: Collection[str] | None = None) -> dict[str, Result]:
    """The results by requirement, of all or of these."""
    return {result.requirement.id: result for result in judge_server(server, only=only)}


def failing(results: dict[str, Result]) -> dict[str, str]:
    """Which did not pass, and why in short."""
    bad = {Outcome.FAIL, Outcome.ERROR, Outcome.SKIP, Outcome.WAIT}
    return {name: told(result) for name, result in results.items() if result.outcome in bad}


def told(result: Result) -> str:
    """A result in one line."""
    said = " ".join(found.message for found in result.findings[:2]) or result.why
    return f"{result.outcome}: {said}"


def settings_of(custodian: Custodian, certificates: Certificates) -> Settings:
    """What an operator would write down of the played custodian."""
    good = str(certificates.server())
    log_in = {"page": "/login", "fill": {"login": facts.LOGIN, "password": facts.PASSWORD}}
    consent = {"page": "/oauth/authorize", "choose": {"usage_point": "*"}}
    return from_table(
        {
            "name": "The played custodian",
            "GBACertId": facts.CERTIFICATE_ID,
            "dataCustodianResourceEndpoint": custodian.root,
            "authorizationServerTokenEndpoint": f"{custodian.site}/oauth/token",
            "authorizationServerAuthorizationEndpoint": f"{custodian.site}/oauth/authorize",
            "client_id": facts.CLIENT,
            "client_secret": facts.SECRETS[facts.CLIENT],
            "registration_access_token_client_id": facts.REGISTRATION,
            "registration_access_token_secret": facts.SECRETS[facts.REGISTRATION],
            "client_access_token_client_id": facts.ADMIN,
            "client_access_token_secret": facts.SECRETS[facts.ADMIN],
            "scope": facts.SCOPE,
            "certDataScopeFBs": "FB=1_4_5_12_15_16",
            "applicationInformationId": facts.APPLICATION,
            "optionalOfflineAuthorizationID": facts.path_id("offline authorization"),
            "optionalOfflineAccess_token": custodian.book.offline_token,
            "data_custodian_access_token": custodian.token("custodian"),
            "upload_access_token": custodian.token("upload"),
            "upload_resourceURI": f"{custodian.root}/Batch/RetailCustomer/{facts.SUBSCRIPTION}/UsagePoint",
            "listener": {"certificate": good, "key": good},
            "browser": {
                "ca_file": str(certificates.authority),
                "log_in": [log_in],
                "consent": [consent | {"press": "yes"}],
                "deny": [consent | {"press": "no"}],
            },
            "operator": {
                "notify": _command(custodian, "/notify?uri={uri}"),
                "notify_sftp": _command(custodian, "/notify_sftp"),
                "expire_token": _command(custodian, "/expire_token?authorization={authorization}"),
                "revoke": _command(custodian, "/revoke?authorization={authorization}"),
                "fetch_sftp": [*_command(custodian, "/file"), "{folder}/bulk.xml"],
                "delivery_failures": _command(custodian, "/delivery_failures"),
            },
            "waits": {"answer_s": 5, "notification_s": 2, "person_s": 5, "old_code_s": 1, "retry_s": 0},
            "tls": {"ca_file": str(certificates.authority), "client_certificate": good, "client_key": good},
            "claims": {"profiles": ["CMD", "PII"]},
        }
    )


def _command(custodian: Custodian, target: str) -> list[str]:
    escaped = CONSOLE.replace("{", "{{").replace("}", "}}")
    return [sys.executable, "-I", "-S", "-c", escaped, str(custodian.console), target]
