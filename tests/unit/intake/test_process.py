"""Whether a process has ended is said only where that is certain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from espi.intake import process


def test_one_that_runs_has_not_ended_and_one_that_is_gone_has() -> None:
    assert not process.has_ended(process.mark())
    tell = "from espi.intake import process; print(process.mark())"
    other = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()
    assert process.has_ended(other)


def test_the_number_of_one_that_is_gone_may_be_anothers_by_now() -> None:
    assert process.has_ended(process.mark() + "1")


def test_of_other_machines_and_containers_nothing_is_known() -> None:
    host, boot, space, number, start = process.mark().split("/")
    for other in (
        f"{host}x/{boot}/{space}/{number}/{start}1",
        f"{host}/x{boot}/{space}/{number}/{start}1",
        f"{host}/{boot}/1{space}/{number}/{start}1",
        "",
        "elsewhere",
    ):
        assert not process.has_ended(other)


def test_a_system_that_tells_nothing_says_so(tmp_path: Path) -> None:
    assert not process.has_ended(process.mark(tmp_path), tmp_path)


def test_people_are_told_the_machine_and_the_number() -> None:
    assert process.shown("node1/b/s/42/7") == "node1:42"
