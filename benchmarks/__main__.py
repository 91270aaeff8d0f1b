"""`python -m benchmarks [NAME...]`: measure, print a table, write bench.json.

Each module of this folder that has `figures()` is measured in a process of its own, so that one leaves no memory or
caches to the next. A figure is a value and its unit; baselines and limits are measured in the same run, and a ratio is
of two measurements of that run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RESULT = FOLDER.parent / "bench.json"
COMMAND = "python -m benchmarks"


def main() -> int:
    """Measure everything, or what is named. Exit status 1 if a module could not be measured."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(areas())} (all)")
    parser.add_argument("-o", "--output", type=Path, default=RESULT, help="where the figures go (bench.json)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        (name,) = given.names
        json.dump(importlib.import_module(f"benchmarks.{name}").figures(), sys.stdout)
        return 0
    found: dict[str, dict[str, Any]] = {}
    failed = []
    for name in given.names or areas():
        started = time.monotonic()
        print(f"== measuring {name}", flush=True)
        figures = measured(name)
        if figures is None:
            failed.append(name)
            continue
        found |= figures
        print(f"   {len(figures)} figures in {time.monotonic() - started:.0f} s", flush=True)
    show(found)
    given.output.write_text(json.dumps({"machine": machine(), "figures": found}, indent=1) + "\n", "utf-8")
    print(f"\nwritten to {given.output}")
    return 1 if failed else 0


def areas() -> list[str]:
    """The modules that have something to measure."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if "\ndef figures(" in path.read_text("utf-8"))


def measured(name: str) -> dict[str, dict[str, Any]] | None:
    """The figures of a module, from a process of its own; None if it failed."""
    command = [sys.executable, "-m", "benchmarks", "--here", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=os.environ | {"PYTHONHASHSEED": "0"})
    if done.returncode:
        return None
    figures = json.loads(done.stdout.splitlines()[-1])
    return {key: {"command": f"{COMMAND} {name}", **_figure(value)} for key, value in figures.items()}


def _figure(value: Any) -> dict[str, Any]:
    """A figure as a dict, which may have been given as (value, unit)."""
    if isinstance(value, dict):
        return value
    number, unit = value
    return {"value": number, "unit": unit}


def show(found: dict[str, dict[str, Any]]) -> None:
    """The figures as a table."""
    width = max(map(len, found), default=0)
    print()
    for name, figure in sorted(found.items()):
        value = figure["value"]
        shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
        print(f"{name:<{width}}  {shown:>16}  {figure['unit']}")


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "architecture": platform.machine()}


if __name__ == "__main__":
    sys.exit(main())
