"""What a utility sends as Green Button comes into the store, and corrects what it came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from espi.atom import schema
from espi.store import directory
from tests import custodian, factories
from tests.custodian import Custodian

PATH = "/Batch/RetailCustomer/100000000000001/UsagePoint"
ESPI = "{http://naesb.org/espi}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    return custodian.fill(tmp_path_factory.mktemp("custodian"))


@pytest.fixture
def espi(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path, max_upload_mb=1) as found:
        yield found


def _own(espi: Custodian) -> bytes:
    return espi.get(f"/Batch/Subscription/{espi.grant.subscription_path_id}", "D").data


def _send(espi: Custodian, body: bytes, kind: str = "U", path: str = PATH) -> TestResponse:
    return espi.call("POST", path, kind, body, Content_Type="application/atom+xml")


def test_a_feed_of_ours_that_is_corrected_and_sent_back_corrects_what_it_came_from(espi: Custodian) -> None:
    sent = _own(espi)
    assert sent.count(b"<espi:value>100</espi:value>") == 20
    corrected = sent.replace(b"<espi:value>100</espi:value>", b"<espi:value>7777</espi:value>", 1)
    answer = _send(espi, corrected)
    assert (answer.status_code, schema.validate(answer.data)) == (201, [])
    (point,) = etree.fromstring(answer.data).iter(f"{ESPI}UsagePoint")
    assert point is not None
    again = _own(espi)
    assert again.count(b"<espi:value>7777</espi:value>") == 1
    assert again.count(b"<espi:MeterReading") == sent.count(b"<espi:MeterReading"), "no second series came of it"
    with espi.database.read() as conn:
        assert len(directory.usage_points(conn, factories.reach_of_utility(espi.utility))) == 3
    assert _send(espi, corrected).status_code == 200, "the same file again changes nothing"


def test_what_is_new_becomes_the_utilitys(espi: Custodian) -> None:
    sent = _own(espi)
    own = sent.split(b"urn:uuid:")[2][:36]
    answer = _send(
        espi, sent.replace(own, b"0a1b2c3d-0000-5000-8000-00000000000e"), "D", f"/Batch/Bulk/{espi.sunny.path_id}"
    )
    assert answer.status_code == 201
    with espi.database.read() as conn:
        assert len(directory.usage_points(conn, factories.reach_of_utility(espi.utility))) == 4


@pytest.mark.parametrize("body", [b"", b"?", b"<feed/>", b"<!DOCTYPE x><feed xmlns='http://www.w3.org/2005/Atom'/>"])
def test_what_is_not_green_button_is_refused_with_a_reason(espi: Custodian, body: bytes) -> None:
    answer = _send(espi, body)
    assert answer.status_code == 400
    assert b"<title>" in answer.data


def test_what_is_too_large_is_refused(espi: Custodian) -> None:
    assert _send(espi, b" " * ((1 << 20) + 1)).status_code == 413


@pytest.mark.parametrize("token", ["A", "C", "R", "REP", "none"])
def test_nobody_else_may_send(espi: Custodian, token: str) -> None:
    assert _send(espi, _own(espi), token).status_code == (401 if token == "none" else 403)


def test_an_upload_token_does_not_load_bulk(espi: Custodian) -> None:
    assert _send(espi, _own(espi), "U", f"/Batch/Bulk/{espi.sunny.path_id}").status_code == 403
