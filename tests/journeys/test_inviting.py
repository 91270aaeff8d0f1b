"""A third party asks by mail, and whoever lives there says yes, less, or no."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from espi import sharing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S
from espi.config import Settings
from espi.sharing import Asked
from espi.store import clients, directory, events, grants, jobs
from espi.store import invitations as stored
from espi.store.database import Database
from espi.web.site import EXTENSION
from tests import factories
from tests.consent import METER, REP_NAME, SCOPE
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import Reader, World

FLAT = "10443729000000123"


@dataclass(frozen=True)
class Story:
    """Sunny, which asks; Joan, who has no account; and the database that knows."""

    database: Database
    settings: Settings
    sunny: int
    joan: int
    ada_esiid: str

    def invite(self, esiid: str = FLAT, language: str = "en") -> str:
        """Sunny asks for a premise; the link that is mailed."""
        asker = Principal(Role.third_party, self.sunny, str(TokenKind.client))
        with self.database.write() as conn:
            asked = Asked(((esiid, METER + esiid[-1], REP_NAME),), "joan@example.com", 6, language)
            sharing.invite(conn, asker, asked, self.settings)
        return self.mailed()

    def mailed(self) -> str:
        """The link in the newest mail."""
        with self.database.read() as conn:
            text = jobs.jobs(conn, kind="mail.send")[0].payload["text"]
        found = re.search(r"/invitations/[\w-]+", text)
        assert found
        return found[0]

    @property
    def invitation(self) -> stored.Invitation:
        with self.database.read() as conn:
            return stored.invitations_of(conn, self.sunny)[-1]

    @property
    def granted(self) -> list[grants.Authorization]:
        with self.database.read() as conn:
            return grants.authorizations_of(conn, self.sunny)

    @property
    def told(self) -> list[str]:
        with self.database.read() as conn:
            return [event.kind for event in events.events(conn, self.sunny)]


@pytest.fixture
def story(app: Flask, world: World) -> Story:
    here = app.extensions[EXTENSION]
    with here.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        flat = factories.usage_point(conn, utility.id, esiid=FLAT)
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        known = next(one for one in directory.reps(conn) if one.name == REP_NAME)
        for point, esiid in ((flat, FLAT), (home, world.home_esiid)):
            directory.install_meter(conn, point, directory.add_meter(conn, utility.id, METER + esiid[-1]), TODAY - 900)
            directory.switch_rep(conn, point, known.id, TODAY - 5)
        joan = factories.tenant(conn, flat, TODAY - 300, name="Joan Clarke")
        content = {
            "client_uri": "https://sunny.example",
            "thirdPartyApplicationDescription": "Finds the best hour to charge a car.",
            "contacts": ["hello@sunny.example"],
            "redirect_uri": ["https://sunny.example/callback"],
            "scope": [SCOPE],
        }
        sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, content)
        clients.add_client(conn, role="third_party", party_id=sunny, kind="main", now_s=NOW_S)
    return Story(here.database, here.settings, sunny, joan, world.home_esiid)


def test_the_page_says_who_asks_for_what_and_shows_nothing_else(story: Story, reader: Reader) -> None:
    link = story.invite()
    page = reader.get(link)
    assert page.status_code == 200
    for said in (
        "Sunny asks to see your energy data",
        "Finds the best hour to charge a car.",
        "https://sunny.example",
        "hello@sunny.example",
        "How much electricity you use",
        "A value for every 15 minutes",
        "Numbers that end in 0123",
        "The last 13 months before you agree",
        "6 months from today, then it ends by itself",
        "At any time, at once and at no cost",
    ):
        assert said in page.text, said
    for secret in (FLAT, METER, "Joan", "joan@example.com"):
        assert secret not in page.text, secret
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}


def test_without_an_account_link_and_meter_are_enough_to_say_yes(story: Story, reader: Reader) -> None:
    link = story.invite()
    answer = reader.fill_in(link, link, answer="yes", meter="5673", months="6")
    assert answer.status_code == 200
    assert "Sunny can see your energy data now." in answer.text
    (granted,) = story.granted
    assert (granted.customer_id, granted.status, granted.scope) == (story.joan, grants.ACTIVE, SCOPE)
    assert granted.terms["address_hash"]
    assert story.told == ["authorization.granted", "invitation.accepted"]
    assert reader.get(link).status_code == 404


def test_who_does_not_know_the_meter_cannot_say_yes(story: Story, reader: Reader) -> None:
    link = story.invite()
    for _ in range(5):
        answer = reader.fill_in(link, link, answer="yes", meter="0000", months="6")
        assert answer.status_code == 403
        assert "not the last four" in answer.text
    answer = reader.fill_in(link, link, answer="yes", meter="5673", months="6")
    assert (answer.status_code, story.granted) == (403, [])
    reader.wait(DAY_S)
    assert reader.fill_in(link, link, answer="yes", meter="5673", months="6").status_code == 200


def test_one_can_agree_to_less(story: Story, reader: Reader) -> None:
    link = story.invite()
    answer = reader.fill_in(link, link, answer="yes", meter="5673", months="1", **{"from": "2025-06-01"})
    assert answer.status_code == 200
    (granted,) = story.granted
    assert granted.ends_s == sharing.end_after(NOW_S, 1, factories.ZONE)
    assert [spans[0][0] for spans in granted.usage_points.values()] == [TODAY - 14]


def test_longer_than_was_asked_for_is_not_offered(story: Story, reader: Reader) -> None:
    assert re.findall(r'<option value="(\d+)"', reader.get(story.invite()).text) == ["1", "3", "6"]


@pytest.mark.parametrize("wrong", [{"months": "12"}, {"months": "5"}, {"months": ""}, {"from": "2026-01-01"}])
def test_what_cannot_be_agreed_to_is_said_on_the_page(story: Story, reader: Reader, wrong: dict[str, str]) -> None:
    link = story.invite()
    answer = reader.fill_in(link, link, **{"answer": "yes", "meter": "5673", "months": "6", **wrong})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert (story.granted, story.invitation.state) == ([], "PENDING")


def test_saying_no_takes_the_link_alone(story: Story, reader: Reader) -> None:
    link = story.invite()
    answer = reader.fill_in(link, link, answer="no")
    assert "Nothing is shared. Sunny is told that you said no." in answer.text
    assert (story.granted, story.invitation.state, story.told) == ([], "REJECTED", ["invitation.rejected"])
    assert reader.get(link).status_code == 404


def test_whoever_has_an_account_logs_in_to_say_yes(story: Story, reader: Reader) -> None:
    link = story.invite(story.ada_esiid)
    page = reader.get(link)
    assert "You have an account here: log in to answer." in page.text
    assert 'name="meter"' not in page.text
    assert "Yes, share it" not in page.text
    answer = reader.fill_in(link, link, answer="yes", meter="5677", months="6")
    assert (answer.status_code, story.granted) == (403, [])
    back = re.search(r'href="(/login\?next=[^"]+)"', page.text)
    assert back
    answer = reader.fill_in(back[1], "/login", login="ada", password="correct horse battery staple", next=link)
    assert answer.headers["Location"] == link
    answer = reader.fill_in(link, link, answer="yes", months="6")
    assert "Who can see my data" in answer.text
    assert [one.status for one in story.granted] == [grants.ACTIVE]


def test_nobody_answers_for_another(story: Story, ada: Reader) -> None:
    link = story.invite()
    assert "You are logged in as somebody else." in ada.get(link).text
    assert story.granted == []


def test_the_link_of_the_next_mail_ends_it_or_lets_it_go_on(story: Story, reader: Reader) -> None:
    link = story.invite()
    reader.fill_in(link, link, answer="yes", meter="5673", months="1")
    later = story.mailed()
    assert later != link
    page = reader.get(later)
    assert "You share your energy data with Sunny" in page.text
    answer = reader.fill_in(later, later, answer="renew", meter="5673", months="3")
    assert "It goes on." in answer.text
    assert story.granted[0].ends_s == sharing.end_after(NOW_S, 3, factories.ZONE)
    answer = reader.fill_in(later, later, answer="end", meter="5673", months="3")
    assert "Sunny cannot see your energy data any more." in answer.text
    assert (story.granted[0].status, story.granted[0].ended_by) == (grants.REVOKED, "customer")
    assert reader.get(later).status_code == 404


def test_an_answer_needs_the_token_of_our_form(story: Story, reader: Reader) -> None:
    link = story.invite()
    assert reader.post(link, answer="no").status_code == 400
    assert story.invitation.state == "PENDING"


def test_a_link_that_was_never_sent_or_is_too_old_says_so(story: Story, reader: Reader) -> None:
    link = story.invite()
    assert reader.get("/invitations/" + "x" * 43).status_code == 404
    reader.wait(30 * DAY_S)
    page = reader.get(link)
    assert page.status_code == 404
    assert "This link does not work any more." in page.text


def test_it_speaks_spanish(story: Story, reader: Reader) -> None:
    link = story.invite(language="es")
    page = reader.get(f"{link}?language=es")
    assert "Sunny pide ver sus datos de energía" in page.text
    assert "6 meses desde hoy" in page.text
    answer = reader.fill_in(link, link, answer="yes", meter="0000", months="6")
    assert "Esos no son los últimos cuatro caracteres" in answer.text
