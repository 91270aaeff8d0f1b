"""Whole Connect My Data loops of programs that others wrote, against a server of ours that runs, over TLS.

A scripted customer logs in and agrees in their place. What each got is compared with what the store holds: how many
readings, and their sum. In one run the customer lets the program look back less far than it asked for.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import html
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from clients.truth import ESPI, Found, run, say, truth_of

HERE = Path(__file__).parent
ZONE = ZoneInfo("America/Chicago")
CUSTOMER = "tom"
"""A customer of the demonstration market with one meter that measures one thing."""
BACK = "https://localhost/callback"
HISTORY_DAYS, NARROW_DAYS = 45, 365 // 12
MONTH_S = 365 * 86_400 // 12
SCOPE = "FB=1_3_4_5_31_35_37_39_44;IntervalDuration={length};BlockDuration=daily;HistoryLength={history}"
LISTENER = "https://127.0.0.1:7999/pgesmd"
START_S, LOOP_S = 60, 180
PREPARE_ABOVE_DAYS = 100
"""A bulk feed of more days is prepared by a job and told of by a notification; what a single customer grants is not."""

PYTHON_CLIENT = "requests-oauthlib==2.0.0"
PGE_CLIENT = "pgesmd-self-access==0.0.6"
NODE_CLIENTS = {
    "openid-client@6.8.9": "connect_with_openid_client.js",
    "simple-oauth2@5.1.0": "connect_with_simple_oauth2.js",
}


@dataclass(frozen=True)
class Program:
    """A generic OAuth client: how it is started, in which folder."""

    name: str
    words: tuple[str | Path, ...]
    folder: Path


@dataclass(frozen=True)
class Custodian:
    """The server that runs for the check."""

    base: str
    home: Path
    facts: dict[str, Any]

    @property
    def ca(self) -> str:
        """The authority that clients are told to trust."""
        return str((self.home / "ca.pem").absolute())

    def session(self) -> requests.Session:
        """A session that trusts it."""
        made = requests.Session()
        made.verify, made.trust_env = self.ca, False
        return made

    def register(self, scope: str) -> dict[str, Any]:
        """A new client with its secret, let in at once: the server is a sandbox."""
        asked = {"client_name": f"Client {secrets.token_hex(6)}", "redirect_uris": [BACK], "scope": scope}
        return _json(self.session().post(f"{self.base}/oauth/register", json=asked))

    def told(self, client: dict[str, Any], scope: str, feed: Path) -> dict[str, Any]:
        """What a program needs to know."""
        return {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/oauth/authorize",
            "token_endpoint": f"{self.base}/oauth/token",
            "service_status": f"{self.base}/espi/1_1/resource/ReadServiceStatus",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "redirect_uri": BACK,
            "scope": scope,
            "feed": str(feed.absolute()),
        }

    def environment(self) -> dict[str, str]:
        """What lets programs in Python and Node trust it."""
        relaxed = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
        return dict(os.environ) | relaxed | {"REQUESTS_CA_BUNDLE": self.ca, "NODE_EXTRA_CA_CERTS": self.ca}


@contextlib.contextmanager
def serving(home: Path) -> Iterator[Custodian]:
    """`espi serve` on a free port, with the demonstration market of a home folder."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    base = f"https://localhost:{port}"
    environment = {
        "ESPI_HOME": str(home),
        "ESPI_BASE_URL": base,
        "ESPI_SANDBOX": "true",
        "ESPI_NOTIFY_PRIVATE": "true",
        "ESPI_TRUST_CA": str((home / "ca.pem").absolute()),
        "ESPI_PREPARE_ABOVE_DAYS": str(PREPARE_ABOVE_DAYS),
        "ESPI_MTLS_PORT": "0",
        "ESPI_LOG_LEVEL": "ERROR",
    }
    words = [sys.executable, "-m", "espi", "serve", "--port", str(port), "--workers", "1"]
    facts = json.loads((home / "demo.json").read_text("utf-8"))
    with subprocess.Popen(words, env=os.environ | environment, stdout=subprocess.DEVNULL) as server:
        try:
            custodian = Custodian(base, home, facts)
            _wait_for(custodian, server)
            yield custodian
        finally:
            server.terminate()


