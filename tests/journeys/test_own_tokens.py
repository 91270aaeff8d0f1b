"""A customer makes a token for a program of her own, reads with it, sees that in her log, and ends it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from jinja2.sandbox import SandboxedEnvironment
from werkzeug.test import TestResponse

from espi import sharing
from espi.access import Principal, Role
from espi.errors import Conflict
from espi.sharing import own
from espi.store import accounts, clients, directory, grants, jobs, people, third_parties
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import TODAY
from tests.journeys.conftest import ORIGIN, PASSWORD, Reader, World
from tests.journeys.test_my_account import NEW, recover

API = "/api/v1/usage-points"


@dataclass(frozen=True)
class Program:
    """A program of Ada's: what it was given, and the server that it asks."""

    reader: Reader
    token: str
    feed: str
    page: str

    def get(self, path: str) -> TestResponse:
        return self.reader.app.test_client().get(
            path, base_url=ORIGIN, headers={"Authorization": f"Bearer {self.token}"}, buffered=True
        )


def make(reader: Reader, world: World, name: str = "Home Assistant", **fields: str) -> TestResponse:
    given = {"name": name, "usage_point": str(world.home), "months": "12", "password": PASSWORD, **fields}
    return reader.fill_in("/own-tokens", "/own-tokens", **given)


@pytest.fixture
def program(ada: Reader, world: World) -> Program:
    page = make(ada, world)
    assert page.status_code == 200
    lines = html.unescape(page.text)
    token, feed = re.search(r"gbo_[\w-]{43}", lines), re.search(r"https://[^/]+(/\S+/Batch/Subscription/\d+)", lines)
    assert token
    assert feed
    return Program(ada, token[0], feed[1], lines)


def test_the_token_reads_as_the_page_says(program: Program, world: World) -> None:
    feed = program.get(program.feed)
    assert feed.status_code == 200
    assert feed.data.count(b"<espi:IntervalBlock") > 100
    asked = re.search(r'"https?://[^/"]+(/api/v1/usage-points/\d+/readings\?series=daily)"', program.page)
    assert asked
    daily = program.get(asked[1]).get_json()["usage_points"][0]
    assert {each["unit"] for each in daily["channels"]} == {"Wh"}
    assert {each["flow"] for each in daily["channels"]} == {"forward", "reverse"}
    assert all(each["power_of_ten"] == 0 for each in daily["channels"])
    assert [each["id"] for each in program.get(API).get_json()["usage_points"]] == [world.home]
    template = re.search(r"value_template: >-\s+(\{\{.*?\}\})", program.page, re.DOTALL)
    assert template
    shown = SandboxedEnvironment().from_string(template[1]).render(value_json={"usage_points": [daily]})
    forward = next(each for each in daily["channels"] if each["flow"] == "forward")
    assert shown == str(forward["readings"][-1]["value"])
    for said in ("secrets.yaml", "scan_interval", "urlopen", "curl -H"):
        assert said in program.page
    with program.reader.app.extensions[EXTENSION].database.read() as conn:
        mail = jobs.jobs(conn, kind="mail.send")
    assert not mail, "Ada's login has no address"


def test_the_token_opens_nothing_else(program: Program, world: World) -> None:
    assert program.get(f"{API}/{world.neighbour}/readings").status_code == 403
    assert program.get(re.sub("Subscription/.*", "Bulk/1", program.feed)).status_code == 403
    assert program.get(re.sub("Batch/.*", "ApplicationInformation", program.feed)).status_code in {401, 403}
    here: Site = program.reader.app.extensions[EXTENSION]
    with here.database.read() as conn:
        party = third_parties.third_party_by_name(conn, third_parties.OWN)
        assert party
        client = clients.clients_of(conn, "third_party", party.id)[0]
        assert party not in grants.third_parties(conn)
    for proof in ({}, {"client_secret": ""}, {"client_secret": client.client_id}):
        answer = program.reader.app.test_client().post(
            "/oauth/token",
            base_url=ORIGIN,
            data={"grant_type": "client_credentials", "client_id": client.client_id, **proof},
        )
        assert answer.status_code in {400, 401}
    with here.database.write() as conn, pytest.raises(Conflict):
        grants.add_third_party(conn, " your OWN programs", grants.PRODUCTION)


