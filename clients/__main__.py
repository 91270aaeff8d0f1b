"""`make clients`: independent programs read our files, and what they find is compared with what the store holds.

Each program lives in an environment of its own under `var/clients`, got from its registry at a fixed version; it never
touches ours. The feeds are of the demonstration market, made by `espi download`. The truth is the same download as
JSON: how many readings, and their sum. Then programs connect to the running server (`clients.connecting`). Exit status:
0 all equal, 1 a difference.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from clients import connecting
from clients.truth import ESPI, Found, espi, expected, run, say

HERE = Path(__file__).parent
FOLDER = Path("var") / "clients"
HOME = FOLDER / "home"
FEEDS = FOLDER / "feeds"

PYTHON_CLIENT = "greenbutton-objects==2024.7.11"
NODE_CLIENT = "@cityssm/green-button-parser@1.0.1"

DAYS = 45
EACH_KIND = 2


@dataclass(frozen=True)
class Sample:
    """A usage point and the two files of it."""

    esiid: str
    kind: str
    feed: Path
    truth: Path

    def expected(self) -> Found:
        """The number and the sums of the readings in the store, from the JSON download."""
        return expected(self.truth)

    def blocks(self) -> int:
        """How many IntervalBlocks the feed has."""
        return len(ET.parse(self.feed).findall(f".//{ESPI}IntervalBlock"))  # noqa: S314 - our own file

    def codes(self, element: str) -> set[str]:
        """What the feed's reading types say of one thing."""
        found = ET.parse(self.feed).findall(f".//{ESPI}ReadingType/{ESPI}{element}")  # noqa: S314 - our own file
        return {each.text or "" for each in found}


@dataclass(frozen=True)
class Client:
    """A program that reads Green Button files. known: elements of a ReadingType of which it takes some codes only."""

    name: str
    command: tuple[str | Path, ...]
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def unknown(self, sample: Sample) -> str:
        """The codes of a feed that are not on the program's lists, if there are any."""
        beyond = {name: sample.codes(name) - codes for name, codes in self.known.items()}
        return ", ".join(f"{name} {code}" for name, codes in beyond.items() for code in sorted(codes))

    def read(self, samples: Sequence[Sample]) -> list[Found | str]:
        """What it says of each file: a finding, or the error it ended with."""
        words = [str(word) for word in (*self.command, *(sample.feed for sample in samples))]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SystemExit(f"{self.name} could not be run:\n{ended.stderr}")
        return [json.loads(line) for line in ended.stdout.splitlines()]


def main() -> int:
    """Set up, export, read, compare."""
    parser = argparse.ArgumentParser(prog="python -m clients", description="Independent readers against our feeds.")
    parser.add_argument("--all", action="store_true", help="every usage point, not some of each kind")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how many days, up to the last ({DAYS})")
    parser.add_argument("--connect", action="store_true", help="only Connect My Data, no files")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    market = demonstration()
    differences = 0
    if not given.connect:
        samples = export(market, given.days, every=given.all)
        for client in (python_client(), *node_client()):
            differences += compare(client, samples)
    differences += connecting.check(HOME, FOLDER)
    return 1 if differences else 0


# ---------------------------------------------------------------- the feeds


def demonstration() -> dict[str, list[dict[str, object]]]:
    """The demonstration market's facts; it is loaded at the first time."""
    facts = HOME / "demo.json"
    if not facts.exists() or not json.loads(facts.read_text("utf-8"))["tokens"]:
        say("== loading the demonstration market")
        shutil.rmtree(HOME, ignore_errors=True)
        espi(HOME, "demo")
    market: dict[str, list[dict[str, object]]] = json.loads(facts.read_text("utf-8"))
    return market


def export(market: dict[str, list[dict[str, object]]], days: int, *, every: bool) -> list[Sample]:
    """Both files of each chosen usage point."""
    shutil.rmtree(FEEDS, ignore_errors=True)
    FEEDS.mkdir(parents=True)
    chosen = list(choose(market, every=every))
    say(f"== downloading {len(chosen)} usage points, {days} days each")
    first = first_day(market, days)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda point: download(*point, first), chosen))


def first_day(market: dict[str, list[dict[str, object]]], days: int) -> str:
    """The day from which on so many days of the market are left."""
    last = dt.date.fromisoformat(dict(market["period"])["until"])
    return str(last - dt.timedelta(days=days))


