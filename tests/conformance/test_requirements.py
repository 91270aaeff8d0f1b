"""The table of requirements: complete, in one voice, and each row judged by a check or excused by a reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from conformance import checks
from conformance.client import settings
from conformance.requirements import Requirement, ids_named, requirements
from conformance.suite import FILE_CHECKS, SERVER_CHECKS

KNOWN = Path(settings.__file__).parents[1] / "known"

BLOCKS_OF_THE_STANDARD = {*range(1, 20), *range(26, 45), *range(46, 72), 99}
"""The numbers of the list of function blocks (7.1); 20 to 25 and 45 were never given."""


NO_RULE = {55, 56, 61, 75, 144}
"""Numbers below D147 that the published rules do not use (144 is a manual step, TR_D144)."""


def rows() -> list[Requirement]:
    return list(requirements().values())


def judged() -> set[str]:
    checks.load()
    return {*FILE_CHECKS, *SERVER_CHECKS}


def test_each_requirement_has_a_check_or_says_why_none_exists() -> None:
    nothing = [row.id for row in rows() if row.id not in judged() and not row.untested]
    assert nothing == [], "neither a check nor a reason"


def test_what_is_checked_is_not_excused() -> None:
    both = [row.id for row in rows() if row.id in judged() and row.untested]
    assert both == [], "a check and a reason for having none"


def test_every_check_judges_a_requirement_of_the_table() -> None:
    assert judged() - set(requirements()) == set()


def test_an_id_means_one_requirement_whatever_suite_gave_it() -> None:
    uses = Counter(name for row in rows() for name in row.ids)
    assert [name for name, count in uses.items() if count > 1] == []


def test_every_function_block_of_the_standard_has_a_row() -> None:
    assert {row.block for row in rows()} - {None} == BLOCKS_OF_THE_STANDARD


def test_the_rules_and_cases_that_utilities_know_are_all_there() -> None:
    wanted = [f"D{number:03d}" for number in range(148) if number not in NO_RULE]
    wanted += ["FND001", "FND006", "OAD001f", "OAD003i", "OAD016", "TC001", "TC011", "SFTP001", "RBK004"]
    wanted += ["QRY001", "QRY002", "PSH004", "OFA001", "MGA003", "MGT003", "CERT004", "EU_FB01_DE_005"]
    assert set(wanted) - {name for row in rows() for name in row.ids} == set()


def test_an_id_of_another_suite_finds_the_requirement_that_says_the_same() -> None:
    assert ids_named("EU_FB01_DE_008, D018") == {"D012", "D018"}


def test_a_requirement_is_one_sentence() -> None:
    assert [row.id for row in rows() if not re.fullmatch(r"[A-Za-z][^\n]*\.", row.text)] == []
    assert [row.id for row in rows() if re.search(r"[.!?]\s", row.text)] == [], "more than one sentence"


def test_a_row_says_who_must_do_it_how_strictly_and_who_says_so() -> None:
    assert {row.strength for row in rows()} == {"SHALL", "SHOULD", "MAY"}
    assert {row.actor for row in rows()} == {"DC", "TP", "AS", "operator"}
    assert {row.profile for row in rows()} == {"DMD", "CMD", "both", "PII"}
    assert [row.id for row in rows() if not row.source] == []


def test_presets_name_only_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(path for path in KNOWN.glob("*.toml") if path.name != "samples.toml")
    for path in files:
        for name in re.findall(r'env = "(\w+)"', path.read_text("utf-8")):
            monkeypatch.setenv(name, "x")
        assert settings.load(path).resource_endpoint.startswith("https://"), path.name
    assert len(files) >= 5