def test_what_it_reads_is_in_the_log_and_the_list(program: Program, world: World) -> None:
    page = program.reader.get("/own-tokens").text
    assert "never yet" in page
    assert program.token not in page
    program.get(f"{API}/{world.home}/readings")
    assert "never yet" not in program.reader.get("/own-tokens").text
    assert "Your own program: Home Assistant" in program.reader.get("/access-log?who=own").text
    assert "Your own program" not in program.reader.get("/access-log?who=apps").text
    apps = program.reader.get("/apps").text
    assert "No app sees your data." in apps
    assert "Tokens for my own programs</a> (1)" in apps or "Tokens for my own programs" in apps


def test_it_ends_at_once_and_by_itself_and_by_moving_out(program: Program, ada: Reader, world: World) -> None:
    second = re.search(r"gbo_[\w-]{43}", make(ada, world, "A spreadsheet", months="1").text)
    assert second
    listed = ada.get("/own-tokens").text.split("<h3>Home Assistant</h3>")[-1]
    end = re.search(r'action="(/own-tokens/\d+/end)"', listed)
    assert end
    answer = ada.fill_in("/own-tokens", end[1])
    assert answer.status_code == 303
    assert program.get(API).status_code == 401
    other = Program(ada, second[0], "", "")
    assert other.get(API).status_code == 200
    here: Site = ada.app.extensions[EXTENSION]
    with here.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        directory.move_out(conn, home, TODAY)
        assert sharing.end_left(conn, here.settings) == 1
    assert other.get(API).status_code == 401


def test_without_the_password_there_is_no_token(ada: Reader, world: World) -> None:
    for wrong in ("", "correct horse"):
        page = make(ada, world, password=wrong)
        assert page.status_code == 400
        assert "That password is not right" in page.text
        assert "gbo_" not in page.text
    assert "Choose at least one meter." in make(ada, world, usage_point=str(world.neighbour)).text
    assert "Choose how long the token works." in make(ada, world, months="36").text
    assert "Give your program a name" in make(ada, world, " ").text


def test_only_a_customer_makes_tokens_and_ends_his_own_alone(program: Program, app: Flask) -> None:
    end = re.search(r'action="(/own-tokens/\d+/end)"', program.reader.get("/own-tokens").text)
    assert end
    clerk = Reader(app)
    clerk.log_in("clerk")
    assert clerk.get("/own-tokens").status_code == 403
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    with app.extensions[EXTENSION].database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        flat = factories.usage_point(conn, utility.id, esiid="10443729000000777")
        people.add_login(conn, "joan", PASSWORD, "customer", factories.tenant(conn, flat, TODAY - 9, name="Joan"))
    joan = Reader(app)
    joan.log_in("joan")
    assert joan.post(end[1]).status_code == 404
    assert program.get(API).status_code == 200


def test_there_are_not_more_than_twenty_and_all_end_together(ada: Reader, world: World, app: Flask) -> None:
    make(ada, world)
    here: Site = app.extensions[EXTENSION]
    with here.database.write() as conn:
        party = third_parties.own_programs(conn, here.now_s())
        one = grants.authorizations_of(conn, party.id)[0]
        holder = Principal(Role.customer, one.customer_id, "password")
        assert own.end_own(conn, holder, here.settings) == 1
        assert own.end_own(conn, holder, here.settings) == 0


@pytest.mark.parametrize("ended", [True, False])
def test_a_forgotten_password_ends_the_tokens_if_she_wants(program: Program, app: Flask, *, ended: bool) -> None:
    with app.extensions[EXTENSION].database.write() as conn:
        found = accounts.account_named(conn, "ada")
        assert found
        accounts.set_address(conn, found.id, "ada@example.com")
    reader = Reader(app)
    path = recover(reader)
    assert "End the tokens of my own programs too" in reader.get(path).text
    fields = {"end_tokens": "1"} if ended else {}
    assert reader.fill_in(path, path, new_password=NEW, again=NEW, **fields).status_code == 303
    assert program.get(API).status_code == (401 if ended else 200)
