"""A small market with all that the JSON interface can be asked for: two third parties, a REP, customers, tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from espi.clock import FOREVER
from espi.day import GENERATION, LOAD
from espi.store import clients, directory, events, grants, invitations, jobs, tokens
from espi.store.clients import Client
from espi.store.database import Conn, Database
from tests import factories
from tests.factories import NOW_S, TODAY

SCOPE = "FB=1_3_4_5_8_12_15;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
CLIENT_SCOPE = "FB=1_3_34_35"
YEAR_S = 365 * 86_400
FIRST_DAY = TODAY - 40
HOME, FLAT = "10443720000000017", "10443720000000099"
METER, REP_NAME = "METER-17", "Bluebonnet Power"
REDIRECT_URI = "https://minds.example.com/callback"


@dataclass
class World:
    """Numbers and tokens by name: ada (a customer's, to Meter Minds); the others' (their own)."""

    database: Database
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    invitation: str = ""


def make(database: Database) -> World:
    """Ada shares her home with Meter Minds; Grace's flat is nobody's business but her REP's."""
    world = World(database)
    with database.write() as conn:
        _homes(conn, world)
        minds = _third_party(conn, world, "minds", "Meter Minds")
        _third_party(conn, world, "other", "Other Eyes")
        _share(conn, world, minds)
        rep = clients.add_client(conn, role="rep", party_id=world.numbers["rep"], kind="main", now_s=NOW_S)
        world.tokens["rep"] = _token_of(conn, rep, "client")
        wires = clients.add_client(conn, role="tdsp", party_id=world.numbers["utility"], kind="custodian", now_s=NOW_S)
        world.tokens["wires"] = _token_of(conn, wires, "custodian")
        commission = clients.add_client(conn, role="regulator", party_id=0, kind="main", now_s=NOW_S)
        world.tokens["regulator"] = _token_of(conn, commission, "client")
        _beside(conn, world)
    return world


def call(app: Flask, method: str, path: str, token: str = "", **more: Any) -> TestResponse:
    """One call of the interface, below `/api/v1`."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= more.pop("headers", {})
    return Browser(app).open(
        f"/api/v1{path}", method=method, base_url="https://localhost:8443", headers=headers, buffered=True, **more
    )


def _homes(conn: Conn, world: World) -> None:
    utility = factories.utility(conn)
    home = factories.usage_point(conn, utility, channels=(LOAD, GENERATION), esiid=HOME)
    flat = factories.usage_point(conn, utility, esiid=FLAT)
    rep = factories.rep(conn, REP_NAME)
    for point in (home, flat):
        directory.switch_rep(conn, point, rep, TODAY - 200)
    directory.install_meter(conn, home, directory.add_meter(conn, utility, METER), TODAY - 400)
    directory.install_meter(conn, flat, directory.add_meter(conn, utility, "METER-99"), TODAY - 400)
    world.numbers |= {
        "utility": utility,
        "rep": rep,
        "ada": factories.tenant(conn, home, TODAY - 300),
        "grace": factories.tenant(conn, flat, TODAY - 300, name="Grace Hopper"),
        "home": home,
        "flat": flat,
    }
    factories.fill(conn, home, FIRST_DAY, TODAY)
    factories.fill(conn, flat, FIRST_DAY, TODAY)
    reach = factories.reach_of_utility(utility)
    for name, esiid in (("home_path", HOME), ("flat_path", FLAT)):
        world.numbers[name] = directory.usage_point(conn, reach, esiid=esiid).path_id


def _third_party(conn: Conn, world: World, key: str, name: str) -> int:
    content = {
        "scope": [SCOPE],
        "redirect_uri": [REDIRECT_URI],
        "thirdPartyNotifyUri": f"https://{key}.example.com/notify",
    }
    number = grants.add_third_party(conn, name, grants.PRODUCTION, content, now_s=NOW_S)
    world.numbers[key] = number
    for kind in ("main", "admin", "registration"):
        made = clients.add_client(
            conn, role="third_party", party_id=number, kind=kind, now_s=NOW_S, client_id=f"{key}_{kind}"
        )
        clients.add_secret(conn, made, NOW_S)
        world.numbers[f"{key}_{kind}"] = made.id
        if kind == "admin":
            world.tokens[key] = _token_of(conn, made, "client")
    return number


def _share(conn: Conn, world: World, third_party_id: int) -> None:
    """Ada's grant, and one of Grace's that nothing else hangs on."""
    number = _grant(conn, world, third_party_id, "ada", "home")
    made = grants.authorization(conn, number)
    world.numbers |= {"grant": number, "grant_path": made.path_id, "subscription": made.subscription_path_id}
    world.tokens["ada"] = issue(conn, number, world.numbers["minds_main"])
    world.numbers["spare_path"] = grants.authorization(
        conn, _grant(conn, world, third_party_id, "grace", "flat")
    ).path_id


def _grant(conn: Conn, world: World, third_party_id: int, customer: str, point: str) -> int:
    return grants.add_authorization(
        conn,
        third_party_id,
        world.numbers[customer],
        [(world.numbers[point], FIRST_DAY, FOREVER)],
        scope=SCOPE,
        starts_s=NOW_S - 86_400,
        ends_s=NOW_S + YEAR_S,
        now_s=NOW_S - 86_400,
        client_id=world.numbers["minds_main"],
    )


def _beside(conn: Conn, world: World) -> None:
    """An event with its delivery, an invitation of Meter Minds, a job for Ada's grant and one for itself."""
    minds, number = world.numbers["minds"], world.numbers["grant"]
    about = f"Batch/Subscription/{world.numbers['subscription']}"
    events.add_event(conn, minds, "usage.new", [about], now_s=NOW_S, authorization_id=number)
    (delivery,) = events.deliveries(conn, minds)
    job = jobs.add_job(conn, "feed.prepare", {}, now_s=NOW_S - 60, owner=f"authorization/{number}", total=1000)
    client = grants.client_authorization(conn, world.numbers["minds_admin"], "client")
    assert client
    own = jobs.add_job(conn, "bulk.prepare", {}, now_s=NOW_S - 60, owner=f"authorization/{client.id}", total=1000)
    world.numbers |= {"delivery": delivery.id, "job_path": job.path_id, "own_job_path": own.path_id}
    premise = invitations.premise(conn, FLAT, "METER-99", REP_NAME, NOW_S)
    assert premise
    world.invitation = invitations.add_invitation(
        conn,
        minds,
        [premise],
        kind="energy-data",
        email="grace@example.org",
        language="en",
        scope=SCOPE,
        months=12,
        now_s=NOW_S,
        expires_s=NOW_S + 30 * 86_400,
    )


def _token_of(conn: Conn, client: Client, kind: str) -> str:
    number = grants.add_client_authorization(conn, client, kind, CLIENT_SCOPE, NOW_S - 60)
    return issue(conn, number, client.id)


def issue(conn: Conn, authorization_id: int, client_id: int) -> str:
    """An access token of an authorization."""
    return tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=authorization_id,
        client_id=client_id,
        family=tokens.new_family(),
        binding="",
        issued_s=NOW_S - 60,
        expires_s=NOW_S + 3600,
    )
