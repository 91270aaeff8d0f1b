"""What rules find in what came in is kept: at once what the day shows, after the file what its history shows."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from espi import config, jobs
from espi.clock import Clock, day_date, parse_day, zone
from espi.config import Settings
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD
from espi.intake import handlers
from espi.intake.load import load_file
from espi.intake.vee.job import check_file
from espi.intake.vee.stored import maximum_wh_of
from espi.store import directory, expiry, queue, readings, vee
from espi.store import jobs as outbox
from espi.store.channels import REGISTER, add_channel, register_type
from espi.store.database import Database
from tests import databases, factories
from tests.unit.intake.lse_samples import block_text

DAY = parse_day("2025-06-11")  # a Wednesday
TEXT = f"{day_date(DAY):%Y%m%d}"
ESIID = "10443720000000042"
FLAT = [f"0.{100 + at}" for at in range(96)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load(
        databases.environment(tmp_path), home=tmp_path, clock=Clock(fixed_s=factories.NOW_S), log_level="ERROR"
    )


@pytest.fixture
def utility_id(database: Database) -> int:
    with database.write() as conn:
        return factories.utility(conn)


@pytest.fixture
def point(database: Database, utility_id: int) -> int:
    with database.write() as conn:
        return factories.usage_point(conn, utility_id, esiid=ESIID, channels=(LOAD, GENERATION))


def take(database: Database, settings: Settings, text: str, number: int = 1) -> int:
    name = f"{factories.DUNS}IntervalData20250615050000{number:03d}.lse"
    return load_file(database, io.BytesIO(text.encode()), name, settings=settings).file_id


def work(database: Database, settings: Settings) -> None:
    """Do what the files have given rise to."""
    assert handlers.MODULES
    context = jobs.Context(settings, database)
    with database.read() as conn:
        waiting = [job for job in outbox.jobs(conn) if job.kind == queue.CHECK and job.state == outbox.WAITING]
    for job in waiting:
        with database.write() as conn:
            claimed = outbox.claim(conn, context.now_s())
            while claimed is not None and claimed.id != job.id:
                outbox.finish(conn, claimed, {}, context.now_s())
                claimed = outbox.claim(conn, context.now_s())
        assert claimed is not None
        result = check_file(context, claimed)
        with database.write() as conn:
            outbox.finish(conn, claimed, result, context.now_s())


def found(database: Database, utility_id: int, day: int = DAY) -> list[tuple[int, int, int]]:
    """Channel, rule and intervals of the results of a day."""
    with database.read() as conn:
        rows = vee.results(conn, factories.reach_of_utility(utility_id), day)
    return [(row.channel, row.rule, row.intervals) for _, row in rows]


def block(values: list[str], **header: str) -> str:
    return block_text(ESIID, TEXT, values=values, **header)


def test_what_a_day_shows_is_kept_with_it(database: Database, settings: Settings, utility_id: int, point: int) -> None:
    take(database, settings, block([*FLAT[:40], "9.000", *FLAT[41:72], *["0.055"] * 24]))
    assert found(database, utility_id) == [(LOAD, 8, 1), (LOAD, 12, 24)]
    with database.read() as conn:
        (_, spike), (_, frozen) = vee.results(conn, factories.reach_of_utility(utility_id), DAY)
    for row, places in ((spike, [40]), (frozen, list(range(72, 96)))):
        assert row.places is not None
        assert np.flatnonzero(np.unpackbits(np.frombuffer(row.places, np.uint8), count=96)).tolist() == places


def test_a_correction_takes_its_results_in_place_of_the_earlier(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    take(database, settings, block(["0"] * 96))
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 11, 96)]
    take(database, settings, block(["13.000", *FLAT[1:]], sent="20250615060000"), 2)
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 7, 1), (LOAD, 8, 1)]
    take(database, settings, block(["0"] * 96), 3)  # older: it never comes into force
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 7, 1), (LOAD, 8, 1)]


def test_a_day_that_was_merged_is_looked_at_as_it_is_in_force(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    with database.write() as conn:
        codes = [ACTUAL_QUALITY] * 48 + [ESTIMATED_QUALITY] * 48
        day = factories.block(point, DAY, values=[0] * 48 + [100] * 48, qualities=codes, sent_s=1)
        readings.put_blocks(conn, [replace(day, sent_s=factories.NOW_S)], file_id=1, now_s=1)
    take(database, settings, block_text(ESIID, TEXT, values=["0.777"] * 48 + ["0.055"] * 48, sent="20250101000000"))
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 12, 48)]


def test_a_utilitys_own_thresholds_hold_for_what_comes_in(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        dialect = {"vee": {"maximum_wh": 150, "frozen_intervals": 100}}
        key = directory.add_utility(conn, "Gulf Wires", factories.DUNS, factories.ZONE, dialect=dialect)
        factories.usage_point(conn, key, esiid=ESIID)
    take(database, settings, block(FLAT[:52] + ["0.055"] * 44))
    assert found(database, key) == [(LOAD, 7, 1)]


def test_what_the_meter_can_pass_raises_the_limit(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    with database.write() as conn:
        large = {"meterClass": "CL20", "meterVoltage": 120, "meterPhases": 3, "currentTransformersRatio": "40:1"}
        meter = directory.add_meter(conn, utility_id, "M1", large)  # 72 kWh a quarter hour
        directory.install_meter(conn, point, meter, DAY)
    high = ["72.000", "71.000", "70.000", "72.001", "60.000"] * 19 + ["20.000"]
    take(database, settings, block(high) + block_text(ESIID, f"{day_date(DAY - 1):%Y%m%d}", values=high))
    assert found(database, utility_id) == [(LOAD, 7, 19)]
    assert found(database, utility_id, DAY - 1) == [(LOAD, 7, 96)], "the meter was not there yet"


@pytest.mark.parametrize(
    ("attributes", "maximum_wh"),
    [
        ({}, 0),
        ({"meterClass": "CL200"}, 12_000),
        ({"meterClass": 320}, 19_200),
        (
            {"meterClass": "20", "meterPhases": "3", "currentTransformersRatio": 40, "potentialTransformersRatio": "2"},
            288_000,
        ),
        ({"meterClass": "none"}, 0),
    ],
)
def test_what_a_meter_can_pass_is_read_from_its_record(attributes: dict[str, object], maximum_wh: int) -> None:
    assert maximum_wh_of(attributes) == maximum_wh


def test_the_job_holds_a_day_against_its_history(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    with database.write() as conn:
        factories.fill(conn, point, DAY - 10, DAY)
        factories.fill(conn, point, DAY - 10, DAY, channel=GENERATION)
    take(database, settings, block(FLAT) + block(["0"] * 95 + ["0.001"], channel="1"))
    assert found(database, utility_id) == []
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 15, 0)]
    take(database, settings, block(["1.000", "0.900"] * 48, sent="20250615060000"), 2)
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 10, 0)]
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 10, 0)], "doing it again changes nothing"


def test_the_job_finds_estimates_that_last_too_long(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    with database.write() as conn:
        days = [
            factories.block(point, day, values=[day % 7 + at for at in range(96)], qualities=ESTIMATED_QUALITY)
            for day in range(DAY - 5, DAY)
        ]
        readings.put_blocks(conn, days, file_id=1, now_s=1)
    take(database, settings, block([f"0.{at:03d}" for at in range(96)], status="E"))
    work(database, settings)
    assert (LOAD, 17, 0) in found(database, utility_id)


def read_dial(database: Database, point: int, advance: int) -> None:
    """A register of whole kWh that moved so far on the day."""
    local = zone(factories.ZONE)
    with database.write() as conn:
        kind = register_type(directory.reading_type_for_lse(LOAD)) | {"powerOfTenMultiplier": 3}
        add_channel(conn, point, REGISTER + LOAD, kind, now_s=1, series="register", of_number=LOAD, title="dial")
        reads = [
            readings.RegisterRead(DAY + at, point, REGISTER + LOAD, local.day_start_s(DAY + at), kwh, ACTUAL_QUALITY)
            for at, kwh in ((0, 500), (1, 500 + advance))
        ]
        readings.put_register_reads(conn, reads, now_s=1)


@pytest.mark.parametrize(("advance", "multiplier", "failed"), [(15, 1, False), (17, 1, True), (17, 2, False)])
def test_the_job_reconciles_the_intervals_with_the_register(
    database: Database, settings: Settings, utility_id: int, point: int, advance: int, multiplier: int, failed: bool
) -> None:
    read_dial(database, point, advance)
    with database.write() as conn:
        meter = directory.add_meter(conn, utility_id, "M1", {"KWHMeterMultiplier": multiplier, "DGChannel": False})
        directory.install_meter(conn, point, meter, DAY - 10)
    take(database, settings, block(FLAT) + block(["0.001"] + ["0"] * 95, channel="1"))  # 14.16 kWh
    work(database, settings)
    assert found(database, utility_id) == [(GENERATION, 13, 1), *([(LOAD, 9, 0)] if failed else [])]


def test_gaps_that_came_otherwise_than_by_lse_are_found_in_the_job(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    with database.write() as conn:
        file = queue.take_file(conn, "a.xml", "0" * 64, utility_id, "green button", 1)
        day = factories.block(point, DAY, qualities=[ABSENT] * 3 + [ACTUAL_QUALITY] * 93)
        readings.put_blocks(conn, [day], file_id=file.id, now_s=1)
        queue.finish(conn, file.id, queue.LOADED, 1, {}, {DAY})
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 5, 3)]


def test_a_day_with_gaps_is_not_reconciled(database: Database, settings: Settings, utility_id: int, point: int) -> None:
    read_dial(database, point, 40)
    with database.write() as conn:
        file = queue.take_file(conn, "a.xml", "0" * 64, utility_id, "green button", 1)
        day = factories.block(point, DAY, qualities=[ABSENT] * 3 + [ACTUAL_QUALITY] * 93)
        readings.put_blocks(conn, [day], file_id=file.id, now_s=1)
        queue.finish(conn, file.id, queue.LOADED, 1, {}, {DAY})
    work(database, settings)
    assert found(database, utility_id) == [(LOAD, 5, 3)]


def test_what_is_no_energy_in_quarter_hours_is_left_alone(
    database: Database, settings: Settings, utility_id: int
) -> None:
    with database.write() as conn:
        point = factories.usage_point(conn, utility_id, channels=())
        kilo = directory.reading_type_for_lse(LOAD) | {"powerOfTenMultiplier": 3}
        directory.add_interval_channel(conn, point, LOAD, kilo, 1)
        file = queue.take_file(conn, "a.xml", "0" * 64, utility_id, "green button", 1)
        readings.put_blocks(conn, [factories.block(point, DAY, values=[0] * 96)], file_id=file.id, now_s=1)
        queue.finish(conn, file.id, queue.LOADED, 1, {}, {DAY})
    work(database, settings)
    assert found(database, utility_id) == []


def test_results_expire_with_their_readings(
    database: Database, settings: Settings, utility_id: int, point: int
) -> None:
    take(database, settings, block(["0"] * 96))
    with database.write() as conn:
        gone = expiry.Gone()
        expiry.expire_rows(conn, utility_id, DAY + 1, gone)
        assert gone.total("vee_result") == 1


def test_results_out_of_reach_are_not_seen(database: Database, settings: Settings, utility_id: int, point: int) -> None:
    take(database, settings, block(["0"] * 96))
    with database.read() as conn:
        for reach in (factories.reach_of((point, DAY + 1, DAY + 9)), factories.reach_of((point + 1, DAY, DAY + 1))):
            assert vee.results(conn, reach, DAY) == []
            assert vee.counts(conn, reach, DAY) == []
