"""The kit proves itself: for every rule on files there is one that breaks it, and it alone fails."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from conformance import checks
from conformance.blocks import common, derived
from conformance.document import read
from conformance.outcome import Outcome
from conformance.samples.__main__ import main
from conformance.samples.alteration import altered
from conformance.samples.catalogue import Sample, good, goods, samples, told
from conformance.suite import FILE_CHECKS
from tests.conformance.judging import failed, judged

CLAIMED = {"electricity": {2, 99}, "retail_customer": {52}}
"""Blocks of which the data of a good file do not tell."""
NEITHER = {Outcome.PASS, Outcome.OMIT}
ONE = '[D000]\nof = "bill"\nabout = ""\nremove = "//atom:id"\n'
GOOD = b'<feed xmlns="http://www.w3.org/2005/Atom"><id>1</id></feed>'


@pytest.mark.parametrize("name", goods())
def test_a_good_file_passes_all_that_applies_to_it(name: str) -> None:
    results = judged(good(name), previous=good(name))
    assert [(each.requirement.id, each.findings or each.why) for each in results if each.outcome not in NEITHER] == []
    assert any(each.outcome is Outcome.PASS for each in results)


def test_every_check_of_files_passes_on_some_good_file() -> None:
    passed: set[str] = set()
    for name in goods():
        document = read(good(name))
        blocks = common(document) | derived(document) | CLAIMED.get(name, set())
        results = judged(good(name), blocks=blocks, previous=good(name))
        assert failed(results) == set()
        passed |= {each.requirement.id for each in results if each.outcome is Outcome.PASS}
    assert passed == set(FILE_CHECKS)


@pytest.mark.parametrize("sample", samples().values(), ids=lambda sample: sample.name)
def test_a_broken_file_fails_its_rule_and_no_other(sample: Sample) -> None:
    results = judged(
        sample.broken,
        blocks=sample.blocks or None,
        previous=good(sample.of) if sample.previous else None,
        name=sample.file,
    )
    assert failed(results) == {sample.rule} | sample.also_fails


def test_every_check_of_files_has_a_file_that_breaks_it_and_every_good_file_is_used() -> None:
    checks.load()
    assert {sample.rule for sample in samples().values()} == set(FILE_CHECKS)
    assert {sample.of for sample in samples().values()} == set(goods())


def test_samples_are_written_out_with_a_table_of_what_they_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "out")]) == 0
    assert "samples.csv" in capsys.readouterr().out
    with (tmp_path / "out" / "samples.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    assert set(rows) == {str(each.relative_to(tmp_path / "out")) for each in (tmp_path / "out").rglob("*.xml")}
    assert rows["broken/D103.xml"]["also_fails"] == "D108"
    assert rows["good/bill.xml"]["rule"] == ""


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"remove": "//atom:title"}, "Nothing is found"),
        ({"replace": {"at": "title", "to": ""}}, "There is no 'title'"),
        ({"edit": {"at": "//atom:id", "find": "2", "to": ""}}, "'1' has nothing like '2'"),
        ({"remove": "/atom:feed"}, "The whole document"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_alteration_that_alters_nothing_is_refused(how: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        altered(GOOD, how)


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ([ONE, ONE], "two samples D000"),
        ([ONE + 'copy = "//atom:title"'], "not 2"),
        (['[D000]\nof = "bill"\nabout = ""'], "not 0"),
    ],
    ids=["same name", "two alterations", "no alteration"],
)
def test_a_sample_has_one_name_and_one_alteration(tables: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        told(tables)


def test_an_alteration_leaves_the_rest_of_the_file_as_it_was() -> None:
    before, after = good("electricity").splitlines(), samples()["D145"].broken.splitlines()
    assert len(after) == len(before) + 1
    assert set(after) == set(before)
