"""What the store holds, as a download in JSON says it; and how programs are run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ESPI = "{http://naesb.org/espi}"

Found = dict[str, Any]
"""What is said of a file: `readings`, `totals` by power of ten, and `blocks` that a program knows the meter of."""


def say(line: str) -> None:
    """Tell what happens, at once also when the output is a pipe."""
    print(line, flush=True)


def run(*words: str | Path, **environment: str) -> None:
    """Run a program; a failure ends everything."""
    subprocess.run([str(word) for word in words], check=True, env=os.environ | environment)


def espi(home: Path, *words: str | Path) -> None:
    """Run our own command on a home folder."""
    run(sys.executable, "-m", "espi", *words, ESPI_HOME=str(home), ESPI_LOG_LEVEL="ERROR")


def expected(truth: Path) -> Found:
    """The number and the sums of the readings in the store, from a JSON download."""
    points = json.loads(truth.read_text("utf-8"))["usage_points"]
    found: Found = {"readings": 0, "totals": {}}
    for channel in (channel for point in points for channel in point["channels"] if channel["readings"]):
        power = str(channel["power_of_ten"])
        found["readings"] += len(channel["readings"])
        found["totals"].setdefault(power, 0)
        found["totals"][power] += sum(each["value"] for each in channel["readings"])
    return found


def truth_of(home: Path, esiid: str, first: str) -> Found:
    """What the store of a home folder holds of a usage point from a day on."""
    path = home / f"truth-{esiid}.json"
    espi(home, "download", "--usage-point", esiid, "--from", first, "--format", "json", "-o", path)
    return expected(path)
