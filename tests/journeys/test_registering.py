"""A person makes an account for a home, with nothing but a bill, a mailbox and what is on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from espi import access, jobs
from espi.access import Principal, Role
from espi.clock import DAY_S, FOREVER, parse_day
from espi.store import directory, parties
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.journeys.conftest import Reader

ESIID, METER, PASSWORD = "10443720000000301", "M4711", "blue tram over seven"
REFUSED = "We could not match this."
FORMER = parse_day("2024-01-01")
MOVED = parse_day("2025-05-01")


@dataclass(frozen=True)
class Home:
    """A home that somebody lives in who has no account, and its REP's number."""

    rep: str
    point: int
    tenant: int
    esiid: str = ESIID
    meter: str = METER

    def facts(self, **other: str) -> dict[str, str]:
        return {"esiid": self.esiid, "meter": self.meter, "rep": self.rep, "email": "nina@example.com"} | other


@pytest.fixture
def home(app: Flask) -> Home:
    """Nina moved in in May; before her somebody lived there who never had an account."""
    with site(app).database.write() as conn:
        utility = next(each for each in directory.utilities(conn) if each.duns == factories.DUNS)
        point = factories.usage_point(conn, utility.id, esiid=ESIID)
        factories.tenant(conn, point, FORMER, name="Someone Before")
        tenant = factories.tenant(conn, point, MOVED, name="Nina Simon")
        rep = parties.add_rep(conn, "Sunflower Power", "955000001", "95001")
        directory.switch_rep(conn, point, rep, FORMER)
        parties.install_meter(conn, point, parties.add_meter(conn, utility.id, METER), FORMER)
        factories.fill(conn, point, factories.TODAY - 3, factories.TODAY)
    return Home("95001", point, tenant)


def site(app: Flask) -> Site:
    found: Site = app.extensions[EXTENSION]
    return found


def mails(app: Flask) -> list[dict[str, str]]:
    """What was sent, first come first; without a mail server it lies in the home folder."""
    here = site(app)
    jobs.run_due(jobs.Context(here.settings, here.database))
    found = sorted((here.settings.home / "mail").glob("*.eml"), key=lambda path: int(path.stem))
    read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]
    return [{"to": each["To"], "subject": each["Subject"], "text": each.get_content()} for each in read]


def link(mail: dict[str, str]) -> str:
    found = re.search(r"https://\S+?(/(?:register|recover|account/address)/\S+)", mail["text"])
    assert found, mail
    return found[1]


def register(reader: Reader, home: Home, **other: str) -> str:
    """Send the form; the link that came by mail."""
    sent = reader.fill_in("/register", "/register", **home.facts(**other))
    assert sent.status_code == 200, sent.text
    return link(mails(reader.app)[-1])


def confirm(reader: Reader, path: str, **other: str) -> int:
    fields = {"new_password": PASSWORD, "again": PASSWORD, "language": "en"} | other
    return reader.fill_in(path, path, **fields).status_code


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_new_customer_reaches_the_first_chart_with_a_bill_and_a_mailbox(reader: Reader, home: Home) -> None:
    assert 'href="/register"' in reader.get("/login").text
    path = register(reader, home)
    page = reader.get(path)
    assert "0301" in page.text
    assert confirm(reader, path, full_name="Nina  Simon") == 303
    first = reader.get("/")
    chart = re.search(r'href="(/usage/\d+)', first.text)
    assert chart
    assert "<svg" in reader.get(chart[1]).text
    assert [mail["subject"] for mail in mails(reader.app)][-1] == "Your account is ready"
    reader.fill_in("/", "/logout")
    assert reader.log_in("Nina@Example.com", PASSWORD).status_code == 303


def test_a_new_tenant_opens_nothing_of_the_former_one_and_takes_nothing_from_him(reader: Reader, home: Home) -> None:
    former = Reader(reader.app)
    confirm(former, register(former, home))
    with site(reader.app).database.write() as conn:
        new = factories.tenant(conn, home.point, factories.TODAY, name="Olga After")
    confirm(reader, register(reader, home, email="olga@example.com"))
    with site(reader.app).database.read() as conn:
        settings = site(reader.app).settings
        opened = {
            who: directory.usage_points(conn, access.reach(conn, principal(who), "usage:read", settings=settings))
            for who in (home.tenant, new)
        }
    spans = {who: [point.spans for point in points] for who, points in opened.items()}
    assert spans == {home.tenant: [((MOVED, factories.TODAY),)], new: [((factories.TODAY, FOREVER),)]}
    assert former.get("/").status_code == reader.get("/").status_code == 200


def principal(customer_id: int) -> Principal:
    return Principal(Role.customer, customer_id, "password")


