"""`make conformance`: the test kit against our own server, on a fresh demonstration market, with nobody at hand.

Starts the server, registers the kit as a third party (RFC 7591), fills in `conformance/known/demonstration.toml`,
judges downloads of every kind of meter and then the server, and writes `var/conformance.html` and `.json`. Exit status:
0 all that is required holds, 1 something does not, 2 it could not run. `--badge` brings the line in README.md up to
date.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from clients.truth import espi, say
from conformance.client import settings as kit_settings
from conformance.client.exchange import Recorder
from conformance.client.listener import listening
from conformance.client.server import Server, document
from conformance.document import read
from conformance.outcome import Outcome
from conformance.report.live import Live
from conformance.report.machine import as_json
from conformance.report.page import as_html
from conformance.report.text import as_text
from conformance.report.whole import Report
from conformance.verdict import Verdict, file_verdict, server_verdict

ROOT = Path(__file__).resolve().parent.parent
PRESET = ROOT / "conformance" / "known" / "demonstration.toml"
FOLDER = Path("var") / "conformance"
REPORTS = Path("var")
PRESET_SITE, PRESET_PORT = "https://localhost:8443", 8446
NAME = "Conformance kit"
CUSTOMER = "tom"
"""A customer with one meter that measures one thing: what the cases on queries and refusals count on."""
ON_PAPER = "clara"
CERTIFICATE = str(uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com/conformance"))
"""Stands for the certificate that a certified custodian has."""
SCOPE = (
    "FB=1_3_4_5_6_7_8_9_10_11_12_13_14_15_16_17_26_27_28_29_31_32_35_37_39_41_44_51_53_54_55_56_57_58_59_60_61;"
    "IntervalDuration=900;BlockDuration=daily;HistoryLength=7776000;BR=kit"
)
PATHS = {
    "redirect_uris": kit_settings.CALLBACK_PATH,
    "thirdPartyNotifyUri": kit_settings.NOTIFICATION_PATH,
    "thirdPartyScopeSelectionScreenURI": kit_settings.SCOPE_SELECTION_PATH,
    "thirdPartyUserPortalScreenURI": "/ThirdParty",
    "client_uri": "/ThirdParty",
}
OTHER_CUSTOMER = """
[[browser.{name}]]
page = "^[^?]*/login"
fill = {{ login = {login}, password = {password} }}