def choose(market: dict[str, list[dict[str, object]]], *, every: bool) -> Iterator[tuple[str, str]]:
    """The ESIID and kind of each usage point that is looked at."""
    seen: dict[str, list[str]] = {}
    for customer in market["customers"]:
        for point in customer["usage_points"]:  # type: ignore[attr-defined]
            known = seen.setdefault(point["kind"], [])
            if point["esiid"] not in known and (every or len(known) < EACH_KIND):
                known.append(point["esiid"])
                yield point["esiid"], point["kind"]


def download(esiid: str, kind: str, first: str) -> Sample:
    """Both files of one usage point."""
    sample = Sample(esiid, kind, FEEDS / f"{esiid}.xml", FEEDS / f"{esiid}.json")
    for ending, path in (("xml", sample.feed), ("json", sample.truth)):
        espi(HOME, "download", "--usage-point", esiid, "--from", first, "--format", ending, "-o", path)
    return sample


# ---------------------------------------------------------------- the programs


def python_client() -> Client:
    """greenbutton-objects from PyPI. Some of its lists of codes are closed: net energy, volume and temperature fail."""
    folder = FOLDER / "python"
    interpreter = folder / "bin" / "python"
    if not (folder / "installed").exists():
        say(f"== installing {PYTHON_CLIENT}")
        base = Path(sys.base_prefix) / "bin" / "python3"
        run(base, "-m", "venv", "--without-pip", "--clear", folder)
        run(base, "-m", "pip", "--python", interpreter, "install", "--quiet", PYTHON_CLIENT)
        (folder / "installed").touch()
    command = (interpreter, HERE / "read_with_greenbutton_objects.py")
    kinds = "0 3 4 5 7 8 12 15 37 38 40 54 55 64 155"
    known = {"flowDirection": frozenset({"0", "1", "19"}), "kind": frozenset(kinds.split())}
    return Client(PYTHON_CLIENT, command, known)


def node_client() -> Iterator[Client]:
    """@cityssm/green-button-parser from npm, where there is a node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        say(f"NOT RUN: {NODE_CLIENT}, as there is no node and npm; on Debian: apt-get install nodejs npm")
        return
    folder = FOLDER / "node"
    if not (folder / "installed").exists():
        say(f"== installing {NODE_CLIENT}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n', "utf-8")
        run(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, NODE_CLIENT)
        (folder / "installed").touch()
    script = shutil.copy(HERE / "read_with_green_button_parser.js", folder / "read.js")
    yield Client(NODE_CLIENT, (node, script))


# ---------------------------------------------------------------- the comparison


def compare(client: Client, samples: Sequence[Sample]) -> int:
    """Print a line a file; how many differ."""
    say(f"\n{client.name}\n{'usage point':<24}{'kind':<14}{'readings':>10}{'total':>16}  result")
    readable = [each for each in samples if not client.unknown(each)]
    answers = dict(zip((each.esiid for each in readable), client.read(readable), strict=True))
    differences = 0
    for sample in samples:
        wanted = sample.expected()
        beyond = client.unknown(sample)
        result = f"not tried: it does not know {beyond}" if beyond else judge(sample, wanted, answers[sample.esiid])
        differences += result.startswith("DIFFERS")
        say(f"{sample.esiid:<24}{sample.kind:<14}{wanted['readings']:>10}{total(wanted):>16}  {result}")
    equal = len(readable) - differences
    say(f"{equal} equal to the store, {differences} differ, {len(samples) - len(readable)} beyond this program")
    return differences


def total(found: Found) -> str:
    """The sum of all readings, in their unit."""
    return f"{sum((Decimal(value).scaleb(int(power)) for power, value in found['totals'].items()), Decimal(0)):f}"


def judge(sample: Sample, wanted: Found, found: Found | str) -> str:
    """What there is to say of one file."""
    if isinstance(found, str):
        return f"DIFFERS: {found}"
    if {name: found[name] for name in wanted} != wanted:
        return f"DIFFERS: {found['readings']} readings, total {total(found)}"
    if "blocks" in found and found["blocks"] != sample.blocks():
        return f"DIFFERS: {found['blocks']} of {sample.blocks()} blocks linked to their meter"
    return "equal"


if __name__ == "__main__":
    sys.exit(main())
