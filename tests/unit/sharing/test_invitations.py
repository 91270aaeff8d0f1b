from __future__ import annotations

import re
from dataclasses import replace

import pytest

from espi import sharing
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.scope import BadScope
from espi.sharing import Asked, Terms, invitations
from espi.sharing.invitations import Blocked, NoSuchPremise, WrongFact, by_link, prove
from espi.store import audit, directory, events, grants, jobs, tokens
from espi.store import invitations as stored
from espi.store.database import Conn, Database
from espi.store.invitations import Invitation
from tests import consent, factories
from tests.consent import METER, REP_NAME, SCOPE, Home, later
from tests.factories import NOW_S, TODAY


@pytest.fixture
def asked(home: Home) -> Asked:
    return Asked((home.triple,), "ada@example.com", 3)


def _mails(conn: Conn) -> list[dict[str, str]]:
    return [dict(job.payload) for job in reversed(jobs.jobs(conn, kind="mail.send"))]


def _link(conn: Conn) -> str:
    found = re.search(r"/invitations/([\w-]+)", _mails(conn)[-1]["text"])
    assert found
    return found[1]


def _now(conn: Conn, invitation: Invitation) -> Invitation:
    return stored.invitation_by_number(conn, invitation.third_party_id, invitation.number)


def test_an_invitation_is_mailed_with_a_link_that_is_kept_as_a_hash_only(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    assert (made.state, made.months, made.expires_s) == ("PENDING", 3, NOW_S + 30 * DAY_S)
    (mail,) = _mails(conn)
    assert (mail["to"], mail["language"]) == ("ada@example.com", "en")
    assert mail["subject"] == "Sunny asks to see your energy data"
    assert home.esiid[-4:] in mail["text"]
    assert home.esiid not in mail["text"]
    assert METER not in mail["text"]
    link = _link(conn)
    assert f"{settings.base_url}/invitations/{link}" in mail["text"]
    assert by_link(conn, link, settings).number == made.number
    assert _now(conn, made).link_hash != link


def test_mails_speak_the_language_that_was_asked_for(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    sharing.invite(conn, home.asker, replace(asked, language="es"), settings)
    assert _mails(conn)[0]["subject"] == "Sunny pide ver sus datos de energía"


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(0, "10443729000000018"), (0, ""), (1, "AB1234568"), (1, ""), (2, "Cicada Power"), (2, "")],
)
def test_a_wrong_premise_is_refused_in_the_same_words_whatever_was_wrong(
    conn: Conn, settings: Settings, home: Home, asked: Asked, place: int, wrong: str
) -> None:
    triple = list(home.triple)
    triple[place] = wrong
    with pytest.raises(NoSuchPremise) as refused:
        sharing.invite(conn, home.asker, replace(asked, premises=(tuple(triple),)), settings)  # type: ignore[arg-type]
    assert refused.value.public == NoSuchPremise.public
    assert _mails(conn) == []


