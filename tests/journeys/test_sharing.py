"""A customer looks at the apps that see her data, what they read, and ends it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest
from flask import Flask

from espi import access, scope, sharing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S
from espi.config import Settings
from espi.sharing import Terms, receipts
from espi.store import clients, directory, grants, parties, people, tokens
from espi.store.database import Database
from espi.web.site import EXTENSION
from tests import factories
from tests.consent import SCOPE
from tests.factories import NOW_S
from tests.journeys.conftest import Reader, World


@dataclass(frozen=True)
class Shared:
    """Ada's grant to Moony, a token of it, and the database."""

    database: Database
    settings: Settings
    moony: int
    grant: grants.Authorization
    token: str

    @property
    def now(self) -> grants.Authorization:
        with self.database.read() as conn:
            return grants.authorization(conn, self.grant.id)

    @property
    def page(self) -> str:
        return f"/apps/{self.grant.path_id}"

    def read(self, action: str = "subscription:read") -> None:
        """Moony reads with its token, as the interface asks the gate."""
        asker = Principal(Role.third_party, self.moony, str(TokenKind.customer), "moony", self.grant.id)
        with self.database.write() as conn:
            access.reach(conn, asker, action, settings=self.settings, target="Batch/Subscription/{subscription}")


@pytest.fixture
def shared(app: Flask, world: World) -> Shared:
    here = app.extensions[EXTENSION]
    with here.database.write() as conn:
        moony = grants.add_third_party(
            conn, "Moony", grants.PRODUCTION, {"client_uri": "https://moony.example", "scope": [SCOPE]}
        )
        client = clients.add_client(conn, role="third_party", party_id=moony, kind="main", now_s=NOW_S)
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        customer = next(
            number
            for number in range(1, 9)
            if conn.execute(parties.own_tenancies(number)).first()
            and directory.customer(conn, factories.reach_of_utility(utility.id), number).name == "Ada Lovelace"
        )
        ada = Principal(Role.customer, customer, "password", "ada")
        terms = Terms(scope.parse(SCOPE), (home,), NOW_S + 90 * DAY_S, words=("How much electricity you use",))
        third_party = grants.third_party(conn, moony)
        made = sharing.grant(conn, ada, third_party, terms, settings=here.settings, client_id=client.id)
        token = tokens.issue(
            conn,
            kind="access",
            authorization_id=made.id,
            client_id=client.id,
            family="f",
            binding="",
            issued_s=NOW_S,
            expires_s=NOW_S + 3600,
        )
    return Shared(here.database, here.settings, moony, made, token)


def test_the_first_page_leads_to_the_apps(shared: Shared, ada: Reader) -> None:
    assert 'href="/apps"' in ada.get("/").text
    page = ada.get("/apps").text
    for said in ("Moony", "Sees your data", "June 15, 2025", "September 13, 2025", "never yet", "…0017"):
        assert said in page, said


def test_only_customers_have_apps(shared: Shared, app: Flask) -> None:
    assert "/login" in Reader(app).get("/apps").headers["Location"]
    for name in ("bluebonnet", "clerk", "regulator"):
        reader = Reader(app)
        reader.log_in(name)
        assert 'href="/apps"' not in reader.get("/").text
        assert reader.get("/apps").status_code == 403
        assert reader.get(shared.page).status_code == 403


def test_a_customer_does_not_see_or_end_what_another_shares(shared: Shared, app: Flask) -> None:
    with shared.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        joan = factories.tenant(
            conn, factories.usage_point(conn, utility.id, esiid="10443729000000555"), factories.TODAY - 9, name="Joan"
        )
        people.add_login(conn, "joan", "correct horse battery staple", "customer", joan)
    joan_reads = Reader(app)
    joan_reads.log_in("joan")
    assert "No app sees your data." in joan_reads.get("/apps").text
    for path in (shared.page, f"{shared.page}/receipts/1.json"):
        assert joan_reads.get(path).status_code == 404
    for path in ("end", "renew", "shorten"):
        answer = joan_reads.fill_in("/apps", f"{shared.page}/{path}", until="2025-07-01", months="3")
        assert answer.status_code == 404
    joan_reads.fill_in("/apps", "/apps/end")
    assert shared.now == shared.grant


def test_she_sees_who_read_what_and_when(shared: Shared, ada: Reader) -> None:
    shared.read()
    shared.read()
    shared.read("change:read")
    page = ada.get(shared.page).text
    assert page.count("Read your energy data") == 2
    assert "Looked for what is new" in page
    assert "Jun 15, 2025" in page
    assert "never yet" not in ada.get("/apps").text


def test_ending_it_takes_effect_at_once(shared: Shared, ada: Reader) -> None:
    answer = ada.fill_in(shared.page, f"{shared.page}/end")
    assert answer.status_code == 303
    assert (shared.now.status, shared.now.ended_by) == (grants.REVOKED, "customer")
    with shared.database.read() as conn:
        found = tokens.token(conn, shared.token)
        assert found is not None
        assert not found.counts(NOW_S)
    page = ada.get(answer.headers["Location"]).text
    assert "Ended. From now on it gets nothing, and it is told so within a minute." in page
    assert "You ended it" in page
    assert "Stop sharing now" not in page


def test_all_can_be_ended_with_one_click(shared: Shared, ada: Reader) -> None:
    answer = ada.fill_in("/apps", "/apps/end")
    assert "No app sees your data." in ada.get(answer.headers["Location"]).text
    assert shared.now.status == grants.REVOKED


def test_it_can_end_sooner_or_go_on(shared: Shared, ada: Reader) -> None:
    ada.fill_in(shared.page, f"{shared.page}/shorten", until="2025-06-30")
    assert "June 30, 2025" in ada.get(shared.page).text
    assert shared.now.ends_s < shared.grant.ends_s
    ada.fill_in(shared.page, f"{shared.page}/renew", months="12")
    assert shared.now.ends_s == sharing.end_after(NOW_S, 12, factories.ZONE)
    for path, fields in (("shorten", {"until": "2027-01-01"}), ("renew", {"months": "24"}), ("renew", {"months": "1"})):
        assert ada.fill_in(shared.page, f"{shared.page}/{path}", **fields).status_code == 400


def test_a_receipt_can_be_kept_and_anybody_can_check_it(shared: Shared, ada: Reader, app: Flask) -> None:
    answer = ada.get(f"{shared.page}/receipts/1.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    keys = json.loads(Reader(app).get("/.well-known/consent-keys.json").text)["keys"]
    record = receipts.verify(answer.text, keys)
    assert (record["what"], record["scope_words"]) == ("granted", ["How much electricity you use"])
    assert set(keys[0]) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert ada.get(f"{shared.page}/receipts/2.json").status_code == 404
    ada.fill_in(shared.page, f"{shared.page}/end")
    assert receipts.verify(ada.get(f"{shared.page}/receipts/2.json").text, keys)["what"] == "ended"


def test_nothing_is_ended_without_the_token_of_our_form(shared: Shared, ada: Reader) -> None:
    assert ada.post(f"{shared.page}/end").status_code == 400
    assert shared.now == shared.grant


def test_it_speaks_spanish(shared: Shared, ada: Reader) -> None:
    page = ada.get("/apps?language=es").text
    for said in ("Quién puede ver mis datos", "Ve sus datos", "Dejar de compartir con Moony", "todavía nunca"):
        assert said in page, said
    assert re.search(r"15 de junio de 2025", page)
