"""Consent by the page and by an accepted invitation end alike: in the same grant, the same tokens and the same data."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from espi.store import directory, grants, invitations, jobs
from tests import factories
from tests.consent import METER
from tests.factories import TODAY
from tests.journeys.conftest import ORIGIN, Reader, World
from tests.journeys.test_connecting import REDIRECT, SCOPE, Wattwise, wattwise

__all__ = ["wattwise"]

REP = "Cicada Power"


@pytest.fixture
def ask(app: Flask, world: World, wattwise: Wattwise) -> dict[str, Any]:
    """What Wattwise sends to ask for Ada's home, whose meter and REP it knows."""
    with wattwise.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        directory.install_meter(conn, home, directory.add_meter(conn, utility.id, METER), TODAY - 900)
        directory.switch_rep(conn, home, factories.rep(conn, REP), TODAY - 5)
    premise = {"esiid": world.home_esiid, "meter": METER, "rep": REP}
    return {"premises": [premise], "email": "ada@example.com", "months": 12, "scope": SCOPE}


class Caller:
    """Wattwise at `/api/v1`, with its client token."""

    def __init__(self, wattwise: Wattwise) -> None:
        self.app = wattwise.app
        answer = wattwise.post("/oauth/token", "admin", grant_type="client_credentials", scope="FB=34_35")
        self.token = json.loads(answer.text)["access_token"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> TestResponse:
        return self.app.test_client(use_cookies=False).open(
            f"/api/v1/{path}",
            base_url=ORIGIN,
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            buffered=True,
        )


def _link(wattwise: Wattwise) -> str:
    with wattwise.database.read() as conn:
        text = jobs.jobs(conn, kind="mail.send")[0].payload["text"]
    found = re.search(r"/invitations/[\w-]+", text)
    assert found
    return found[0]


def _invited(wattwise: Wattwise, ask: dict[str, Any], ada: Reader) -> dict[str, Any]:
    """Ask by the interface, let Ada say yes on her page, and get tokens with the code; the token response."""
    caller = Caller(wattwise)
    made = caller.call("POST", "invitations", ask)
    assert made.status_code == 201, made.text
    number = json.loads(made.text)["number"]
    assert caller.call("POST", f"invitations/{number}/code").status_code == 409
    link = _link(wattwise)
    assert ada.fill_in(link, link, answer="yes", months="12").status_code == 200
    code = json.loads(caller.call("POST", f"invitations/{number}/code").text)["authorization_code"]
    answer = wattwise.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert answer.status_code == 200, answer.text
    assert caller.call("POST", f"invitations/{number}/code").status_code == 409
    return dict(json.loads(answer.text))


def _consented(wattwise: Wattwise, world: World, ada: Reader) -> dict[str, Any]:
    address = wattwise.address()
    chosen = {"answer": "yes", "usage_point": str(world.home), "months": "12", "history": "all"}
    return wattwise.exchange(ada.fill_in(address, address, **chosen).headers["Location"])


def test_both_roads_give_the_same_grant_the_same_members_and_the_same_data(
    wattwise: Wattwise, ask: dict[str, Any], world: World, ada: Reader
) -> None:
    by_mail = _invited(wattwise, ask, ada)
    feeds = [wattwise.fetch(by_mail["resourceURI"], by_mail["access_token"])]
    by_page = _consented(wattwise, world, ada)
    feeds.append(wattwise.fetch(by_page["resourceURI"], by_page["access_token"]))
    assert [feed.status_code for feed in feeds] == [200, 200]
    names = [str(answer["resourceURI"]).rpartition("/")[2] for answer in (by_mail, by_page)]
    same = [feed.text.replace(name, "N").split("<entry>", 1)[1] for feed, name in zip(feeds, names, strict=True)]
    assert same[0] == same[1]
    assert set(by_mail) == set(by_page)
    assert {by_mail[name] == by_page[name] for name in ("token_type", "expires_in", "scope")} == {True}
    old, new = wattwise.grants()
    assert (old.status, old.ended_by, new.status) == (grants.REVOKED, "superseded", grants.ACTIVE)
    differ = {"id", "path_id", "subscription_path_id", "uuid", "status", "ended_by", "terms"}
    alike = [{name: value for name, value in vars(one).items() if name not in differ} for one in (old, new)]
    assert alike[0] == alike[1]
    assert {**old.terms, "by": ""} == {**new.terms, "by": ""}
    assert wattwise.fetch(by_mail["resourceURI"], by_mail["access_token"]).status_code == 401


def test_an_end_is_felt_on_either_road_at_once(
    wattwise: Wattwise, ask: dict[str, Any], world: World, ada: Reader
) -> None:
    by_mail = _invited(wattwise, ask, ada)
    assert wattwise.fetch(by_mail["resourceURI"], by_mail["access_token"]).status_code == 200
    (grant,) = wattwise.grants()
    page = f"/apps/{grant.path_id}"
    assert "Read your energy data" in ada.get(page).text
    ada.fill_in(page, f"{page}/end")
    assert wattwise.fetch(by_mail["resourceURI"], by_mail["access_token"]).status_code == 401
    answer = wattwise.token(grant_type="refresh_token", refresh_token=by_mail["refresh_token"])
    assert (answer.status_code, json.loads(answer.text)["error"]) == (400, "invalid_grant")
    with wattwise.database.read() as conn:
        (found,) = invitations.invitations_of(conn, grant.third_party_id)
    assert found.state == "TERMINATED_BY_CUSTOMER"


def test_the_customer_who_says_no_leaves_no_way_to_tokens(
    wattwise: Wattwise, ask: dict[str, Any], world: World, reader: Reader
) -> None:
    caller = Caller(wattwise)
    number = json.loads(caller.call("POST", "invitations", ask).text)["number"]
    link = _link(wattwise)
    reader.fill_in(link, link, answer="no")
    assert json.loads(caller.call("GET", f"invitations/{quote(number)}").text)["state"] == "REJECTED"
    assert caller.call("POST", f"invitations/{number}/code").status_code == 409
    assert wattwise.grants() == []
