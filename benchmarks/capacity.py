"""`python -m benchmarks.capacity`: what a given number of meters needs, from figures that were measured.

The figures come from bench.json (`make bench`); what cannot be measured here, such as prices and how many customers
look at their data, stands in `Assumptions` and can be set on the command line. The answers are a table for each size:
disk, nodes, hours of the night, head-room by day, money; and up to how many meters one node does each part of the work.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.__main__ import RESULT

SIZES = (10_000, 1_000_000, 7_000_000, 100_000_000)
HOURS_S = 3600
DAY_S = 86_400
VALUES_A_DAY = 96
YEAR_DAYS = 365.25
NEEDED = {
    "load": "intake.postgresql_values_per_s",
    "sqlite": "intake.sqlite_values_per_s",
    "recent": "store.postgresql_bytes_per_meter_day",
    "closed": "months.postgresql_bytes_per_meter_day",
    "feed": "feeds.bulk_per_s_per_core",
    "entry": "api.entry_per_s",
    "month": "api.feed_30d_per_s",
    "compact": "months.postgresql_days_put_away_per_s",
}
"""Which figure of the benchmarks each part of the model rests on."""


@dataclass(frozen=True)
class Assumptions:
    """What is not measured. Shares are of all meters; money is in dollars.

    generation: meters with a second channel. looking: customers who use the service at all (Texas: 1.5 %), asks_a_day:
    requests of each. delivered: how often a meter-day goes out in bulk (its REP, the settlement). replaced: days that
    come a second time. peak: the busiest hour against the mean one. fill: how full a disk may be. loader_gb: for a
    loader's map of meters, loader_bytes: of it a meter (`espi.intake.meters`).
    """

    years: float = 7
    recent_days: float = 62
    generation: float = 0.10
    replaced: float = 0.01
    copies: float = 2
    looking: float = 0.015
    asks_a_day: float = 20
    delivered: float = 2
    peak: float = 6
    window_h: float = 4
    node_cores: float = 8
    node_disk_tb: float = 2
    fill: float = 0.7
    core_month_usd: float = 22
    tb_month_usd: float = 80
    measured_cores: float = 2
    loader_gb: float = 2
    loader_bytes: float = 35


@dataclass(frozen=True)
class Measured:
    """Rates of one core, and bytes.

    load: values/s into PostgreSQL; sqlite: into SQLite; recent, closed: bytes a meter-day; feed: one-day feeds/s;
    entry, month: answers/s of the cores that were measured; compact: days/s.
    """

    load: float
    sqlite: float
    recent: float
    closed: float
    feed: float
    entry: float
    month: float
    compact: float


@dataclass(frozen=True)
class Plan:
    """What a number of meters needs. Core-hours are of the night's work, all of it on one core."""

    meters: int
    disk_tb: float
    nodes: int
    bound_by: str
    night_core_h: float
    night_h: float
    feeds_h: float
    day_cores: float
    usd_per_meter_year: float


def plan(meters: int, measured: Measured, given: Assumptions) -> Plan:
    """What a number of meters needs."""
    channels = meters * (1 + given.generation)
    disk_tb = channels * _bytes_a_channel(measured, given) / 1e12
    load_s = channels * VALUES_A_DAY * (1 + given.replaced) / measured.load
    compact_s = channels / measured.compact
    feeds_s = channels * given.delivered / measured.feed
    day_cores = meters * given.looking * given.asks_a_day / DAY_S * given.peak / (measured.month / given.measured_cores)
    night_core_h = (load_s + compact_s + feeds_s) / HOURS_S
    needs = {
        "disk": disk_tb * given.copies / (given.node_disk_tb * given.fill),
        "the night": night_core_h / given.window_h / given.node_cores,
        "requests": day_cores / given.node_cores,
    }
    bound_by = max(needs, key=needs.__getitem__)
    nodes = max(math.ceil(needs[bound_by]), int(given.copies))
    cores = nodes * given.node_cores
    month_usd = cores * given.core_month_usd + disk_tb * given.copies / given.fill * given.tb_month_usd
    return Plan(
        meters=meters,
        disk_tb=disk_tb,
        nodes=nodes,
        bound_by=bound_by,
        night_core_h=night_core_h,
        night_h=night_core_h / cores,
        feeds_h=feeds_s / HOURS_S / cores,
        day_cores=day_cores,
        usd_per_meter_year=month_usd * 12 / meters,
    )