[[browser.{name}]]
page = "^[^?]*/oauth/authorize"
choose = {{ usage_point = "{point}" }}
press = "yes"
"""
"""How somebody else than the usual customer logs in and agrees, in the words of the preset."""
FILE_SPAN = 45, 10
"""Days ago: where downloads begin, and where the earlier ones end that they are compared with."""
PREPARE_ABOVE_DAYS = 100
"""A batch of more days is answered with 202 first: bulk feeds and customers with several meters, not the others."""
SLOWEST = 6
START_S = 60
ALL_HOLDS, SOMETHING_FAILS, NOT_JUDGED = 0, 1, 2
BADGE = re.compile(r"^\[!\[Conformance\].*$|^!\[Conformance\].*$", re.MULTILINE)


@dataclass(frozen=True)
class Custodian:
    """Our server while it runs, and what its home folder says of the market."""

    base: str
    home: Path
    facts: Mapping[str, Any]
    kit: str = NAME
    """What the kit is registered as."""

    @property
    def ca(self) -> str:
        """The authority of its certificate."""
        return str((self.home / "ca.pem").absolute())

    def register(self, listener: str) -> dict[str, Any]:
        """The kit's clients: the server is a sandbox and lets them in at once."""
        asked: dict[str, Any] = {name: listener + path for name, path in PATHS.items()}
        asked |= {"client_name": self.kit, "redirect_uris": [asked["redirect_uris"]], "scope": SCOPE}
        answer = requests.post(f"{self.base}/oauth/register", json=asked, verify=self.ca, timeout=START_S)
        if answer.status_code != 201:
            raise SystemExit(f"the kit was not registered: {answer.status_code} {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

    def customer(self, login: str) -> dict[str, Any]:
        """What the market says of a customer."""
        found: dict[str, Any] = next(one for one in self.facts["customers"] if one["login"] == login)
        return found

    def offline(self) -> dict[str, str]:
        """A consent that a customer gave on paper: its authorization and its token, as the command prints them."""
        customer, utility = self.customer(ON_PAPER), self.facts["utilities"][0]["name"]
        words = ("consent", "offline", "--third-party", self.kit, "--utility", utility, "--scope", SCOPE)
        points = [point["esiid"] for point in customer["usage_points"]]
        told = output(*words, "--customer", str(customer["number"]), *points)
        return dict(line.split()[:2] for line in told.splitlines() if line.startswith("  "))

    def told(self, client: Mapping[str, Any], offline: Mapping[str, str]) -> dict[str, str]:
        """The variables of the preset."""
        customer, tokens = self.customer(CUSTOMER), self.facts["tokens"]
        return {
            "KIT_CERTIFICATE_ID": CERTIFICATE,
            "KIT_CLIENT_ID": client["client_id"],
            "KIT_CLIENT_SECRET": client["client_secret"],
            "KIT_REGISTRATION_CLIENT_ID": client["registration_client_id"],
            "KIT_REGISTRATION_CLIENT_SECRET": client["registration_client_secret"],
            "KIT_ADMIN_CLIENT_ID": client["admin_client_id"],
            "KIT_ADMIN_CLIENT_SECRET": client["admin_client_secret"],
            "KIT_SCOPE": SCOPE,
            "KIT_OFFLINE_AUTHORIZATION": offline["authorizationURI"].rpartition("/")[2],
            "KIT_OFFLINE_TOKEN": offline["access_token"],
            "KIT_DATA_CUSTODIAN_TOKEN": tokens["data_custodian_access_token"],
            "KIT_UPLOAD_TOKEN": tokens["upload_access_token"],
            "KIT_UPLOAD_RESOURCE": tokens["customerResourceURI"].replace(self.facts["base"], self.base) + "/UsagePoint",
            "KIT_LISTENER_CERTIFICATE": str((self.home / "server.pem").absolute()),
            "KIT_LISTENER_KEY": str((self.home / "server-key.pem").absolute()),
            "KIT_AUTHORITY": self.ca,
            "KIT_CUSTOMER": customer["login"],
            "KIT_CUSTOMER_PASSWORD": customer["password"],
        }


def main(words: Sequence[str] | None = None) -> int:
    """Run everything; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.conformance_run", description="The kit against our server."
    )
    parser.add_argument("--keep", action="store_true", help="use the market of the run before, if there is one")
    parser.add_argument("--only", default="", help="only these requirements of the server, apart by commas")
    parser.add_argument("--badge", action="store_true", help="bring the line in README.md up to date")
    given = parser.parse_args(words)
    home = market(keep=given.keep)
    with serving(home) as custodian:
        report = Report(tuple(judge(custodian, frozenset(filter(None, given.only.split(","))))), int(time.time()))
        write(report)
    if given.badge:
        put_badge(report)
    return status(report)


def market(*, keep: bool) -> Path:
    """The home folder with the demonstration market, made anew unless it may be kept."""
    home = FOLDER / "home"
    if not keep:
        shutil.rmtree(FOLDER, ignore_errors=True)
    if not (home / "demo.json").exists():
        say("== the demonstration market")
        home.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "demo.txt").open("w") as out:
            words = [sys.executable, "-m", "espi", "demo"]
            subprocess.run(words, check=True, stdout=out, env=os.environ | {"ESPI_HOME": str(home)})
    return home


@contextlib.contextmanager
def serving(home: Path) -> Iterator[Custodian]:
    """`espi serve` on a free port; our own commands find it by the environment."""
    base = f"https://localhost:{free_port()}"
    environment = {
        "ESPI_HOME": str(home.absolute()),
        "ESPI_BASE_URL": base,
        "ESPI_SANDBOX": "true",
        "ESPI_NOTIFY_PRIVATE": "true",
        "ESPI_TRUST_CA": str((home / "ca.pem").absolute()),
        "ESPI_CERTIFICATE_ID": CERTIFICATE,
        "ESPI_CODE_S": "30",
        "ESPI_MTLS_PORT": str(free_port()),
        "ESPI_PREPARE_ABOVE_DAYS": str(PREPARE_ABOVE_DAYS),
        "ESPI_LOG_LEVEL": "ERROR",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    os.environ.update(environment)
    words = [sys.executable, "-m", "espi", "serve", "--port", base.rpartition(":")[2], "--workers", "1"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        try:
            kit = f"{NAME} {time.strftime('%H:%M:%S')}"  # a market that is kept knows the earlier ones
            custodian = Custodian(base, home, json.loads((home / "demo.json").read_text("utf-8")), kit)
            wait_for(custodian, server)
            yield custodian
        finally:
            server.terminate()


def output(*words: str) -> str:
    """What our own command prints, for the server that runs."""
    done = subprocess.run([sys.executable, "-m", "espi", *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def wait_for(custodian: Custodian, server: subprocess.Popen[bytes]) -> None:
    """Come back when the server answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(requests.RequestException, OSError):
            if requests.get(f"{custodian.base}/readyz", verify=custodian.ca, timeout=5).ok:
                return
        time.sleep(0.2)
    raise SystemExit("the server did not start")


# ---------------------------------------------------------------- judging


def judge(custodian: Custodian, only: frozenset[str]) -> Iterator[Verdict]:
    """The verdicts: of each file, then of the server."""
    live = Live(sys.stderr)
    if not only:
        for path, earlier in downloads(custodian):
            yield file_verdict(read(path, name=path.name), previous=read(earlier), progress=live)
    with Server(configured(custodian), say=live.say) as server:
        verdict = server_verdict(server, only=only or None, progress=live)
        if not only:
            yield retail_customer(server)
        yield verdict
    live.end()


def downloads(custodian: Custodian) -> Iterator[tuple[Path, Path]]:
    """A Download My Data file of each kind of meter, with one that ends earlier."""
    first, last = (time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * 86_400)) for days in FILE_SPAN)
    seen: set[str] = set()
    for point in (point for customer in custodian.facts["customers"] for point in customer["usage_points"]):
        if point["kind"] not in seen:
            seen.add(point["kind"])
            path, earlier = (FOLDER / f"{name}-{point['kind']}.xml" for name in ("download", "earlier"))
            options = ("--usage-point", point["esiid"], "--from", first)
            espi(custodian.home, "download", *options, "--to", last, "-o", earlier)
            espi(custodian.home, "download", *options, "-o", path)
            yield path, earlier


