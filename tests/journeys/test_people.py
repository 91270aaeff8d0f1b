"""A customer lets somebody see her home: a friend who looks, a joint holder who shares; both see it end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import pytest
from flask import Flask

from espi import jobs as work
from espi import scope, sharing
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.sharing import holders
from espi.store import directory, grants, holdings, jobs
from tests import factories
from tests.consent import SCOPE
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import PASSWORD, Reader, World
from tests.journeys.test_my_account import ada
from tests.journeys.test_registering import mails, site

__all__ = ["ada"]

NEW = "seven quiet otters dance"
MARY = "mary@example.com"


def invite(ada: Reader, world: World, **fields: str) -> str:
    """Ada invites Mary; the path of the link in the mail."""
    given = {"name": "Mum", "email": MARY, "giver": "Ada", "home": str(world.home), "kind": "friend"}
    given |= {"until": "2026-03-01", "language": "en", "password": PASSWORD, **fields}
    answer = ada.fill_in("/people", "/people", **given)
    assert answer.status_code == 303, re.findall(r'role="alert">([^<]+)', answer.text)
    mail = mails(ada.app)[-1]
    assert mail["to"] == given["email"]
    found = re.search(r"(/people/answer/[\w-]+)", mail["text"])
    assert found
    return found[1]


def join(app: Flask, link: str) -> Reader:
    """Mary makes an account behind the link, and is logged in."""
    mary = Reader(app)
    done = mary.fill_in(link, link, answer="make", full_name="Mary", new_password=NEW, again=NEW)
    assert done.status_code == 303, re.findall(r'role="alert">([^<]+)', done.text)
    return mary


def log_of(ada: Reader) -> list[Mapping[str, str]]:
    text = ada.get("/access-log/file.csv?who=people").text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def number_of(page: str) -> str:
    found = re.search(r"/people/(\d+)/end", page)
    assert found
    return found[1]


def test_a_friend_without_an_account_makes_one_and_only_looks(app: Flask, ada: Reader, world: World) -> None:
    link = invite(ada, world)
    assert "Has not answered yet" in ada.get("/people").text
    mary = join(app, link)
    page = mary.get("/").text
    assert "This is the home of Ada. You see it until March 1, 2026." in page
    assert world.home_esiid not in page
    assert "/download" not in page
    assert mary.get(f"/usage/{world.home}/download?span=month").status_code == 404
    assert mary.get(f"/usage/{world.home}/now").status_code == 404
    assert mary.get(f"/usage/{world.neighbour}").status_code == 404
    assert "There is no meter where you live now" in mary.get("/people").text
    assert mary.get(link).status_code == 404, "once"
    assert mails(app)[-1]["subject"] == "Mum can see your energy data now"
    assert {(row["Who"], row["On what right"]) for row in log_of(ada)} == {
        ("Mum (mary@example.com)", "You let this person in")
    }


def test_who_may_take_files_along_does(app: Flask, ada: Reader, world: World) -> None:
    mary = join(app, invite(ada, world, downloads="1"))
    assert mary.get(f"/usage/{world.home}/download?span=month").status_code == 200


@pytest.mark.parametrize("by", ["ada", "mary"])
def test_either_ends_it_at_once(app: Flask, ada: Reader, world: World, by: str) -> None:
    mary = join(app, invite(ada, world))
    who, other = (ada, MARY) if by == "ada" else (mary, "ada@example.com")
    page = who.get("/apps").text
    assert who.fill_in("/people", f"/people/{number_of(page)}/end").status_code == 303
    assert mary.get(f"/usage/{world.home}").status_code == 404
    assert "There is no meter that you may see" in mary.get("/").text
    assert "Ended" in ada.get("/people").text
    assert mails(app)[-1]["to"] == other, "the other one is told"


def test_a_stranger_ends_nothing_and_answers_nothing(app: Flask, ada: Reader, world: World) -> None:
    link = invite(ada, world)
    number = number_of(ada.get("/people").text)
    grace = Reader(app)
    assert grace.fill_in("/login", f"/people/{number}/end").status_code == 303, "to the log-in"
    clerk = Reader(app)
    clerk.log_in("clerk")
    assert clerk.fill_in(link, link, answer="yes").status_code == 400, "no customer"
    assert ada.fill_in(link, link, answer="yes").status_code == 400, "her own"
    assert grace.fill_in(link, link, answer="no").status_code == 200
    assert grace.get(link).status_code == 404


def test_moving_out_ends_it_and_so_does_time(app: Flask, ada: Reader, world: World) -> None:
    mary = join(app, invite(ada, world, until="2025-06-20"))
    with site(app).database.write() as conn:
        reach = factories.reach_of_utility(1)
        home = directory.usage_point(conn, reach, path_id=world.home)
        directory.move_out(conn, home.id, TODAY)
    assert mary.get(f"/usage/{world.home}").status_code == 404
    assert ada.get(f"/usage/{world.home}").status_code == 200, "her own days stay hers"
    mary.wait(2 * DAY_S)
    with site(app).database.write() as conn:
        jobs.add_job(conn, holders.JOB, {}, now_s=site(app).now_s())
    work.run_due(work.Context(site(app).settings, site(app).database))
    ada.log_in("ada")
    assert "Ended by moving out" in ada.get("/people").text


def test_closing_an_account_ends_it(app: Flask, ada: Reader, world: World) -> None:
    mary = join(app, invite(ada, world))
    assert ada.fill_in("/account/close", "/account/close", password=PASSWORD).status_code == 303
    assert mary.get(f"/usage/{world.home}").status_code == 404


def test_a_joint_holder_shares_and_what_she_shared_ends_with_her(app: Flask, ada: Reader, world: World) -> None:
    mary = join(app, invite(ada, world, kind="joint", until=""))
    here, number = site(app), number_of(mary.get("/apps").text)
    with here.database.write() as conn:
        held = holdings.holding(conn, int(number))
        party = grants.third_party(conn, grants.add_third_party(conn, "Windy", grants.PRODUCTION))
        point = directory.usage_point(conn, factories.reach_of_utility(1), path_id=world.home)
        terms = sharing.Terms(scope.parse(SCOPE), (point.id,), sharing.end_after(NOW_S, 3, factories.ZONE))
        guest = Principal(Role.customer, held.guest_id, "password", MARY)
        made = sharing.grant(conn, guest, party, terms, settings=here.settings)
        assert made.customer_id == held.customer_id
    assert "Windy" in ada.get("/apps").text, "who lives there sees it"
    assert "Windy" in mary.get("/apps").text
    assert mary.get(f"/apps/{made.path_id}").status_code == 200
    mary.fill_in("/people", f"/people/{held.id}/end")
    with here.database.read() as conn:
        assert grants.authorization(conn, made.id).status == grants.REVOKED


def test_a_friend_of_a_friend_sees_nothing(app: Flask, ada: Reader, world: World) -> None:
    mary = join(app, invite(ada, world))
    given = {"name": "Tom", "email": "tom@example.com", "giver": "Mary", "home": "every", "kind": "friend"}
    refused = mary.fill_in("/apps", "/people", **given, until="2026-01-01", password=NEW)
    assert refused.status_code == 404


@pytest.mark.parametrize("until", ["", "2025-06-15", "2026-06-18", "2030-01-01"])
def test_a_friend_is_let_in_for_12_months_at_most(ada: Reader, world: World, until: str) -> None:
    given = {"name": "Mum", "email": MARY, "giver": "Ada", "home": str(world.home), "kind": "friend"}
    assert ada.fill_in("/people", "/people", **given, until=until, password=PASSWORD).status_code == 400


def test_nobody_is_invited_without_the_password(ada: Reader, world: World) -> None:
    given = {"name": "Mum", "email": MARY, "giver": "Ada", "home": str(world.home), "kind": "friend"}
    answer = ada.fill_in("/people", "/people", **given, until="2026-01-01", password="x")
    assert answer.status_code == 400
    assert not any(mail["to"] == MARY for mail in mails(ada.app))
