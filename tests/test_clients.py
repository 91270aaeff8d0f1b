"""`make clients`: how its verdicts come about."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients import __main__ as clients
from clients.__main__ import Client, Sample, judge
from tests.client_samples import KINDS, made_samples
from tests.metered import FIRST_DAY, LAST_DAY


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return made_samples(tmp_path_factory.mktemp("clients"))


def test_equal_is_only_what_has_the_same_readings_the_same_total_and_every_block(samples: list[Sample]) -> None:
    sample = samples[0]
    wanted = sample.expected()
    assert wanted["readings"] == 4 * 96 + 100
    assert judge(sample, wanted, dict(wanted)) == "equal"
    assert judge(sample, wanted, {**wanted, "blocks": LAST_DAY + 1 - FIRST_DAY}) == "equal"
    for wrong in ({"readings": 1}, {"totals": {"0": 1}}, {"totals": {"-3": wanted["totals"]["0"]}}, {"blocks": 4}):
        assert judge(sample, wanted, {**wanted, **wrong}).startswith("DIFFERS")
    assert judge(sample, wanted, "ValueError: 4") == "DIFFERS: ValueError: 4"


def test_a_file_beyond_a_program_is_said_to_be_so(samples: list[Sample]) -> None:
    client = Client("reader", (), {"flowDirection": frozenset({"1"}), "uom": frozenset({"72", "169"})})
    unknown = dict(zip(KINDS, map(client.unknown, samples), strict=True))
    assert {kind: said for kind, said in unknown.items() if said} == {"solar": "flowDirection 19", "water": "uom 128"}


def test_totals_are_in_the_unit_of_the_readings(samples: list[Sample]) -> None:
    gas = samples[KINDS.index("gas")].expected()
    assert list(gas["totals"]) == ["-3"]
    assert clients.total(gas) == f"{gas['totals']['-3'] / 1000:.3f}"


def test_files_stay_in_the_folder_that_git_ignores() -> None:
    assert clients.FEEDS.is_relative_to(Path("var"))
