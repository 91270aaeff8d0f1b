"""What companies see of the files that are published for them, and for how long."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from espi import jobs, signing
from espi.access import Role
from espi.clock import DAY_S, FOREVER, Clock
from espi.config import Settings
from espi.delivery import bulk, publishing
from espi.delivery.bulk_part import Order
from espi.errors import BadInput
from espi.jobs import Context
from espi.store import grants, party_files
from espi.store import jobs as outbox
from espi.store.database import Database
from tests import factories
from tests.factories import NOW_S, TODAY

SCOPE = "FB=4_5;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
TEXT = b"esiid,start,wh\n" * 1000


def put(
    context: Context, text: bytes = TEXT, name: str = "report.csv", *, role: str = "rep", party: int = 1, **how: object
) -> int:
    kept = publishing.keep(context.settings, name, text)
    with context.database.write() as conn:
        return publishing.publish(conn, context.settings, role, party, kept, **how)  # type: ignore[arg-type]


def seen(context: Context, role: str = "rep", party: int = 1) -> dict[str, str]:
    with context.database.read() as conn:
        return {file.name: file.place for file in party_files.files_of(conn, role, party, context.now_s())}


def at(context: Context, now_s: int) -> Context:
    return Context(replace(context.settings, clock=Clock(fixed_s=now_s)), context.database)


@pytest.fixture
def context(settings: Settings, database: Database) -> Context:
    return Context(settings, database)


def grant(context: Context, third_party: int, ends_s: int = NOW_S + 9999, day: int = TODAY - 9) -> int:
    with context.database.write() as conn:
        utility = factories.utility(conn, f"U{factories.count()}", f"{factories.count():013d}")
        point = factories.usage_point(conn, utility)
        factories.fill(conn, point, TODAY - 1, TODAY)
        ada = factories.tenant(conn, point, day, FOREVER)
        share = [(point, day, TODAY + 5)]
        return grants.add_authorization(
            conn, third_party, ada, share, scope=SCOPE, starts_s=NOW_S, ends_s=ends_s, now_s=NOW_S
        )


def test_a_company_sees_its_own_files_and_nobody_elses(context: Context) -> None:
    put(context)
    put(context, name="asked.csv", folder=party_files.ADHOC)
    assert seen(context) == {"asked.csv": "adhoc", "report.csv": "outbox"}
    assert seen(context, party=2) == seen(context, "tdsp") == {}


def test_the_bytes_are_kept_and_their_signature_is_one_that_others_can_check(context: Context) -> None:
    number = put(context)
    with context.database.read() as conn:
        file = party_files.file_of(conn, "rep", 1, number, NOW_S)
        keys = signing.public_keys(conn, context.settings)
    assert file is not None
    assert publishing.stored(context.settings, file.storage_key).read_bytes() == TEXT
    assert (file.size_bytes, file.sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
    header, _, signature = file.signature.split(".")
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    known = KeySet.import_key_set({"keys": keys})
    checked = jws.deserialize_compact(f"{header}..{signature}", known, payload=TEXT, registry=registry)
    assert checked.protected["name"] == "report.csv"


def test_a_file_of_the_same_name_takes_the_place_of_the_one_before(context: Context) -> None:
    first, second = put(context), put(context, b"another")
    with context.database.read() as conn:
        assert [file.id for file in party_files.files_of(conn, "rep", 1, NOW_S)] == [second]
        assert party_files.file_of(conn, "rep", 1, first, NOW_S) is None


@pytest.mark.parametrize("name", ["", "a/b", "../up", ".hidden", "x.jws", "x.part", "SHA256SUMS", "a\nb", "n" * 181])
def test_names_that_would_mean_something_else_are_refused(context: Context, name: str) -> None:
    with pytest.raises(BadInput):
        publishing.keep(context.settings, name, b"x")


def test_files_go_to_the_archive_and_from_there(context: Context) -> None:
    put(context)
    (context.settings.home / publishing.STORE / "aa").mkdir()
    later = at(context, NOW_S + 31 * DAY_S)
    with later.database.write() as conn:
        outbox.add_job(conn, publishing.FORGET, {}, now_s=NOW_S)
    jobs.run_due(later)
    assert seen(later) == {"report.csv": "archive"}
    last = at(context, NOW_S + 62 * DAY_S)
    with last.database.write() as conn:
        outbox.add_job(conn, publishing.FORGET, {}, now_s=NOW_S)
    jobs.run_due(last)
    assert seen(last) == {}
    assert not [path for path in (context.settings.home / publishing.STORE).glob("*/*") if path.is_file()]


def test_what_a_third_party_has_by_grants_is_gone_with_any_of_them(context: Context) -> None:
    with context.database.write() as conn:
        sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, now_s=NOW_S)
    one, other = grant(context, sunny), grant(context, sunny, NOW_S + 50)
    put(context, name="both.csv", role="third_party", party=sunny, grants=[one, other])
    put(context, name="one.csv", role="third_party", party=sunny, grants=[one])
    assert set(seen(context, "third_party", sunny)) == {"both.csv", "one.csv"}
    assert set(seen(at(context, NOW_S + 50), "third_party", sunny)) == {"one.csv"}
    with context.database.write() as conn:
        grants.set_authorization_status(conn, one, grants.REVOKED, now_s=NOW_S)
    assert seen(context, "third_party", sunny) == {}


def test_a_bulk_delivery_appears_in_the_outbox_and_is_made_anew_when_a_grant_ends(context: Context) -> None:
    with context.database.write() as conn:
        sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, now_s=NOW_S)
    one, _other = grant(context, sunny), grant(context, sunny)
    order = Order(Role.third_party, sunny, TODAY - 1)
    bulk.begin(context, order, bulk.folder_of(context.settings, order))
    jobs.run_due(context)
    stem = f"GreenButton_third_party{sunny}_20250614_"
    assert set(seen(context, "third_party", sunny)) == {f"{stem}00001.xml.gz", f"{stem}manifest.json"}
    with context.database.write() as conn:
        grants.set_authorization_status(conn, one, grants.REVOKED, now_s=NOW_S)
    assert set(seen(context, "third_party", sunny)) == {f"{stem}manifest.json"}
    with context.database.write() as conn:
        outbox.add_job(conn, bulk.ANEW, {}, now_s=NOW_S)
    jobs.run_due(context)
    with context.database.read() as conn:
        files = {file.name: file for file in party_files.files_of(conn, "third_party", sunny, NOW_S)}
    told = json.loads(publishing.stored(context.settings, files[f"{stem}manifest.json"].storage_key).read_bytes())
    assert told["usage_points"] == 1
    assert told["files"][0]["sha256"] == files[f"{stem}00001.xml.gz"].sha256
    assert "grants" not in told["files"][0]


def test_a_bulk_delivery_into_another_folder_stays_there(context: Context, tmp_path: Path) -> None:
    with context.database.write() as conn:
        sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, now_s=NOW_S)
    grant(context, sunny)
    bulk.begin(context, Order(Role.third_party, sunny, TODAY - 1), tmp_path / "elsewhere")
    jobs.run_due(context)
    assert seen(context, "third_party", sunny) == {}
