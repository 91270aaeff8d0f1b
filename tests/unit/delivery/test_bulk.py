"""Bulk files of a day for a recipient: what is in them, who may have it, and that many workers make them once."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from espi import jobs
from espi.access import Role
from espi.atom import schema
from espi.clock import DAY_S, FOREVER, Clock, zone
from espi.config import Settings
from espi.day import ESTIMATED_QUALITY
from espi.delivery import bulk, handlers
from espi.delivery.bulk import Delivery
from espi.delivery.bulk_part import Order
from espi.jobs import Context
from espi.store import directory, grants, readings
from espi.store import jobs as outbox
from espi.store.database import Database
from espi.store.tables import METADATA
from tests import factories
from tests.factories import NOW_S, TODAY

DAY = TODAY - 1
SCOPE = "FB=4_5;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"


@dataclass(frozen=True)
class Market:
    """A utility of seven usage points, of which a REP serves five on the day, and one of these is shared."""

    context: Context
    utility: int
    rep: int
    third_party: int
    points: list[int]
    folder: Path

    def order(self, role: Role) -> Order:
        return Order(role, {Role.tdsp: self.utility, Role.rep: self.rep, Role.third_party: self.third_party}[role], DAY)

    def begin(self, role: Role = Role.rep, *, again: bool = False) -> Delivery:
        return bulk.begin(self.context, self.order(role), self.folder, again=again, size=2)

    def made(self, role: Role = Role.rep, *, again: bool = False) -> dict[str, Any]:
        """The manifest of a delivery that one worker has made."""
        delivery = self.begin(role, again=again)
        jobs.run_due(self.context)
        manifest: dict[str, Any] = json.loads(delivery.manifest.read_text("utf-8"))
        return manifest

    def file(self, entry: dict[str, Any]) -> bytes:
        packed = (self.folder / entry["name"]).read_bytes()
        assert (len(packed), hashlib.sha256(packed).hexdigest()) == (entry["bytes"], entry["sha256"])
        return gzip.decompress(packed)


@pytest.fixture
def market(settings: Settings, database: Database, tmp_path: Path) -> Market:
    assert "bulk.part" in handlers.kinds()
    with database.write() as conn:
        utility, rep = factories.utility(conn), factories.rep(conn)
        points = [factories.usage_point(conn, utility) for _ in range(7)]
        for point in points:
            factories.fill(conn, point, DAY - 1, DAY + 1)
        for point in points[:5]:
            directory.switch_rep(conn, point, rep, DAY)
        directory.switch_rep(conn, points[5], rep, DAY + 1)
        directory.switch_rep(conn, points[6], rep, DAY - 3)
        directory.switch_rep(conn, points[6], factories.rep(conn, "Lonestar Light"), DAY)
        ada = factories.tenant(conn, points[0], DAY - 9, FOREVER)
        third_party = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, now_s=NOW_S)
        share = [(points[0], DAY - 5, DAY + 5)]
        grants.add_authorization(
            conn, third_party, ada, share, scope=SCOPE, starts_s=NOW_S, ends_s=NOW_S + 9999, now_s=NOW_S
        )
    return Market(Context(settings, database), utility, rep, third_party, points, tmp_path / "out")


@pytest.mark.parametrize(("role", "expected"), [(Role.tdsp, 7), (Role.rep, 5), (Role.third_party, 1)])
def test_the_files_hold_what_the_recipient_may_see_of_the_day(market: Market, role: Role, expected: int) -> None:
    manifest = market.made(role)
    files = [market.file(entry) for entry in manifest["files"]]
    assert len(files) == -(-expected // 2)
    assert all(schema.validate(text) == [] for text in files)
    assert sum(text.count(b"<espi:UsagePoint>") for text in files) == manifest["usage_points"] == expected
    assert sum(text.count(b"<espi:IntervalBlock>") for text in files) == manifest["blocks"] == expected
    assert sum(text.count(b"<espi:IntervalReading>") for text in files) == manifest["readings"] == 96 * expected
    assert (manifest["quality"]["usage_points"], manifest["quality"]["gaps"]) == (expected, 0)
    total = int(factories.block(1, DAY).values.sum()) * expected
    assert manifest["totals"] == [{"uom": 72, "powerOfTenMultiplier": 0, "flowDirection": 1, "total": total}]
    start_s = zone(factories.ZONE).day_start_s(DAY)
    assert all(f"<espi:start>{start_s - 900}<".encode() not in text for text in files), "no other day is in it"


def test_each_file_is_a_feed_by_itself(market: Market) -> None:
    for entry in market.made()["files"]:
        text = market.file(entry)
        assert text.count(b"<espi:ReadingType>") == text.count(b"<espi:LocalTimeParameters>") == 1


def test_the_same_data_give_the_same_bytes(market: Market) -> None:
    first = market.made()
    assert market.made(again=True)["files"] == first["files"]


def test_a_correction_changes_the_file_that_holds_it_and_no_other(market: Market) -> None:
    first = market.made()
    with market.context.database.write() as conn:
        late = factories.block(market.points[2], DAY, values=[7] * 96, sent_s=NOW_S + 1)
        readings.put_blocks(conn, [late], file_id=2, now_s=NOW_S + 1)
    second = market.made(again=True)
    changed = [one["name"] for one, other in zip(first["files"], second["files"], strict=True) if one != other]
    assert changed == [first["files"][1]["name"]]


def test_estimates_and_odd_days_are_counted_too(market: Market) -> None:
    with market.context.database.write() as conn:
        point = factories.usage_point(conn, market.utility)
        directory.switch_rep(conn, point, market.rep, DAY)
        odd = factories.block(point, DAY, values=[70_000] * 96, qualities=[ESTIMATED_QUALITY] * 90 + [255] * 6)
        readings.put_blocks(conn, [odd], file_id=1, now_s=NOW_S)
    manifest = market.made()
    assert manifest["readings"] == 5 * 96 + 90
    receipt = manifest["quality"]
    assert (receipt["expected"], receipt["present"], receipt["gaps"], receipt["estimated"]) == (
        6 * 96,
        6 * 96 - 6,
        6,
        90,
    )
    assert sum(file["quality"]["gaps"] for file in manifest["files"]) == 6
    assert manifest["totals"][0]["total"] == 5 * int(factories.block(1, DAY).values.sum()) + 90 * 70_000


def test_the_manifest_appears_last(market: Market) -> None:
    delivery = market.begin()
    for done in range(3):
        assert not delivery.manifest.exists()
        assert bulk.progress(market.context, delivery).files == done
        while bulk.progress(market.context, delivery).files == done:
            jobs.run_one(market.context, delivery.key)
    jobs.run_due(market.context)
    assert bulk.progress(market.context, delivery).is_signed
    assert not list(market.folder.glob(".*")), "nothing unfinished is left"


def test_who_joins_a_delivery_makes_what_is_left_of_it(market: Market) -> None:
    first = market.begin()
    jobs.run_one(market.context, first.key)
    second = market.begin()
    assert second == first
    jobs.run_due(market.context)
    with market.context.database.read() as conn:
        parts = outbox.jobs(conn, kind=bulk.PART)
    assert [part.attempts for part in parts] == [1, 1, 1], "each file is made once"


def test_a_killed_workers_file_is_made_by_another(market: Market) -> None:
    delivery = market.begin()
    with market.context.database.write() as conn:
        taken = outbox.claim(conn, market.context.now_s(), bulk.LEASE_S, delivery.key)
    assert taken is not None
    market.folder.mkdir()
    (market.folder / f".GreenButton_rep{market.rep}_x.xml.gz.{taken.claim}").write_bytes(b"half a file")
    jobs.run_due(market.context)
    assert not delivery.manifest.exists()
    clock = Clock(fixed_s=NOW_S + bulk.LEASE_S + 1)
    later = Context(replace(market.context.settings, clock=clock), market.context.database)
    jobs.run_due(later)
    assert json.loads(delivery.manifest.read_text("utf-8"))["usage_points"] == 5


def test_who_lost_his_claim_cannot_put_his_file_in_place(market: Market) -> None:
    delivery = market.begin()
    jobs.run_one(market.context, delivery.key)
    with market.context.database.write() as conn:
        slow = outbox.claim(conn, NOW_S, owner=delivery.key, lease_s=0)
        assert slow is not None
        fast = outbox.claim(conn, NOW_S, owner=delivery.key)
    assert fast is not None
    assert fast.id == slow.id
    with pytest.raises(outbox.LeaseLost):
        bulk.make_part(market.context, slow)
    assert not list(market.folder.glob("*"))


def test_a_file_that_was_damaged_is_not_signed_off(market: Market) -> None:
    delivery = market.begin()
    while bulk.progress(market.context, delivery).files < 3:
        jobs.run_one(market.context, delivery.key)
    next(market.folder.glob("*.gz")).write_bytes(b"")
    jobs.run_due(market.context)
    assert not delivery.manifest.exists()


def test_what_is_complete_can_be_found_by_recipient(market: Market) -> None:
    settings, order = market.context.settings, market.order(Role.rep)
    folder = bulk.folder_of(settings, order)
    assert bulk.signed(settings, Role.rep, market.rep) == []
    bulk.begin(market.context, order, folder)
    jobs.run_due(market.context)
    assert bulk.signed(settings, Role.rep, market.rep) == [folder]
    assert bulk.signed(settings, Role.tdsp, market.utility) == []


def test_old_deliveries_are_dropped(market: Market) -> None:
    settings = market.context.settings
    old, new = (settings.home / bulk.FOLDER / "rep-1" / day for day in ("2025-05-01", "2025-06-01"))
    for folder, days in ((old, settings.bulk_days + 1), (new, 1)):
        folder.mkdir(parents=True)
        at_s = NOW_S - days * DAY_S
        os.utime(folder, (at_s, at_s))
    with market.context.database.write() as conn:
        outbox.add_job(conn, bulk.FORGET, {}, now_s=NOW_S)
    jobs.run_due(market.context)
    assert [old.exists(), new.exists()] == [False, True]


def test_a_recipient_that_sees_nothing_gets_a_manifest_of_nothing(market: Market) -> None:
    with market.context.database.write() as conn:
        nobody = factories.rep(conn, "New Power")
    delivery = bulk.begin(market.context, Order(Role.rep, nobody, DAY), market.folder)
    jobs.run_due(market.context)
    manifest = json.loads(delivery.manifest.read_text("utf-8"))
    assert (manifest["files"], manifest["usage_points"]) == ([], 0)


def test_every_file_is_audited(market: Market) -> None:
    market.made()
    market.context.database.close()
    table = METADATA.tables["audit"].c
    with market.context.database.read() as conn:
        rules = list(conn.scalars(select(table.rule).where(table.target == "bulk files")))
    assert rules == ["rep/usage:download/served"] * 4, "for the plan and for three files"
