"""Retail customer resources: every level is there under its own consent, and nowhere else is a person to be found."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from espi.atom import schema
from espi.store import grants
from tests import custodian
from tests.custodian import Custodian

ATOM = "{http://www.w3.org/2005/Atom}"
CUST = "{http://naesb.org/espi/customer}"
CASES = list(csv.DictReader((Path(__file__).parent / "person_cases.csv").read_text("utf-8").splitlines()))
TOKENS = [name for name in CASES[0] if name not in {"method", "path"}]
LEVELS = {
    "Customer",
    "CustomerAccount",
    "CustomerAgreement",
    "ServiceSupplier",
    "ServiceLocation",
    "Meter",
    "EndDevice",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    return custodian.fill(tmp_path_factory.mktemp("custodian"))


@pytest.fixture
def espi(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path) as found:
        yield found


def _links(document: bytes, rel: str) -> list[str]:
    root = etree.fromstring(document)
    return [link.get("href", "") for link in root.iter(f"{ATOM}link") if link.get("rel") == rel]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["path"])
def test_each_kind_of_token_sees_the_persons_that_it_may(espi: Custodian, case: dict[str, str], token: str) -> None:
    path = case["path"].format(
        person=espi.grant.personal_path_id, subscription=espi.grant.subscription_path_id, bulk=espi.sunny.path_id
    )
    answer = espi.get(path, token)
    assert answer.status_code == int(case[token])
    if answer.status_code == 200:
        assert schema.validate(answer.data) == []


def test_every_level_can_be_reached_by_its_links_as_collection_and_as_member(espi: Custodian) -> None:
    batch = espi.get(f"/Batch/RetailCustomer/{espi.grant.personal_path_id}", "A").data
    root = etree.fromstring(batch)
    seen = {content[0].tag.removeprefix(CUST) for content in root.iter(f"{ATOM}content")}
    assert seen == LEVELS
    start = espi.settings.resource_url
    entries = [etree.tostring(each) for each in root.iter(f"{ATOM}entry")]
    for entry in entries:
        (own,), (up,) = _links(entry, "self"), _links(entry, "up")
        assert own.startswith(f"{start}/RetailCustomer/{espi.grant.personal_path_id}/Customer")
        member = espi.get(own.removeprefix(start), "A")
        assert (member.status_code, schema.validate(member.data)) == (200, [])
        assert _links(member.data, "self") == [own]
        collection = espi.get(up.removeprefix(start), "A")
        assert (collection.status_code, schema.validate(collection.data)) == (200, [])
        assert own in _links(collection.data, "self")


def test_places_name_usage_points_as_the_feed_of_usage_does(espi: Custodian) -> None:
    batch = etree.fromstring(espi.get(f"/Batch/RetailCustomer/{espi.grant.personal_path_id}", "A").data)
    (named,) = [each.text or "" for each in batch.iter(f"{CUST}UsagePoint")]
    assert named.startswith(f"{espi.settings.resource_url}/Subscription/{espi.grant.subscription_path_id}/UsagePoint/")
    usage = espi.get(f"/Batch/Subscription/{espi.grant.subscription_path_id}", "A")
    assert named in _links(usage.data, "self")
    assert "Ada" not in usage.text
    assert "Agave" not in usage.text


def test_what_is_not_there_below_a_customer_is_not_found(espi: Custodian) -> None:
    root = f"/RetailCustomer/{espi.grant.personal_path_id}/Customer"
    for path in (f"{root}/7", f"{root}/7/CustomerAccount", f"{root}/x"):
        assert espi.get(path, "A").status_code == 404


def test_feeds_of_persons_can_be_paged_and_are_not_kept(espi: Custodian) -> None:
    path = f"/Batch/RetailCustomer/{espi.grant.personal_path_id}"
    assert espi.get(f"{path}?max-results=2", "A").text.count("<entry>") == 2
    assert espi.get(f"{path}?depth=All", "A").status_code == 400
    assert espi.get(path, "A").headers["Cache-Control"] == "no-store"


def test_a_grant_without_the_person_opens_none(espi: Custodian) -> None:
    with espi.database.write() as conn:
        third = custodian.share(conn, espi.settings, espi.sunny, 1, espi.points[:1], personal=False)
        token = custodian.issue(conn, grants.authorization(conn, third.id))
    espi.tokens["third"] = token  # type: ignore[index]
    assert espi.get(f"/Batch/RetailCustomer/{espi.grant.personal_path_id}", "third").status_code == 403
    assert espi.get(f"/Batch/BulkRetailCustomerInfo/{espi.sunny.path_id}", "C").text.count("<entry>") == len(LEVELS)


def test_the_bulk_of_persons_holds_those_of_all_grants(espi: Custodian) -> None:
    answer = espi.get(f"/Batch/BulkRetailCustomerInfo/{espi.sunny.path_id}", "C")
    assert {"Ada", "Grace"} <= {each.text for each in etree.fromstring(answer.data).iter(f"{CUST}customerName")}
