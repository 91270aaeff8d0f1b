"""`espi intake status`, `list`, `show` and `retry`: what is being loaded where, and what became of files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from espi.cli.opened import reading, writing
from espi.cli.words import Words
from espi.clock import instant_text
from espi.config import Settings
from espi.errors import NotFound
from espi.intake import process
from espi.intake.report import FileReport
from espi.store import claims, queue
from espi.store.claims import Claim

OPEN = (claims.WAITING, claims.LOADING, claims.SET_ASIDE)
STATES = (*OPEN, queue.LOADED, queue.REFUSED)
FAILED = 1


def add(group: Words) -> None:
    """Add what tells of files."""
    parser = group.command("status", status, "How far the files are that are being loaded, on all machines.")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser = group.command("list", list_files, "List files by what became of them, the last one first.")
    parser.add_argument("--state", choices=STATES, help="only those in a state")
    parser.add_argument("--limit", type=int, default=50, help="how many at most (50)")
    parser = group.command("show", show, "What became of a file: counts, refused blocks, why it was set aside.")
    parser.add_argument("file", metavar="FILE", help="its name, without a folder")
    parser = group.command("retry", retry, "Let files that were set aside be loaded again. Exit: 1 there was none.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("file", nargs="?", metavar="FILE", help="its name, without a folder")
    which.add_argument("--all", action="store_true", help="all that are set aside")


def status(settings: Settings, given: argparse.Namespace) -> int:
    """A line for each file that is being loaded, and one for all that is to be loaded."""
    with reading(settings) as conn:
        found = claims.claims(conn, states=OPEN)
    now_s = settings.clock.now_s()
    loading = [_progress(one, now_s) for one in found if one.state == claims.LOADING]
    total = _total(found, loading)
    if given.json:
        print(json.dumps({"loading": loading, **total}))
        return 0
    for one in loading:
        heard = "" if one["silent_s"] < settings.intake_lease_s else f"  silent for {one['silent_s']} s"
        print(f"{one['name']}  {_amount(one)}  by {one['process']}{heard}")
    counted = (
        f"{total['files_loading']} loading, {total['files_waiting']} waiting, {total['files_set_aside']} set aside"
    )
    print(f"{counted}: {_amount(total)}" if loading or total["files_waiting"] else counted)
    return 0


def list_files(settings: Settings, given: argparse.Namespace) -> int:
    """One line a file: state, name, when that was, what became of it or why it was not loaded."""
    with reading(settings) as conn:
        opened = claims.claims(conn, states=[given.state] if given.state in OPEN else [] if given.state else OPEN)
        known = [] if given.state in OPEN else queue.files(conn, state=given.state, limit=given.limit)
    lines = [
        f"{one.state}\t{one.name}\t{instant_text(one.told_s)}\t{one.error or f'{one.done} of {one.size} bytes'}"
        for one in reversed(opened)
    ]
    names = {one.name for one in opened}
    for file in known:
        if file.state != queue.LOADING or file.name not in names:
            when = instant_text(file.received_s if file.finished_s is None else file.finished_s)
            lines.append(f"{file.state}\t{file.name}\t{when}\t{_outcome(file)}")
    for line in lines[: given.limit]:
        print(line)
    return 0


def show(settings: Settings, given: argparse.Namespace) -> int:
    """All that is known of the files of a name, and the blocks of them that are not in force."""
    with reading(settings) as conn:
        wanted = [one for one in claims.claims_of_name(conn, given.file) if one.state in OPEN]
        known = queue.files_of_name(conn, given.file)
        reports = [FileReport.of(conn, file) for file in known]
    if not (wanted or known):
        raise NotFound(f"Nothing is known of a file {given.file}.")
    for one in wanted:
        print(f"{one.state}: {one.done} of {one.size} bytes, failures: {one.failures} {one.error}".rstrip())
        if one.process:
            print(f"  by {process.shown(one.process)} since {instant_text(one.began_s)}")
    for file, report in zip(known, reports, strict=True):
        print(f"{file.state}: received {instant_text(file.received_s)}, sha256 {file.sha256}")
        print(f"  {_outcome(file)}")
        for block in report.refused:
            where = f"row {block.row_number}, {block.esiid} channel {block.channel} {block.start_text}"
            print(f"  {block.code} {where}: {block.reason}")
    return 0


def retry(settings: Settings, given: argparse.Namespace) -> int:
    """What watches or runs takes them up again; the names are printed."""
    with writing(settings) as conn:
        names = claims.retry(conn, None if given.all else given.file, settings.clock.now_s())
    for name in names:
        print(name)
    if not names:
        print("No file is set aside." if given.all else f"No file {given.file} is set aside.", file=sys.stderr)
    return 0 if names or given.all else FAILED


def _outcome(file: queue.ReceivedFile) -> str:
    if file.state == queue.REFUSED:
        return f"{file.counts.get('code', '')} {file.counts.get('reason', '')}"
    counts = FileReport(file.name, file.id).counts.of(file.counts)
    return " ".join(f"{name}={value}" for name, value in asdict(counts).items())


def _progress(one: Claim, now_s: int) -> dict[str, Any]:
    rate = one.done / (one.told_s - one.began_s) if one.told_s > one.began_s else 0.0
    return {
        "name": one.name,
        "process": process.shown(one.process),
        "began": instant_text(one.began_s),
        "silent_s": now_s - one.told_s,
        "failures": one.failures,
        "done": one.done,
        "size": one.size,
        **_pace(rate, one.size - one.done),
    }


def _total(found: Sequence[Claim], loading: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    wanted = [one for one in found if one.state != claims.SET_ASIDE]
    done, size = sum(one.done for one in wanted), sum(one.size for one in wanted)
    return {
        "files_loading": len(loading),
        "files_waiting": len(wanted) - len(loading),
        "files_set_aside": len(found) - len(wanted),
        "done": done,
        "size": size,
        **_pace(sum(one["bytes_a_second"] for one in loading), size - done),
    }


def _pace(rate: float, left: int) -> dict[str, Any]:
    return {"bytes_a_second": round(rate), "left_s": round(left / rate) if rate else None}


def _amount(one: Mapping[str, Any]) -> str:
    share = 100 * one["done"] // one["size"] if one["size"] else 100
    left = "?" if one["left_s"] is None else f"{one['left_s'] // 60}:{one['left_s'] % 60:02d}"
    pace = f"{one['bytes_a_second'] / 1e6:.1f} MB/s, {left} left"
    return f"{one['done'] / 1e6:.1f} of {one['size'] / 1e6:.1f} MB ({share} %), {pace}"
