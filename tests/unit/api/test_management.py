"""Registrations, consents and the service status: which token may do what, and what is answered."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from espi.atom import schema
from espi.store import events, grants
from tests import custodian
from tests.custodian import Custodian

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
CASES = list(csv.DictReader((Path(__file__).parent / "management_cases.csv").read_text("utf-8").splitlines()))
TOKENS = [name for name in CASES[0] if name not in {"method", "path"}]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    return custodian.fill(tmp_path_factory.mktemp("custodian"))


@pytest.fixture
def espi(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path) as found:
        yield found


def _path(espi: Custodian, pattern: str) -> str:
    return pattern.format(grant=espi.grant.path_id, application=espi.sunny.path_id)


def _texts(document: bytes, name: str) -> list[str]:
    return [each.text or "" for each in etree.fromstring(document).iter(f"{ESPI}{name}")]


def _replaced(document: bytes, old: str, new: str) -> bytes:
    assert old.encode() in document
    return document.replace(old.encode(), new.encode())


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']} {case['path']}")
def test_each_kind_of_token_may_do_what_is_for_it(espi: Custodian, case: dict[str, str], token: str) -> None:
    path, body = _path(espi, case["path"]), b""
    if case["method"] in {"PUT", "POST"}:
        resource = case["path"].split("/")[1]
        saved = {"Authorization": espi.grant.path_id, "ApplicationInformation": espi.sunny.path_id}[resource]
        body = espi.get(f"/{resource}/{saved}", "D").data
        if case["method"] == "POST":
            body = _replaced(body, "client_name>Sunny<", "client_name>Cloudless<")
    answer = espi.call(case["method"], path, token, body)
    assert answer.status_code == int(case[token])
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if answer.status_code in {200, 201}:
        assert schema.validate(answer.data) == []


def test_an_authorization_tells_periods_and_addresses_and_no_customer(espi: Custodian) -> None:
    found = espi.get(f"/Authorization/{espi.grant.path_id}", "C")
    resources = espi.settings.resource_url
    assert _texts(found.data, "resourceURI") == [f"{resources}/Batch/Subscription/{espi.grant.subscription_path_id}"]
    assert _texts(found.data, "authorizationURI") == [f"{resources}/Authorization/{espi.grant.path_id}"]
    assert _texts(found.data, "customerResourceURI") == [
        f"{resources}/Batch/RetailCustomer/{espi.grant.personal_path_id}"
    ]
    assert _texts(found.data, "token_type") == ["Bearer"]
    assert _texts(found.data, "grant_type") == ["authorization_code"]
    assert int(_texts(found.data, "expires_at")[0]) > 0
    for period in ("authorizedPeriod", "publishedPeriod"):
        assert len(list(etree.fromstring(found.data).iter(f"{ESPI}{period}"))) == 1
    assert "Ada" not in found.text


def test_a_client_token_sees_all_of_its_application_and_a_rep_its_own_one(espi: Custodian) -> None:
    own = _texts(espi.get("/Authorization", "C").data, "authorizationURI")
    assert {f"{espi.settings.resource_url}/Authorization/{each.path_id}" for each in (espi.grant, espi.second)} < set(
        own
    )
    assert len(own) == 4, "two grants, and what the client and registration tokens stand for"
    assert len(_texts(espi.get("/Authorization", "REP").data, "authorizationURI")) == 1
    assert len(_texts(espi.get("/Authorization", "D").data, "authorizationURI")) == 3


def test_authorizations_can_be_paged_and_asked_for_by_their_changes(espi: Custodian) -> None:
    assert espi.get("/Authorization?max-results=1", "C").text.count("<entry>") == 1
    assert espi.get("/Authorization?start-index=4", "C").text.count("<entry>") == 1
    now_s = espi.settings.clock.now_s()
    assert espi.get(f"/Authorization?updated-min={now_s + 1}", "C").text.count("<entry>") == 0
    assert espi.get("/Authorization?updated-min=All", "C").status_code == 400
    tag = espi.get("/Authorization", "C").headers["ETag"]
    assert espi.get("/Authorization", "C", If_None_Match=tag).status_code == 304


def test_a_grant_that_its_third_party_ended_lives_again_when_the_saved_entry_is_put_back(espi: Custodian) -> None:
    path = f"/Authorization/{espi.grant.path_id}"
    saved = espi.get(path, "C").data
    assert espi.call("PUT", path, "C", saved).status_code == 200
    assert espi.call("DELETE", path, "C").status_code == 200
    assert _texts(espi.get(path, "C").data, "status") == ["0"]
    restored = espi.call("PUT", path, "C", saved)
    assert (restored.status_code, _texts(restored.data, "status")) == (200, ["1"])


def test_status_0_ends_a_grant_and_what_a_customer_ended_stays_ended(espi: Custodian) -> None:
    path = f"/Authorization/{espi.grant.path_id}"
    saved = espi.get(path, "C").data
    ended = espi.call("PUT", path, "C", _replaced(saved, "status>1<", "status>0<"))
    assert (ended.status_code, _texts(ended.data, "status")) == (200, ["0"])
    with espi.database.write() as conn:
        grants.set_authorization_status(
            conn, espi.grant.id, grants.REVOKED, now_s=espi.settings.clock.now_s(), ended_by="customer"
        )
    assert espi.call("PUT", path, "C", saved).status_code == 409


def test_a_third_party_cannot_widen_what_was_agreed_to(espi: Custodian) -> None:
    path = f"/Authorization/{espi.grant.path_id}"
    saved = espi.get(path, "C").data
    wider = espi.call("PUT", path, "C", _replaced(saved, "HistoryLength=34128000", "HistoryLength=94608000"))
    assert wider.status_code == 400
    assert "new authorization" in wider.text


@pytest.mark.parametrize("body", [b"", b"?", b"<entry/>", b"<feed xmlns='http://www.w3.org/2005/Atom'/>"])
def test_what_is_no_entry_of_the_resource_is_refused_with_a_reason(espi: Custodian, body: bytes) -> None:
    for path, token in (
        (f"/Authorization/{espi.grant.path_id}", "C"),
        (f"/ApplicationInformation/{espi.sunny.path_id}", "R"),
    ):
        answer = espi.call("PUT", path, token, body)
        assert answer.status_code == 400
        assert b"<title>" in answer.data


def test_a_registration_changes_what_the_third_party_says_of_itself_only(espi: Custodian) -> None:
    path = f"/ApplicationInformation/{espi.sunny.path_id}"
    saved = espi.get(path, "R").data
    changed = _replaced(saved, "software_version>1.0<", "software_version>2.0<")
    changed = _replaced(changed, "dataCustodianApplicationStatus>2<", "dataCustodianApplicationStatus>1<")
    changed = _replaced(changed, f"{espi.settings.base_url}/oauth/token<", "https://evil.example/token<")
    answer = espi.call("PUT", path, "R", changed)
    assert answer.status_code == 200
    assert _texts(answer.data, "software_version") == ["2.0"]
    assert _texts(answer.data, "dataCustodianApplicationStatus") == ["2"]
    assert _texts(answer.data, "authorizationServerTokenEndpoint") == [f"{espi.settings.base_url}/oauth/token"]
    with espi.database.read() as conn:
        told = [each.kind for each in events.events(conn, espi.sunny.id)]
        content = grants.third_party(conn, espi.sunny.id).content
    assert told[-1] == "registration.changed"
    assert content["redirect_uri"] == custodian.CONTENT["redirect_uri"]


def test_a_registration_cannot_ask_for_more_than_is_offered(espi: Custodian) -> None:
    path = f"/ApplicationInformation/{espi.sunny.path_id}"
    changed = _replaced(espi.get(path, "R").data, "FB=1_3_", "FB=1_3_99_")
    assert espi.call("PUT", path, "R", changed).status_code == 400


def test_a_registration_that_was_taken_back_ends_its_grants_and_can_be_put_again(espi: Custodian) -> None:
    path = f"/ApplicationInformation/{espi.sunny.path_id}"
    saved = espi.get(path, "R").data
    assert espi.call("DELETE", path, "R").status_code == 200
    assert espi.get("/ReadServiceStatus", "A").status_code == 401, "the token of a grant that has ended"
    again = espi.call("PUT", path, "R", saved)
    assert (again.status_code, _texts(again.data, "dataCustodianApplicationStatus")) == (200, ["2"])
    assert _texts(espi.get(f"/Authorization/{espi.grant.path_id}", "C").data, "status") == ["0"]


def test_the_custodian_takes_a_registration_out_of_service_for_good(espi: Custodian) -> None:
    path = f"/ApplicationInformation/{espi.sunny.path_id}"
    saved = espi.get(path, "R").data
    assert espi.call("DELETE", path, "D").status_code == 200
    assert espi.call("PUT", path, "R", saved).status_code in {401, 403}


@pytest.mark.parametrize(
    ("accept", "root"),
    [
        ("application/atom+xml", f"{ESPI}ServiceStatus"),
        ("application/atom+xml;type=entry", f"{ATOM}entry"),
        ("application/atom+xml; type=feed", f"{ATOM}feed"),
    ],
)
def test_the_service_status_comes_bare_or_in_atom(espi: Custodian, accept: str, root: str) -> None:
    answer = espi.get("/ReadServiceStatus/", "C", Accept=accept, Content_Type="Application/atom+xml")
    assert etree.fromstring(answer.data).tag == root
    assert _texts(answer.data, "currentStatus") == ["1"]
    assert schema.validate(answer.data) == []