def retail_customer(server: Server) -> Verdict:
    """The verdict on the customer's own data, as a file: from where his grant says that they are."""
    own = server.tokens.customer()
    feed = server.get(own.customerResourceURI, own.access_token)
    return replace(file_verdict(document(feed)), subject="retail customer feed")


def offline_consent(custodian: Custodian, port: int) -> dict[str, str]:
    """A consent on paper, and somebody who takes its notification: else all later ones wait for its second attempt."""
    certificate, key = (str(custodian.home / name) for name in ("server.pem", "server-key.pem"))
    where = kit_settings.ListenerSettings(port=port, certificate=certificate, key=key)
    with contextlib.closing(Recorder()) as recorder, listening(where, recorder) as early:
        found = custodian.offline()
        early.wait_for("notification", START_S)
    return found


def configured(custodian: Custodian) -> kit_settings.Settings:
    """The preset, filled in for the server that runs; kept beside the market to be used again."""
    port = free_port()
    values = custodian.told(custodian.register(f"https://localhost:{port}"), offline_consent(custodian, port))
    text = PRESET.read_text("utf-8").replace(PRESET_SITE, custodian.base).replace(str(PRESET_PORT), str(port))
    text = text.replace(NAME, custodian.kit)
    text = re.sub(r'\{ env = "(\w+)" \}', lambda found: json.dumps(values[found[1]]), text)
    text += "".join(other_customers(custodian))
    path = FOLDER / "kit.toml"
    path.write_text(text, "utf-8")
    return kit_settings.load(path)


def other_customers(custodian: Custodian) -> Iterator[str]:
    """Scripts of customers with every kind of meter, for the function blocks that no single one has all of."""
    seen: set[str] = set()
    for customer in custodian.facts["customers"]:
        for point in customer["usage_points"]:
            if point["kind"] not in seen:
                seen.add(point["kind"])
                name, login = f"data_{point['kind'].replace('-', '_')}", json.dumps(customer["login"])
                yield OTHER_CUSTOMER.format(
                    name=name, login=login, password=json.dumps(customer["password"]), point=point["id"]
                )


# ---------------------------------------------------------------- the report


def write(report: Report) -> None:
    """Print the report, and write its other forms."""
    (REPORTS / "conformance.html").write_text(as_html(report), "utf-8")
    (REPORTS / "conformance.json").write_text(as_json(report), "utf-8")
    sys.stdout.write(as_text(report, colour=sys.stdout.isatty()))
    taken = sorted((one for verdict in report.verdicts for one in verdict.results), key=lambda one: -one.seconds)
    slowest = ", ".join(f"{one.requirement.id} {one.seconds:.0f} s" for one in taken[:SLOWEST])
    say(f"\nThe longest took {slowest}. {REPORTS / 'conformance.html'} has it all, with the evidence.")


def status(report: Report) -> int:
    """The exit status: as that of `python -m conformance`."""
    outcomes = [one.outcome for verdict in report.verdicts for one in verdict.required]
    if {Outcome.FAIL, Outcome.SKIP, Outcome.WAIT} & set(outcomes):
        return SOMETHING_FAILS
    return NOT_JUDGED if Outcome.ERROR in outcomes or Outcome.PASS not in outcomes else ALL_HOLDS


def badge(report: Report) -> str:
    """The line for README.md: how many of the requirements that apply hold."""
    judged = [one for verdict in report.verdicts for one in verdict.required if one.outcome is not Outcome.OMIT]
    passed = {one.requirement.id for one in judged} - {
        one.requirement.id for one in judged if one.outcome is not Outcome.PASS
    }
    total = len({one.requirement.id for one in judged})
    colour = "brightgreen" if len(passed) == total else "red"
    told = f"{len(passed)} of {total} required"
    address = f"https://img.shields.io/badge/conformance-{told.replace(' ', '%20')}-{colour}"
    return f"[![Conformance]({address})](docs/conformance.md)"


def put_badge(report: Report) -> None:
    """Bring the line in README.md up to date, where there is one."""
    path = ROOT / "README.md"
    text = path.read_text("utf-8")
    line = badge(report)
    if BADGE.search(text):
        path.write_text(BADGE.sub(lambda _found: line, text), "utf-8")
    say(f"README.md: {line}")


if __name__ == "__main__":
    sys.exit(main())