def test_a_premise_where_nobody_lives_or_of_somebody_else_beside_is_refused_in_the_same_words(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    other = factories.usage_point(conn, 1, esiid="10443729000000099")
    directory.install_meter(conn, other, directory.add_meter(conn, 1, "CD1"), TODAY - 9)
    directory.switch_rep(conn, other, factories.rep(conn, "Cicada Power"), TODAY - 9)
    second = ("10443729000000099", "CD1", "Cicada Power")
    with pytest.raises(NoSuchPremise):
        sharing.invite(conn, home.asker, replace(asked, premises=(second,)), settings)
    factories.tenant(conn, other, TODAY - 5, name="Grace Hopper")
    with pytest.raises(NoSuchPremise):
        sharing.invite(conn, home.asker, replace(asked, premises=(home.triple, second)), settings)
    assert sharing.invite(conn, home.asker, replace(asked, premises=(second,)), settings).state == "PENDING"


def test_the_rep_may_be_given_by_its_certificate_number_and_the_esiid_as_a_spreadsheet_has_it(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    number = next(rep.certificate_number for rep in directory.reps(conn) if rep.name == REP_NAME)
    typed = (f" '{home.esiid} ", METER.lower(), number)
    made = sharing.invite(conn, home.asker, replace(asked, premises=(typed,)), settings)
    assert [premise["esiid"] for premise in made.premises] == [home.esiid]


def test_who_guesses_is_blocked_for_the_day_and_that_is_on_record(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        home = consent.home(conn)
    wrong = Asked(((home.esiid, "AB0", REP_NAME),), "ada@example.com", 3)
    for _ in range(settings.failed_checks_a_day):
        with pytest.raises(NoSuchPremise), database.write() as conn:
            sharing.invite(conn, home.asker, wrong, settings)
    right = replace(wrong, premises=(home.triple,))
    with pytest.raises(Blocked), database.write() as conn:
        sharing.invite(conn, home.asker, right, settings)
    with database.read() as conn:
        assert audit.verify(conn) == []
    with database.write() as conn:
        tomorrow = later(settings, DAY_S)
        assert sharing.invite(conn, home.asker, right, tomorrow).state == "PENDING"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "in-home-device"}, "cannot be asked for here yet"),
        ({"kind": "everything"}, "kind: energy-data"),
        ({"months": 2}, "months: 1, 3, 6"),
        ({"months": 24}, "12 months at most"),
        ({"language": "fr"}, "language: en and es"),
        ({"email": "ada"}, "email: "),
        ({"email": "ada@example.com\nBcc: all@example.com"}, "email: "),
        ({"premises": ()}, "premises: give 1"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    conn: Conn, settings: Settings, home: Home, asked: Asked, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(said)):
        sharing.invite(conn, home.asker, replace(asked, **changes), settings)  # type: ignore[arg-type]


def test_a_business_may_agree_to_three_years(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    firm = factories.customer(conn, "Pecan Street Bakery", "commercialIndustrial")
    directory.add_tenancy(conn, home.point, firm, TODAY - 10)
    assert sharing.invite(conn, home.asker, replace(asked, months=36), settings).months == 36


def test_a_scope_that_is_not_offered_cannot_be_asked_for(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    with pytest.raises(BadScope, match="FB: 12 is not offered"):
        sharing.invite(conn, home.asker, replace(asked, scope="FB=4_12"), settings)
    made = sharing.invite(conn, home.asker, replace(asked, scope="FB=4;HistoryLength=86400"), settings)
    assert made.scope == "FB=4;HistoryLength=86400"


def test_yes_gives_the_grant_and_the_link_counts_no_more(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    link = _link(conn)
    granted = sharing.accept(conn, by_link(conn, link, settings), home.ada, settings=settings)
    assert (granted.status, granted.scope, granted.client_id) == (grants.ACTIVE, SCOPE, home.client.id)
    assert (_now(conn, made).state, _now(conn, made).authorization_id) == ("ACTIVE", granted.id)
    with pytest.raises(NotFound):
        by_link(conn, link, settings)
    kinds = [event.kind for event in events.events(conn, home.sunny.id)]
    assert kinds == ["authorization.granted", "invitation.accepted"]
    with pytest.raises(Conflict):
        sharing.accept(conn, made, home.ada, settings=settings)


def test_both_roads_give_the_same_grant(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    invited = sharing.accept(conn, made, home.ada, settings=settings, address="192.0.2.7")
    agreed = invitations.offered(home.sunny, SCOPE, settings)
    terms = Terms(agreed, (home.point,), sharing.end_after(NOW_S, 3, factories.ZONE), address="192.0.2.7")
    asked_by_page = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings, client_id=home.client.id)
    named = {"id", "path_id", "subscription_path_id", "uuid", "terms", "status", "ended_by"}
    alike = [
        {name: value for name, value in vars(one).items() if name not in named} for one in (invited, asked_by_page)
    ]
    assert alike[0] == alike[1]
    assert {**invited.terms, "by": ""} == {**asked_by_page.terms, "by": ""}
    assert (invited.terms["by"], asked_by_page.terms["by"]) == ("invitation", "consent page")


def test_shorter_is_agreed_to_and_longer_is_not(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    for months in (4, -1):
        with pytest.raises(BadInput):
            sharing.accept(conn, made, home.ada, settings=settings, months=months)
    granted = sharing.accept(conn, made, home.ada, settings=settings, months=1, from_day=TODAY - 3)
    assert granted.ends_s == sharing.end_after(NOW_S, 1, factories.ZONE)
    assert granted.usage_points == {home.point: ((TODAY - 3, TODAY + 30),)}


def test_no_is_told_and_the_premise_is_left_alone_for_a_month(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    sharing.reject(conn, made, home.ada, settings=settings)
    assert _now(conn, made).state == "REJECTED"
    assert [event.kind for event in events.events(conn, home.sunny.id)] == ["invitation.rejected"]
    assert grants.authorizations_of(conn, home.sunny.id) == []
    with pytest.raises(Conflict, match="said no"):
        sharing.invite(conn, home.asker, asked, later(settings, 30 * DAY_S - 1))
    assert sharing.invite(conn, home.asker, asked, later(settings, 30 * DAY_S)).state == "PENDING"


def test_one_invitation_for_a_premise_waits_at_a_time_and_can_be_withdrawn(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    with pytest.raises(Conflict, match=made.number):
        sharing.invite(conn, home.asker, asked, settings)
    assert sharing.withdraw(conn, home.asker, made.number, settings).state == "WITHDRAWN"
    with pytest.raises(NotFound):
        by_link(conn, _link(conn), settings)
    with pytest.raises(Conflict):
        sharing.withdraw(conn, home.asker, made.number, settings)
    assert sharing.invite(conn, home.asker, asked, settings).state == "PENDING"


def test_a_third_party_knows_its_own_invitations_only(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    moony = replace(home.asker, id=grants.add_third_party(conn, "Moony", grants.PRODUCTION))
    with pytest.raises(NotFound):
        sharing.withdraw(conn, moony, made.number, settings)
    with pytest.raises(NotFound):
        sharing.code_for(conn, moony, made, settings)
    assert stored.invitations_of(conn, moony.id) == []
    assert stored.invitations_of(conn, home.sunny.id) == [_now(conn, made)]


def test_only_the_customer_who_was_asked_can_answer(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    grace = Principal(Role.customer, factories.tenant(conn, factories.usage_point(conn, 1), TODAY - 1), "password")
    with pytest.raises(NotFound):
        sharing.accept(conn, made, grace, settings=settings)
    with pytest.raises(NotFound):
        sharing.reject(conn, made, grace, settings=settings)


def test_who_has_moved_out_since_cannot_say_yes(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    directory.move_out(conn, home.point, TODAY)
    with pytest.raises(NotFound):
        sharing.accept(conn, made, home.ada, settings=settings)


def test_the_link_alone_proves_nothing_without_the_meter(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        home = consent.home(conn)
        made = sharing.invite(conn, home.asker, Asked((home.triple,), "ada@example.com", 3), settings)
        assert prove(conn, made, " 4567 ", settings).id == home.customer
    for _ in range(5):
        with pytest.raises(WrongFact, match="not the last four"), database.write() as conn:
            prove(conn, made, "4568", settings)
    with pytest.raises(WrongFact, match="too often"), database.write() as conn:
        prove(conn, made, "4567", settings)


def test_the_third_party_gets_one_code_that_it_can_redeem_until_it_has_tokens(
    conn: Conn, settings: Settings, home: Home, asked: Asked
) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    with pytest.raises(Conflict):
        sharing.code_for(conn, home.asker, made, settings)
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    first, second = (sharing.code_for(conn, home.asker, _now(conn, made), settings) for _ in range(2))
    assert tokens.redeem_code(conn, first, NOW_S) is None
    found = tokens.redeem_code(conn, second, NOW_S)
    assert found is not None
    assert (found.authorization_id, found.client_id) == (granted.id, home.client.id)
    assert (found.redirect_uri, found.expires_s) == ("https://sunny.example/callback", NOW_S + settings.code_s)
    tokens.issue(
        conn,
        kind="access",
        authorization_id=granted.id,
        client_id=home.client.id,
        family=found.family,
        binding="",
        issued_s=NOW_S,
        expires_s=NOW_S + 1,
    )
    assert sharing.code_for(conn, home.asker, _now(conn, made), settings) == ""


def test_an_agreement_can_be_ended_by_either_side(conn: Conn, settings: Settings, home: Home, asked: Asked) -> None:
    made = sharing.invite(conn, home.asker, asked, settings)
    with pytest.raises(Conflict):
        sharing.terminate(conn, home.asker, made.number, settings)
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    assert sharing.terminate(conn, home.asker, made.number, settings).state == "TERMINATED_BY_CSP"
    sharing.restore(conn, grants.authorization(conn, granted.id), settings=settings, actor=home.asker)
    assert _now(conn, made).state == "ACTIVE"
    sharing.end(conn, grants.authorization(conn, granted.id), "customer", settings=settings, actor=home.ada)
    assert (_now(conn, made).state, _now(conn, made).reason) == ("TERMINATED_BY_CUSTOMER", "customer")
