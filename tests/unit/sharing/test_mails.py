from __future__ import annotations

import re

import pytest

from espi import sharing
from espi.clock import DAY_S
from espi.config import Settings
from espi.sharing import Asked, Terms, texts
from espi.store import grants, jobs, people
from espi.store.database import Conn
from tests.consent import Home, later


def _mails(conn: Conn) -> list[dict[str, str]]:
    return [dict(job.payload) for job in reversed(jobs.jobs(conn, kind="mail.send"))]


@pytest.fixture
def account(conn: Conn, home: Home) -> None:
    people.add_login(conn, "ada@example.com", "correct horse battery", "customer", home.customer, language="es")


def test_who_has_an_account_named_by_an_address_gets_mail_at_each_turn(
    conn: Conn, settings: Settings, home: Home, terms: Terms, account: None
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    sharing.remind_due(conn, later(settings, 80 * DAY_S))
    sharing.end(conn, grants.authorization(conn, made.id), "customer", settings=settings, actor=home.ada)
    sent = _mails(conn)
    assert [(mail["to"], mail["language"], mail["subject"]) for mail in sent] == [
        ("ada@example.com", "es", "Sunny ya puede ver sus datos de energía"),
        ("ada@example.com", "es", "Lo que comparte con Sunny termina el 2025-09-13"),
        ("ada@example.com", "es", "Sunny ya no puede ver sus datos de energía"),
    ]
    for mail in sent[:2]:
        assert f"{settings.base_url}/apps/{made.path_id}" in mail["text"]
    assert f"el medidor que termina en {home.esiid[-4:]}" in sent[0]["text"]


def test_who_has_none_gets_none(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    sharing.end(conn, made, "customer", settings=settings, actor=home.ada)
    assert _mails(conn) == []


def test_a_grant_that_takes_the_place_of_another_is_one_mail(
    conn: Conn, settings: Settings, home: Home, terms: Terms, account: None
) -> None:
    for _ in range(2):
        sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    assert len({mail["subject"] for mail in _mails(conn)}) == 1


def test_an_agreement_by_invitation_is_told_of_where_it_was_asked(
    conn: Conn, settings: Settings, home: Home, account: None
) -> None:
    made = sharing.invite(conn, home.asker, Asked((home.triple,), "her@example.com", 3), settings)
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    sharing.end(conn, granted, "customer", settings=settings, actor=home.ada)
    sent = _mails(conn)
    assert [mail["to"] for mail in sent] == ["her@example.com"] * 3
    links = [re.search(r"/invitations/([\w-]+)", mail["text"]) for mail in sent]
    assert links[0]
    assert links[1]
    assert links[0][1] != links[1][1]
    assert links[2] is None


@pytest.mark.parametrize("language", sorted(texts.LANGUAGES))
@pytest.mark.parametrize("kind", sorted(texts.KINDS))
def test_a_mail_is_short_and_has_every_fact(language: str, kind: str) -> None:
    facts = {"name": "Sunny\nBcc: x@example.com", "meters": "M", "months": 3, "until": "2025-07-01", "link": "L"}
    mail = texts.mail(kind, language, **facts)
    assert "\n" not in mail.subject
    assert "%(" not in mail.text + mail.subject
    assert len(mail.text.split()) < 150
