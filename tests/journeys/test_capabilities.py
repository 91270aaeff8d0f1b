"""Every kind of user at every page: what the table of pages opens for him, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from espi.access import LOGIN_ROLES, RULES, Principal, Role
from espi.portal.pages import BLUEPRINTS, PAGES, PortalPage
from espi.store import people
from espi.web.site import EXTENSION
from tests.journeys.conftest import PASSWORD, Reader

BY_ENDPOINT = {page.endpoint: page for page in PAGES}


def rules(app: Flask) -> Iterator[tuple[Rule, PortalPage]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in BY_ENDPOINT and rule.endpoint != "session.log_out":
            yield rule, BY_ENDPOINT[rule.endpoint]


def ask(reader: Reader, rule: Rule) -> TestResponse:
    """Ask for a page, with something in every place of its address; a form without its token, which comes later."""
    with reader.app.test_request_context():
        path = reader.app.url_map.bind("localhost").build(
            rule.endpoint, dict.fromkeys(rule.arguments, 1), method=method(rule)
        )
    return reader.get(path) if method(rule) == "GET" else reader.post(path)


def method(rule: Rule) -> str:
    return "GET" if "GET" in (rule.methods or ()) else "POST"


def test_every_page_of_the_portal_is_in_the_table_once(app: Flask) -> None:
    ours = {"session", "validator", *(blueprint.name for blueprint in BLUEPRINTS)}
    found = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in ours}
    assert sorted(found) == sorted(page.endpoint for page in PAGES)


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_a_role_opens_what_the_table_opens_for_it(app: Flask, reader: Reader, role: str) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    with app.extensions[EXTENSION].database.write() as conn:
        people.add_login(conn, f"walker-{role}", PASSWORD, role, 999)
    reader.log_in(f"walker-{role}")
    walker = Principal(Role(role), 999, "password")
    refused = {page.endpoint for rule, page in rules(app) if ask(reader, rule).status_code == 403}
    closed = {page.endpoint for _rule, page in rules(app) if not page.opens_for(walker)}
    by_the_gate = {page.endpoint for _rule, page in rules(app) if (role, page.opens) in REFUSED_OPENLY}
    assert closed <= refused <= closed | by_the_gate


REFUSED_OPENLY = {(rule.role, rule.action) for rule in RULES if rule.relation and rule.refusal == 403}
"""What the gate itself refuses with 403 where it is about a meter that is out of reach."""


def test_whoever_is_not_logged_in_is_asked_to_be(app: Flask, reader: Reader) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    for rule, page in rules(app):
        if not page.open_to_all:
            answer = ask(reader, rule)
            asked = "/login" in answer.headers.get("Location", "")
            assert (rule.endpoint, answer.status_code, asked) == (rule.endpoint, 303, True)


def test_a_menu_has_what_its_reader_may_open(app: Flask, reader: Reader, ada: Reader) -> None:
    page = ada.get("/").text
    assert '<nav class="menu"' in page
    assert 'href="/apps"' in page
    assert 'href="/developers/console"' not in page