def _wait_for(custodian: Custodian, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(requests.RequestException, OSError):
            if custodian.session().get(f"{custodian.base}/readyz", timeout=5).ok:
                return
        time.sleep(0.2)
    raise SystemExit("the server did not start")


# ---------------------------------------------------------------- the customer


class Customer:
    """Somebody with a browser, who logs in and agrees."""

    def __init__(self, custodian: Custodian, login: str) -> None:
        self.http = custodian.session()
        self.base = custodian.base
        self.facts = next(one for one in custodian.facts["customers"] if one["login"] == login)
        page = self.http.get(f"{self.base}/login")
        self.http.post(
            f"{self.base}/login",
            data={"csrf_token": _token(page.text), "login": login, "password": self.facts["password"]},
        ).raise_for_status()

    @property
    def point(self) -> dict[str, Any]:
        """His meter."""
        found: dict[str, Any] = self.facts["usage_points"][0]
        return found

    def agree(self, address: str, history: str = "all") -> str:
        """Say yes on the consent page that an address leads to; where the browser is sent then."""
        page = self.http.get(address)
        form = {
            "csrf_token": _token(page.text),
            "answer": "yes",
            "usage_point": str(self.point["id"]),
            "history": history,
            "months": "12",
        }
        answer = self.http.post(page.url, data=form, allow_redirects=False)
        if answer.status_code != 302:
            raise SystemExit(f"consent was answered with {answer.status_code}")
        return answer.headers["Location"]


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if not found:
        raise SystemExit("there is no form on the page")
    return html.unescape(found[1])


# ---------------------------------------------------------------- the programs


def programs(folder: Path) -> Iterator[Program]:
    """The generic clients, installed each in its own environment."""
    python = python_environment(folder / "requests-oauthlib", PYTHON_CLIENT)
    yield Program(PYTHON_CLIENT, (python, HERE / "connect_with_requests_oauthlib.py"), folder / "requests-oauthlib")
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        say(f"NOT RUN: {', '.join(NODE_CLIENTS)}, as there is no node and npm; on Debian: apt-get install nodejs npm")
        return
    for package, script in NODE_CLIENTS.items():
        own = folder / package.partition("@")[0]
        if not (own / "installed").exists():
            say(f"== installing {package}")
            own.mkdir(parents=True, exist_ok=True)
            (own / "package.json").write_text('{"private": true, "type": "module"}\n', "utf-8")
            run(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", own, package)
            (own / "installed").touch()
        yield Program(package, (node, shutil.copy(HERE / script, own / "connect.js")), own)


def python_environment(folder: Path, package: str) -> Path:
    """The Python of an environment that has a package; made at the first time."""
    interpreter = folder / "bin" / "python"
    if not (folder / "installed").exists():
        say(f"== installing {package}")
        base = Path(sys.base_prefix) / "bin" / "python3"
        run(base, "-m", "venv", "--without-pip", "--clear", folder)
        run(base, "-m", "pip", "--python", interpreter, "install", "--quiet", package)
        (folder / "installed").touch()
    return interpreter.absolute()


def connect(custodian: Custodian, client: dict[str, Any], program: Program, *, narrow: bool) -> str:
    """One whole loop of a generic client; "equal", or what is not as it should be."""
    scope = client["scope"]
    customer = Customer(custodian, CUSTOMER)
    feed = program.folder / ("narrowed.xml" if narrow else "feed.xml")
    told = custodian.told(client, scope, feed)
    words = [str(word) for word in (*program.words, json.dumps(told))]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=custodian.environment()
    ) as running:
        if running.stdout is None or running.stdin is None:
            raise TypeError("no pipes")
        address = json.loads(running.stdout.readline() or "{}").get("authorize", "")
        if not address:
            return "DIFFERS: it did not say where the customer is to go"
        back = customer.agree(address, "1" if narrow else "all")
        out, _ = running.communicate(f"{back}\n", timeout=LOOP_S)
    if running.returncode:
        return f"DIFFERS: it ended with {running.returncode}"
    return verdict(json.loads(out), scope, feed, customer.point["esiid"], custodian.home, narrow=narrow)


def verdict(got: dict[str, Any], scope: str, feed: Path, esiid: str, home: Path, *, narrow: bool) -> str:
    """What there is to say of a loop."""
    if (got["feed"], got["status"], got["refreshed"]) != (200, 200, True):
        return f"DIFFERS: {got}"
    if (got["scope"] == scope) is narrow:
        return f"DIFFERS: the scope is {got['scope']}"
    history_s = MONTH_S if narrow else HISTORY_DAYS * 86_400
    first = dt.datetime.fromtimestamp(time.time() - history_s, ZONE).date()
    wanted, found = truth_of(home, esiid, str(first)), count(feed)
    if wanted != found:
        return f"DIFFERS: {found['readings']} readings, {found['totals']}; the store has {wanted}"
    return f"equal: {found['readings']} readings, {sum(found['totals'].values())} Wh"


def count(feed: Path) -> Found:
    """The readings of a feed and their sums."""
    values = [int(each.text or 0) for each in ET.parse(feed).iter(f"{ESPI}value")]  # noqa: S314 - our own server's
    return {"readings": len(values), "totals": {"0": sum(values)} if values else {}}


def pge(custodian: Custodian, folder: Path) -> str:
    """The whole loop of pgesmd-self-access: it takes hourly values, so those are granted."""
    python = python_environment(folder / "pgesmd", PGE_CLIENT)
    bulk = f"bulk{secrets.token_hex(6)}"
    scope = f"{SCOPE.format(length=3600, history=365 * 86_400)};BR={bulk}"
    client = custodian.register(scope)
    customer, session = Customer(custodian, CUSTOMER), custodian.session()
    told = custodian.told(client, scope, folder / "unused")
    asking = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": BACK, "scope": scope}
    customer.agree(requests.Request("GET", told["authorization_endpoint"], params=asking).prepare().url or "")
    change = {**client, "thirdPartyNotifyUri": LISTENER}
    headers = {"Authorization": f"Bearer {client['registration_access_token']}"}
    _json(session.put(f"{custodian.base}/oauth/register/{client['client_id']}", json=change, headers=headers))
    told |= {
        "bulk_id": bulk,
        "certificate": str((custodian.home / "server.pem").absolute()),
        "key": str((custodian.home / "server-key.pem").absolute()),
    }
    words = [str(python), str((HERE / "connect_with_pgesmd.py").absolute()), json.dumps(told)]
    ended = subprocess.run(
        words,
        env=custodian.environment(),
        cwd=folder / "pgesmd",
        capture_output=True,
        text=True,
        timeout=LOOP_S,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    if ended.returncode or lines[:1] != [{"online": True, "asked": True}] or len(lines) != 2:
        return f"DIFFERS: {lines} {ended.stderr[-600:]}"
    first = dt.datetime.fromtimestamp(time.time() - 365 * 86_400, ZONE).date()
    wanted, got = truth_of(custodian.home, customer.point["esiid"], str(first)), lines[1]
    total = sum(wanted["totals"].values())
    if (got["readings"] * 4, got["total"]) != (wanted["readings"], total):
        return f"DIFFERS: {got}; the store has {wanted} quarter hours"
    return f"equal: {got['readings']} hours, {got['total']} Wh"


def _json(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise SystemExit(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}")
    found: dict[str, Any] = answer.json()
    return found


def check(home: Path, folder: Path) -> int:
    """Every loop; how many differ."""
    say("\nConnect My Data over TLS, against the running server")
    results: list[str] = []
    with serving(home) as custodian:
        client = custodian.register(SCOPE.format(length=900, history=HISTORY_DAYS * 86_400))
        for program in programs(folder):
            for narrow in (False, True):
                results.append(connect(custodian, client, program, narrow=narrow))
                say(f"{program.name:<28}{'narrowed by the customer' if narrow else 'as asked':<26}{results[-1]}")
        results.append(pge(custodian, folder))
        say(f"{PGE_CLIENT:<28}{'bulk, by notification':<26}{results[-1]}")
    return sum(result.startswith("DIFFERS") for result in results)