def _bytes_a_channel(measured: Measured, given: Assumptions) -> float:
    days = given.years * YEAR_DAYS
    closed = (days - given.recent_days) * measured.closed
    return closed + given.recent_days * measured.recent + days * given.replaced * measured.recent


def limits(measured: Measured, given: Assumptions) -> dict[str, float]:
    """Up to how many meters one node does each part of the work: the least is what breaks first."""
    million = SIZES[1]
    one = plan(million, measured, given)
    channel_bytes = _bytes_a_channel(measured, given) * (1 + given.generation)
    found = {
        f"its disk ({given.node_disk_tb:g} TB, {given.fill:.0%} full)": given.node_disk_tb
        * given.fill
        * 1e12
        / channel_bytes,
        f"the night ({given.window_h:g} h)": million * given.window_h * given.node_cores / one.night_core_h,
        "requests of the busiest hour": million * given.node_cores / one.day_cores,
        f"the memory of a loader ({given.loader_gb:g} GB)": given.loader_gb * 1e9 / given.loader_bytes,
        "SQLite's one writer (the same night)": given.window_h * HOURS_S * measured.sqlite / VALUES_A_DAY,
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def measured_from(figures: Mapping[str, Mapping[str, Any]]) -> Measured:
    """The figures the model rests on; `SystemExit` that names what is missing."""
    missing = sorted(name for name in NEEDED.values() if name not in figures)
    if missing:
        raise SystemExit(f"bench.json lacks {', '.join(missing)}: run make bench first.")
    return Measured(**{key: float(figures[name]["value"]) for key, name in NEEDED.items()})


def table(plans: Sequence[Plan]) -> str:
    """The plans as a Markdown table."""
    rows = [
        ("meters", *(f"{plan.meters:,}" for plan in plans)),
        ("disk, one copy", *(_tb(plan.disk_tb) for plan in plans)),
        ("nodes", *(f"{plan.nodes:,}" for plan in plans)),
        ("bound by", *(plan.bound_by for plan in plans)),
        ("the night's work, core-hours", *(f"{plan.night_core_h:,.2f}" for plan in plans)),
        ("the night on those nodes", *(_time(plan.night_h) for plan in plans)),
        ("of it, everybody's one-day feeds", *(_time(plan.feeds_h) for plan in plans)),
        ("cores for the busiest hour of the day", *(f"{plan.day_cores:,.2f}" for plan in plans)),
        ("dollars a meter and year", *(f"{plan.usd_per_meter_year:,.4f}" for plan in plans)),
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- |" + " ---: |" * len(plans), *lines[1:]])


def _tb(size: float) -> str:
    return f"{size:,.2f} TB" if size >= 1 else f"{size * 1000:,.1f} GB"


def _time(hours: float) -> str:
    return (
        f"{hours:,.1f} h" if hours >= 1 else f"{hours * 60:,.1f} min" if hours >= 1 / 60 else f"{hours * 3600:,.1f} s"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Print the model's answers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--figures", type=Path, default=RESULT, help="bench.json")
    parser.add_argument("--meters", type=int, nargs="*", default=SIZES)
    for field in fields(Assumptions):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default)
    values = vars(parser.parse_args(words))
    given = Assumptions(**{field.name: values[field.name] for field in fields(Assumptions)})
    measured = measured_from(json.loads(values["figures"].read_text("utf-8"))["figures"])
    print(table([plan(meters, measured, given) for meters in values["meters"]]))
    print("\nOne node goes as far as:\n")
    for what, meters in limits(measured, given).items():
        print(f"- {what}: {meters:,.0f} meters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
