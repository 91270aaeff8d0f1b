"""The description of the JSON interface is true: every route is in it, and nothing sent by it finds a fault.

The interface is served by a real server on this machine, with the tokens of a small market. Schemathesis sends what the
description allows and what it forbids: boundary values, then values made by a fixed seed, then sequences of calls.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from espi import __version__, access, market
from espi.config import Settings
from espi.market.openapi import document
from espi.market.table import OPERATIONS
from espi.store import audit
from espi.store.database import Database
from tests import databases, market_world
from tests.market_world import World

SEED = 20_250_615
EXAMPLES = 8
PLENTY = 1_000_000
OF_A_CUSTOMER = ("/changes", "/usage-points", "/usage-points/{id}/readings")
OF_A_UTILITY = frozenset({"/completeness", "/silent-meters"})
OF_A_REGULATOR = frozenset({"/reports", "/reports/{name}"})
BASE_URL = "https://dc.example.com"


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:  # type: ignore[override]
        pass


@dataclass(frozen=True)
class Interface:
    url: str
    world: World


@pytest.fixture
def interface(settings: Settings, loopback: None) -> Iterator[Interface]:
    database = databases.empty(settings.home)
    world = market_world.make(database)
    generous = {"calls_a_minute": PLENTY, "changes_an_hour": PLENTY, "failed_checks_a_day": PLENTY}
    server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    served = market.make(replace(settings, base_url=url, **generous), database, turn_s=0)
    server.app = DispatcherMiddleware(Flask("the rest"), {market.PREFIX: served})
    audit.buffer(database)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Interface(url, world)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


def configured(world: World) -> SchemathesisConfig:
    """All checks, by a fixed seed.

    A request of the right form may be refused for what it means (422). Half of the ids that are tried are there. What
    was ended stays on record, so an authorization is shown after its DELETE as well.
    """
    numbers = world.numbers
    there = {
        "/deliveries/{id}": numbers["delivery"],
        "/deliveries/{id}/resend": numbers["delivery"],
        "/jobs/{id}": numbers["own_job_path"],
        "/authorizations/{id}": numbers["spare_path"],
        "/usage-points/{id}/readings": numbers["home_path"],
        "/invitations/{number}": world.invitation,
        "/invitations/{number}/withdraw": world.invitation,
        "/invitations/{number}/code": world.invitation,
    }
    half = {path: {"dictionary": path, "probability": 0.5} for path in there}
    accepted = ["2xx", "401", "403", "404", "409", "422", "429"]
    return SchemathesisConfig.from_dict({
        "seed": SEED,
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "generation": {"max-examples": EXAMPLES, "database": "none"},
        "checks": {"positive_data_acceptance": {"expected-statuses": accepted}},
        "dictionaries": {path: {"values": [value]} for path, value in there.items()},
        "operations": [
            {
                "include-path": path,
                "parameters": {f"path.{'number' if 'number' in path else 'id'}": half[path]},
                "checks": {"use_after_free": {"enabled": path != "/authorizations/{id}"}},
            }
            for path in there
        ],
    })  # fmt: skip


@pytest.mark.loopback
def test_schemathesis_finds_nothing(interface: Interface) -> None:
    schema = schemathesis.openapi.from_url(f"{interface.url}/api/v1/openapi.json", config=configured(interface.world))

    @schema.auth(refresh_interval=None)
    class Tokens:
        def get(self, _case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
            path = context.operation.path
            who = "ada" if path in OF_A_CUSTOMER else "wires" if path in OF_A_UTILITY else "minds"
            who = "regulator" if path in OF_A_REGULATOR else who
            return interface.world.tokens[who]

        def set(self, case: schemathesis.Case, token: str, _context: schemathesis.AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {token}"

    found, answered = [], set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            recorded = event.recorder
            answered |= {
                (recorded.cases[number].value.operation.label, call.response.status_code)
                for number, call in recorded.interactions.items()
                if call.response
            }
            found += [
                f"{recorded.cases[number].value.operation.label}: {check.failure_info.failure.message}\n"
                f"{check.failure_info.code_sample}"
                for number, checks in recorded.checks.items()
                for check in checks
                if check.failure_info
            ]
    assert found == []
    good = {label for label, status in answered if status < 300}
    assert {f"{each.method} {each.path}" for each in OPERATIONS} - good <= {
        "POST /invitations",  # three facts that fit together are not found by chance
        "POST /invitations/{number}/code",  # there is none before the customer has answered
    }, "every operation was tried with something that it accepts"


def test_every_route_is_described_and_everything_described_is_a_route(settings: Settings, database: Database) -> None:
    app = market.make(settings, database)
    routes = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method != "HEAD"
    }
    told = document(OPERATIONS, settings.base_url)
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert routes - {("GET", "/openapi.json")} == described


def test_the_description_says_where_and_what_it_is() -> None:
    told = document(OPERATIONS, BASE_URL)
    assert told["openapi"] == "3.1.0"
    assert told["info"]["version"] == __version__
    assert told["servers"] == [{"url": f"{BASE_URL}/api/v1"}]


def test_every_reference_of_the_description_leads_somewhere() -> None:
    told = document(OPERATIONS, BASE_URL)

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for inner in node.values():
                yield from references(inner)
        if isinstance(node, list):
            for inner in node:
                yield from references(inner)

    for reference in set(references(told)):
        found = told
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_operation_has_a_name_of_its_own_and_asks_the_gate_for_something_it_knows() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert {each.action for each in OPERATIONS if each.action} <= set(access.ACTIONS)
    assert [each.path for each in OPERATIONS if not each.action] == ["/status"]


def test_whatever_is_not_a_get_writes() -> None:
    assert {each.method for each in OPERATIONS if each.writes} == {"POST", "DELETE"}
    assert {each.method for each in OPERATIONS if not each.writes} == {"GET"}