@pytest.mark.parametrize(
    "wrong",
    [{"meter": "M4712"}, {"rep": "95002"}, {"rep": "Bluebonnet Power"}, {"esiid": "10443720000009999"}],
    ids=["meter", "rep", "other rep", "esiid"],
)
def test_whatever_is_wrong_is_refused_in_the_same_words_after_the_same_work(
    app: Flask, home: Home, wrong: dict[str, str]
) -> None:
    taken, other = Reader(app), Reader(app)
    confirm(taken, register(taken, home))
    before = len(mails(app))
    with statements() as done_taken:
        for_taken = taken_again(Reader(app), home.facts())
    with statements() as done_wrong:
        for_wrong = taken_again(other, home.facts(**wrong))
    assert REFUSED in for_taken
    assert without_fields(for_taken) == without_fields(for_wrong)
    assert sorted(done_taken) == sorted(done_wrong)
    assert len(mails(app)) == before


def taken_again(reader: Reader, facts: dict[str, str]) -> str:
    answer = reader.fill_in("/register", "/register", **facts)
    assert answer.status_code == 400
    return answer.text


def without_fields(page: str) -> str:
    return re.sub(r' value="[^"]*"| selected', "", page)


def test_a_link_works_once_and_for_a_day(reader: Reader, home: Home) -> None:
    path = register(reader, home)
    again = register(reader, home, email="second@example.com")
    assert confirm(reader, path) == 303
    late = Reader(reader.app)
    assert late.get(path).status_code == 404
    assert "does not work any more" in late.get(path).text
    assert confirm(late, again) == 404, "the home has an account by now"


def test_a_link_that_is_too_old_is_refused(reader: Reader, home: Home) -> None:
    path = register(reader, home)
    reader.wait(DAY_S)
    assert reader.get(path).status_code == 404


def test_nobody_who_moved_out_meanwhile_gets_an_account(reader: Reader, home: Home) -> None:
    path = register(reader, home)
    with site(reader.app).database.write() as conn:
        directory.move_out(conn, home.point, factories.TODAY)
    assert confirm(reader, path) == 404


def test_an_address_that_has_an_account_gets_another_mail_and_the_same_page(reader: Reader, home: Home) -> None:
    confirm(reader, register(reader, home))
    with site(reader.app).database.write() as conn:
        other = factories.usage_point(conn, 1, esiid="10443720000000302")
        factories.tenant(conn, other, MOVED, name="Nina Simon II")
        parties.install_meter(conn, other, parties.add_meter(conn, 1, "M4722"), MOVED)
    facts = home.facts(esiid="10443720000000302", meter="M4722", rep="Lone Star Wires")
    page = Reader(reader.app).fill_in("/register", "/register", **facts)
    assert page.status_code == 200
    assert "Look into your mail" in page.text
    assert mails(reader.app)[-1]["subject"] == "You have an account already"
    own = reader.fill_in("/account/meters", "/account/meters", **facts)
    assert own.headers["Location"].startswith("/account?told=added")
    assert "more than one customer number" in reader.get("/account").text
    again = reader.fill_in("/account/meters", "/account/meters", **facts)
    assert again.headers["Location"].startswith("/account?told=there")
    number = re.findall(r'name="customer" value="(\d+)"', reader.get("/account").text)
    assert len(number) == 1
    reader.fill_in("/account", "/account/home", customer=number[0])
    assert "0302" in reader.get("/").text


def test_weak_passwords_are_refused_and_the_link_stays_good(reader: Reader, home: Home) -> None:
    path = register(reader, home)
    for weak in ("short", "passwordpassword", "nina@example.com"):
        assert confirm(reader, path, new_password=weak, again=weak) == 400
    assert confirm(reader, path, again="something else altogether") == 400
    assert confirm(reader, path) == 303


def test_a_network_that_is_wrong_too_often_waits_and_nobody_else_does(reader: Reader, home: Home) -> None:
    answers = [reader.fill_in("/register", "/register", **home.facts(meter="X")).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    assert reader.fill_in("/register", "/register", **home.facts()).status_code == 429
    reader.client.environ_base["REMOTE_ADDR"] = "198.51.100.9"
    assert reader.fill_in("/register", "/register", **home.facts()).status_code == 200


def test_many_wrong_answers_from_everywhere_do_not_shut_out_who_comes_from_home(reader: Reader, home: Home) -> None:
    for number in range(25):
        reader.client.environ_base["REMOTE_ADDR"] = f"198.51.{number}.1"
        for _ in range(2):
            reader.fill_in("/register", "/register", **home.facts(meter="X"))
    assert reader.fill_in("/register", "/register", **home.facts()).status_code == 429, "it guessed twice already"
    reader.client.environ_base["REMOTE_ADDR"] = "203.0.113.5"
    assert reader.fill_in("/register", "/register", **home.facts()).status_code == 200
