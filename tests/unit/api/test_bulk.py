"""Bulk feeds: what a third party's grants, and a REP's being REP, let them see, and answers that a job prepares."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree
from werkzeug.test import TestResponse

from espi import sharing
from espi.api import Mount, make, prepared, preparing
from espi.atom import schema
from espi.clock import zone
from espi.jobs import Context, run_due
from espi.store import events, grants, jobs
from espi.store.database import Database
from tests import custodian, factories
from tests.custodian import ROOT, Custodian
from tests.factories import TODAY

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
CASES = list(csv.DictReader((Path(__file__).parent / "bulk_cases.csv").read_text("utf-8").splitlines()))
TOKENS = [name for name in CASES[0] if name not in {"method", "path"}]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> custodian.Filled:
    return custodian.fill(tmp_path_factory.mktemp("custodian"))


@pytest.fixture
def espi(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    with custodian.opened(filled, tmp_path) as found:
        yield found


@pytest.fixture
def strict(filled: custodian.Filled, tmp_path: Path) -> Iterator[Custodian]:
    """A custodian that lets nothing large be waited for."""
    with custodian.opened(filled, tmp_path, prepare_above_days=5) as found:
        yield found


def _names(espi: Custodian) -> dict[str, int]:
    bulk = espi.get(f"/Authorization/{espi.rep.authorization.path_id}", "REP").data
    (uri,) = [each.text or "" for each in etree.fromstring(bulk).iter(f"{ESPI}resourceURI")]
    return {
        "bulk": espi.sunny.path_id,
        "subscription": espi.grant.subscription_path_id,
        "rep_bulk": int(uri.rpartition("/")[2]),
        "rep_subscription": espi.rep.authorization.subscription_path_id,
    }


def _hrefs(document: bytes, resource: str) -> list[str]:
    root = etree.fromstring(document)
    entries = [each for each in root.iter(f"{ATOM}entry") if each.find(f"{ATOM}content/{ESPI}{resource}") is not None]
    return [link.get("href", "") for each in entries for link in each.iter(f"{ATOM}link") if link.get("rel") == "self"]


def _starts(document: bytes) -> list[int]:
    blocks = etree.fromstring(document).iter(f"{ESPI}interval")
    return [int(each.findtext(f"{ESPI}start") or 0) for each in blocks]


def _bulk(espi: Custodian, query: str = "", **headers: str) -> TestResponse:
    return espi.get(f"/Batch/Bulk/{espi.sunny.path_id}{query}", "C", **headers)


def _work(espi: Custodian, seconds: int = 0) -> int:
    return run_due(Context(custodian.later(espi.settings, seconds), espi.database))


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["path"])
def test_each_kind_of_token_gets_the_batches_that_it_may(espi: Custodian, case: dict[str, str], token: str) -> None:
    answer = espi.get(case["path"].format(**_names(espi)), token)
    assert answer.status_code == int(case[token])
    if answer.status_code == 200:
        assert schema.validate(answer.data) == []


def test_a_bulk_feed_holds_each_grants_usage_points_below_its_subscription(espi: Custodian) -> None:
    found = _bulk(espi)
    resources = espi.settings.resource_url
    (one, other) = _hrefs(found.data, "UsagePoint")
    assert one.startswith(f"{resources}/Subscription/{espi.grant.subscription_path_id}/UsagePoint/")
    assert other.startswith(f"{resources}/Subscription/{espi.second.subscription_path_id}/UsagePoint/")
    for shared in ("ReadingType", "LocalTimeParameters"):
        assert len(_hrefs(found.data, shared)) == 1, "what usage points share stands once"
    assert len(_starts(found.data)) == 2 * (TODAY - custodian.SINCE)
    assert found.headers["Content-Type"].startswith("application/atom+xml")
    own = etree.fromstring(found.data).find(f"{ATOM}link")
    assert own is not None
    assert own.get("href") == f"{resources}/Batch/Bulk/{espi.sunny.path_id}"


def test_query_parameters_count_in_bulk_too(espi: Custodian) -> None:
    some = _bulk(espi, "?published-min=2025-06-13T05:00:00Z")
    assert len(_starts(some.data)) == 4
    assert len(_hrefs(some.data, "UsagePoint")) == 2
    assert _bulk(espi, "?max-results=3").text.count("<entry>") == 3
    assert _bulk(espi, "?published-min=All").status_code == 400


def test_a_bulk_that_is_named_in_a_scope_holds_the_grants_of_that_name(espi: Custodian) -> None:
    with espi.database.write() as conn:
        bulk = custodian.share(
            conn, espi.settings, espi.sunny, espi.second.customer_id, espi.points[1:], text=f"{custodian.SCOPE};BR=sun1"
        )
    found = espi.get("/Batch/Bulk/sun1", "C")
    assert [href.split("/Subscription/")[1].split("/")[0] for href in _hrefs(found.data, "UsagePoint")] == [
        str(bulk.subscription_path_id)
    ]


def test_a_rep_gets_the_points_that_it_serves_on_the_days_that_it_serves_them(espi: Custodian) -> None:
    names = _names(espi)
    start = zone(factories.ZONE).day_start_s
    expected = [start(day) for day in range(TODAY - 10, TODAY)] + [start(day) for day in range(TODAY - 20, TODAY - 5)]
    for path in (f"/Batch/Bulk/{names['rep_bulk']}", f"/Batch/Subscription/{names['rep_subscription']}"):
        found = espi.get(path, "REP")
        assert sorted(_starts(found.data)) == sorted(expected)
    points = espi.get(f"/Subscription/{names['rep_subscription']}/UsagePoint", "REP")
    assert len(_hrefs(points.data, "UsagePoint")) == 2


def test_a_long_list_of_usage_points_is_paged_through_and_prepared_too(espi: Custodian) -> None:
    path = f"/Subscription/{_names(espi)['rep_subscription']}/UsagePoint"
    assert len(_hrefs(espi.get(f"{path}?max-results=1", "REP").data, "UsagePoint")) == 1
    few = replace(espi.settings, prepare_above_days=1)
    strict = replace(espi, app=Mount(espi.app, make(few, espi.database)), settings=few)
    assert strict.get(path, "REP").status_code == 202
    _work(strict)
    found = strict.get(path, "REP")
    assert (found.status_code, schema.validate(found.data)) == (200, [])
    assert len(_hrefs(found.data, "UsagePoint")) == 2


def test_what_is_too_large_to_wait_for_is_prepared_and_then_given(strict: Custodian) -> None:
    first = _bulk(strict)
    assert (first.status_code, first.data) == (202, b"")
    assert int(first.headers["Retry-After"]) >= 1
    address = first.headers["Location"]
    assert address.startswith(f"{strict.settings.base_url}/api/v1/jobs/")
    assert first.headers["Link"] == f'<{address}>; rel="monitor"'
    assert _bulk(strict).headers["Location"] == address, "asking again joins the job"
    assert _work(strict) >= 1
    plain = _bulk(strict)
    packed = _bulk(strict, Accept_Encoding="gzip")
    assert (plain.status_code, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(packed.data) == plain.data
    assert schema.validate(plain.data) == []
    assert len(_hrefs(plain.data, "UsagePoint")) == 2


def test_the_third_party_is_told_where_the_prepared_answer_is(strict: Custodian) -> None:
    _bulk(strict)
    _bulk(strict, "?published-min=2025-06-13T05:00:00Z&published-max=2025-06-14T05:00:00Z")
    _work(strict)
    with strict.database.read() as conn:
        told = [each.resources for each in events.events(conn, strict.sunny.id) if each.kind == "batch.ready"]
    assert told[0] == (f"Batch/Bulk/{strict.sunny.path_id}",)
    ((named,),) = told[1:]
    assert "&" not in named
    assert len(_starts(strict.get(f"/{named}", "C").data)) == 2
    assert strict.get(f"/{named}", "C-other").status_code in {403, 404}
    assert strict.get(f"/Batch/Bulk/{strict.sunny.path_id}?prepared=7", "C").status_code == 404


def test_a_large_subscription_is_prepared_for_its_own_token_only(strict: Custodian) -> None:
    path = f"/Batch/Subscription/{strict.grant.subscription_path_id}"
    assert strict.get(path, "A").status_code == 202
    _work(strict)
    assert strict.get(path, "A").status_code == 200
    assert strict.get(path, "A2").status_code == 403


def test_whoever_prefers_not_to_wait_is_told_later(espi: Custodian) -> None:
    waiting = _bulk(espi, Prefer="respond-async, wait=5")
    assert (waiting.status_code, waiting.headers["Preference-Applied"]) == (202, "respond-async")
    assert _bulk(espi).status_code == 200, "small as it is, it need not be prepared"
    _work(espi)
    assert _bulk(espi, Prefer="respond-async").status_code == 200


def test_an_application_may_have_all_of_its_bulk_prepared(espi: Custodian) -> None:
    with espi.database.write() as conn:
        content = {**espi.sunny.content, "bulk_async": True}
        grants.change_third_party(conn, espi.sunny.id, content=content, now_s=espi.settings.clock.now_s())
    assert _bulk(espi).status_code == 202
    _work(espi)
    assert _bulk(espi).status_code == 200


def _later(espi: Custodian, seconds: int) -> Custodian:
    settings = custodian.later(espi.settings, seconds)
    return replace(espi, app=Mount(espi.app, make(settings, espi.database)), settings=settings)


def test_an_answer_is_given_until_it_was_fetched_and_there_is_something_newer(strict: Custodian) -> None:
    _bulk(strict)
    _work(strict)
    with strict.database.write() as conn:
        custodian.receive_file(conn, strict.settings.clock.now_s() + 60)
    assert _bulk(strict).status_code == 200, "what was announced is there, though something newer came in"
    assert _bulk(strict).status_code == 202, "once fetched, the next is made of the newest"
    _work(strict)
    assert _bulk(strict).status_code == 200
    assert _bulk(_later(strict, 25 * 3600)).status_code in {202, 401}


def test_when_a_grant_ends_nothing_prepared_of_it_is_given(strict: Custodian) -> None:
    _bulk(strict)
    _work(strict)
    later = _later(strict, 60)
    with later.database.write() as conn:
        found = grants.authorization(conn, later.second.id)
        sharing.end(conn, found, "customer", settings=later.settings, actor="ada")
    later = _later(strict, 120)
    assert _bulk(later).status_code == 202
    _work(later)
    assert len(_hrefs(_bulk(later).data, "UsagePoint")) == 1


def test_when_a_subscription_ends_its_jobs_and_parts_go(strict: Custodian) -> None:
    strict.get(f"/Batch/Subscription/{strict.grant.subscription_path_id}", "A")
    _work(strict)
    with strict.database.write() as conn:
        found = grants.authorization(conn, strict.grant.id)
        sharing.end(conn, found, "customer", settings=strict.settings, actor="ada")
        assert jobs.jobs(conn, kind=prepared.KIND) == []


def _forget(espi: Custodian, seconds: int) -> int:
    settings = custodian.later(espi.settings, seconds)
    with espi.database.write() as conn:
        jobs.add_job(conn, prepared.FORGET, {}, now_s=settings.clock.now_s())
    run_due(Context(settings, espi.database))
    with espi.database.read() as conn:
        return len(jobs.jobs(conn, kind=prepared.KIND))


def test_what_a_customer_took_back_is_not_kept_either(strict: Custodian) -> None:
    _bulk(strict)
    _work(strict)
    assert _forget(strict, 30) == 1
    with strict.database.write() as conn:
        found = grants.authorization(conn, strict.second.id)
        sharing.end(conn, found, "customer", settings=custodian.later(strict.settings, 60), actor="ada")
    assert _forget(strict, 90) == 0


def test_a_prepared_answer_is_kept_for_the_hours_that_are_set(strict: Custodian) -> None:
    _bulk(strict)
    _work(strict)
    assert _forget(strict, 23 * 3600) == 1
    assert _forget(strict, 25 * 3600) == 0


def test_what_could_not_be_prepared_says_why_and_is_tried_again(strict: Custodian) -> None:
    _bulk(strict)
    with strict.database.write() as conn:
        job = jobs.claim(conn, strict.settings.clock.now_s())
        while job is not None and job.kind != prepared.KIND:
            jobs.finish(conn, job, {}, strict.settings.clock.now_s())
            job = jobs.claim(conn, strict.settings.clock.now_s())
        assert job is not None
        jobs.give_up(conn, job, "The disk is full.", strict.settings.clock.now_s())
    failed = _bulk(strict)
    assert failed.status_code == 503
    assert "disk is full" in failed.text
    assert int(failed.headers["Retry-After"]) > 0
    assert _bulk(_later(strict, 601)).status_code == 202


def test_parts_are_no_longer_than_they_need_be_and_progress_is_seen(
    strict: Custodian, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "PART_BYTES", 200)
    _bulk(strict)
    _work(strict)
    with strict.database.read() as conn:
        (job,) = jobs.jobs(conn, kind=prepared.KIND)
    assert (job.state, job.done, job.total) == (jobs.DONE, 2, 2)
    assert schema.validate(_bulk(strict).data) == []
    assert ROOT in strict.settings.resource_url


def test_bulk_persons_and_what_is_prepared_are_the_same_on_postgresql(
    postgresql_database: Database, tmp_path: Path
) -> None:
    database = postgresql_database
    settings = custodian.settings_of(tmp_path, prepare_above_days=5)
    with database.write() as conn:
        made = custodian.make_custodian(conn, settings)
    espi = Custodian(Mount(Flask("elsewhere"), make(settings, database)), database, settings, **made)
    assert _bulk(espi).status_code == 202
    assert _work(espi) >= 1
    found = _bulk(espi)
    assert schema.validate(found.data) == []
    assert len(_starts(found.data)) == 2 * (TODAY - custodian.SINCE)
    persons = espi.get(f"/Batch/RetailCustomer/{espi.grant.personal_path_id}", "A")
    assert schema.validate(persons.data) == []
    assert espi.get("/Authorization", "C").text.count("<entry>") == 4
