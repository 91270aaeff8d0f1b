"""What a custodian token may write, entry by entry; what the model cannot honestly do says which verbs there are."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from espi.atom import schema
from espi.clock import zone
from espi.store import directory
from tests import custodian, factories
from tests.custodian import Custodian
from tests.factories import TODAY

ESPI = "{http://naesb.org/espi}"
ATOM = "{http://www.w3.org/2005/Atom}"
CASES = list(csv.DictReader((Path(__file__).parent / "writing_cases.csv").read_text("utf-8").splitlines()))
TOKENS = [name for name in CASES[0] if name not in {"method", "path"}]
START_S = zone(factories.ZONE).day_start_s(TODAY - 40)
BODIES = {
    "ReadingType": "<powerOfTenMultiplier>3</powerOfTenMultiplier><uom>72</uom>",
    "UsagePoint": "<ServiceCategory><kind>0</kind></ServiceCategory>",
    "IntervalBlock": (
        f"<interval><duration>86400</duration><start>{START_S}</start></interval>"
        f"<IntervalReading><timePeriod><duration>900</duration><start>{START_S}</start></timePeriod>"
        "<value>4321</value></IntervalReading>"
    ),
    "UsageSummary": (
        f"<billingPeriod><duration>864000</duration><start>{START_S}</start></billingPeriod>"
        "<billLastPeriod>4711</billLastPeriod><currency>840</currency><qualityOfReading>14</qualityOfReading>"
        f"<statusTimeStamp>{START_S}</statusTimeStamp>"
    ),
    "ElectricPowerQualitySummary": (
        f"<summaryInterval><duration>864000</duration><start>{START_S}</start></summaryInterval>"
        "<supplyVoltageDips>3</supplyVoltageDips>"
    ),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    return custodian.fill(tmp_path_factory.mktemp("custodian"))


@pytest.fixture
def espi(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path) as found:
        yield found


def _entry(resource: str, inner: str = "") -> bytes:
    return (
        f"<entry xmlns='http://www.w3.org/2005/Atom'><id>urn:uuid:0a1b2c3d-0000-5000-8000-00000000000e</id>"
        f"<title>x</title><content><{resource} xmlns='http://naesb.org/espi'>{inner or BODIES[resource]}</{resource}>"
        "</content></entry>"
    ).encode()


def _names(espi: Custodian) -> dict[str, str]:
    with espi.database.read() as conn:
        (point,) = directory.usage_points(conn, factories.reach_of((espi.points[0], TODAY - 1, TODAY)))
        channels = directory.channels(conn, factories.reach_of((point.id, TODAY - 1, TODAY)), point.id)
    (series,) = [each.path_id for each in channels if each.series == "interval"]
    path = f"/Subscription/{espi.grant.subscription_path_id}/UsagePoint/{point.path_id}"
    return {"point": path, "series": str(series)}


def _post(espi: Custodian, path: str, resource: str, inner: str = "") -> TestResponse:
    return espi.call("POST", path.format(**_names(espi)), "D", _entry(resource, inner))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']} {case['path']}")
def test_each_kind_of_token_may_write_what_it_may(espi: Custodian, case: dict[str, str]) -> None:
    path, resource = case["path"].format(**_names(espi)), case["path"].rpartition("/")[2]
    for token in TOKENS:
        body = _entry(resource) if resource in BODIES else b""
        answer = espi.call(case["method"], path, token, body)
        assert answer.status_code == int(case[token]), token
        if answer.status_code == 201:
            assert schema.validate(answer.data) == []
        if answer.status_code == 405:
            assert "GET" in answer.headers["Allow"]


def test_what_was_written_is_found_at_the_address_that_is_told(espi: Custodian) -> None:
    for path, resource in (
        ("/ReadingType", "ReadingType"),
        ("{point}/MeterReading/{series}/IntervalBlock", "IntervalBlock"),
        ("{point}/UsageSummary", "UsageSummary"),
        ("{point}/ElectricPowerQualitySummary", "ElectricPowerQualitySummary"),
    ):
        made = _post(espi, path, resource)
        assert made.status_code == 201, made.text
        found = espi.get(made.headers["Location"].removeprefix(espi.settings.resource_url), "D")
        assert found.status_code == 200
        own = etree.fromstring(found.data).find(f"{ATOM}content/{ESPI}{resource}")
        assert own is not None


def test_a_block_corrects_the_days_that_it_holds(espi: Custodian) -> None:
    path = "{point}/MeterReading/{series}/IntervalBlock"
    assert b"<espi:value>4321</espi:value>" in _post(espi, path, "IntervalBlock").data
    inner = BODIES["IntervalBlock"].replace("4321", "1234")
    assert b"<espi:value>1234</espi:value>" in _post(espi, path, "IntervalBlock", inner).data


def test_the_same_reading_type_is_the_same(espi: Custodian) -> None:
    one, other = _post(espi, "/ReadingType", "ReadingType"), _post(espi, "/ReadingType", "ReadingType")
    assert one.headers["Location"] == other.headers["Location"]


@pytest.mark.parametrize(
    ("path", "resource", "inner"),
    [
        ("{point}/MeterReading/{series}/IntervalBlock", "IntervalBlock", "<interval/>"),
        ("{point}/UsageSummary", "UsageSummary", "<currency>840</currency>"),
        ("/ReadingType", "ReadingType", " "),
        ("/ReadingType", "UsagePoint", ""),
    ],
)
def test_what_says_too_little_is_refused_with_a_reason(espi: Custodian, path: str, resource: str, inner: str) -> None:
    answer = _post(espi, path, resource, inner)
    assert answer.status_code == 400
    assert b"<title>" in answer.data


def test_series_that_are_made_of_others_are_not_written(espi: Custodian) -> None:
    assert _post(espi, "{point}/MeterReading/100000000000000/IntervalBlock", "IntervalBlock").status_code == 404
