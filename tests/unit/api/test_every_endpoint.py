"""Every address of the resource endpoint, with every kind of token: what is answered, in one table (endpoints.csv).

Tokens are the standard's: A of a customer's grant, C of a client, R of a registration, REP of a REP's client, U for
uploads, D of the custodian. 400: may be asked, but nothing was sent with it. 404: may be asked, but there is none here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from espi.api.routes import ENDPOINTS
from espi.clock import zone
from espi.store import summaries
from tests import custodian, databases, factories
from tests.custodian import Custodian
from tests.factories import NOW_S, TODAY

TABLE = Path(__file__).parent / "endpoints.csv"
CASES = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
TOKENS = ("A", "C", "R", "REP", "U", "D", "expired", "none")
ATOM = "{http://www.w3.org/2005/Atom}"


def _bill() -> dict[str, object]:
    start_s = zone(factories.ZONE).day_start_s(TODAY - 10)
    period = {"duration": 10 * 86_400, "start": start_s}
    return {"billingPeriod": period, "currency": 840, "qualityOfReading": 14, "statusTimeStamp": start_s}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    found = custodian.fill(tmp_path_factory.mktemp("custodian"))
    folder = tmp_path_factory.mktemp("bills")
    with custodian.opened(found, folder) as espi, espi.database.write() as conn:
        summaries.put_usage_summary(conn, espi.points[0], TODAY - 10, TODAY, _bill(), now_s=NOW_S)
        quality = {"summaryInterval": _bill()["billingPeriod"]}
        summaries.put_power_quality(conn, espi.points[0], TODAY - 10, TODAY, quality, now_s=NOW_S)
    return custodian.Filled(databases.save(folder), found.made)


@pytest.fixture(scope="module")
def espi(filled: custodian.Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path_factory.mktemp("custodian")) as found:
        yield found


@pytest.fixture(scope="module")
def known(espi: Custodian) -> list[str]:
    return addresses(espi)


def addresses(espi: Custodian) -> list[str]:
    """The addresses of everything that the first grant opens."""
    found = []
    for batch in (f"Subscription/{espi.grant.subscription_path_id}", f"RetailCustomer/{espi.grant.personal_path_id}"):
        document = espi.get(f"/Batch/{batch}", "A").data
        links = etree.fromstring(document).iter(f"{ATOM}link")
        found += [link.get("href", "").removeprefix(espi.settings.resource_url) for link in links]
    return found


def address(espi: Custodian, known: list[str], pattern: str) -> str:
    """An address of a pattern: of something that is there, where there is such a thing."""
    told = {
        "subscription_id": espi.grant.subscription_path_id,
        "retail_customer_id": espi.grant.personal_path_id,
        "authorization_id": espi.grant.path_id,
        "application_information_id": espi.sunny.path_id,
        "bulk_id": espi.sunny.path_id,
    }
    as_text = re.sub("<[a-z_]+>", "[^/]+", pattern)
    for href in known:
        if re.fullmatch(as_text, href):
            return href
    ids = {name: value for href in known for name, value in _ids(pattern, href)} | told
    return re.sub("<([a-z_]+)>", lambda found: str(ids.get(found[1], 1)), pattern)


def _ids(pattern: str, href: str) -> Iterator[tuple[str, str]]:
    """The ids of the resources of a pattern, wherever else they lie."""
    for resource, name in re.findall("([A-Za-z]+)/<([a-z_]+)>", pattern):
        if found := re.search(f"/{resource}/([0-9]+)", href):
            yield name, found[1]


def status(espi: Custodian, method: str, path: str, token: str) -> int:
    return espi.call(method, path, token).status_code


def test_the_table_names_every_endpoint() -> None:
    there = [(method, each.pattern) for each in ENDPOINTS for method in each.methods]
    assert [(case["method"], case["pattern"]) for case in CASES] == sorted(there, key=lambda pair: pair[::-1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']} {case['pattern']}")
def test_each_endpoint_answers_each_kind_of_token_as_the_table_has_it(
    espi: Custodian, known: list[str], filled: custodian.Filled, tmp_path: Path, case: dict[str, str]
) -> None:
    path = address(espi, known, case["pattern"])
    if case["method"] != "DELETE":
        assert {token: status(espi, case["method"], path, token) for token in TOKENS} == _expected(case)
        return
    found = {}
    for token in TOKENS:
        folder = tmp_path / token
        folder.mkdir()
        with custodian.opened(filled, folder) as fresh:
            found[token] = status(fresh, "DELETE", path, token)
    assert found == _expected(case)


def _expected(case: dict[str, str]) -> dict[str, int]:
    return {token: int(case[token]) for token in TOKENS}
