from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance import checks
from conformance.blocks import derived, with_twins
from conformance.client.server import Server
from conformance.client.settings import from_table
from conformance.document import read
from conformance.outcome import Outcome, worst
from conformance.run import MOST_FINDINGS, Run, Step, judge_file, judge_server
from conformance.samples import catalogue
from conformance.suite import FILE_CHECKS, LONGEST_EVIDENCE, Check, Evidence, file_check
from conformance.verdict import Standing, Verdict, file_verdict, profile, server_verdict
from tests.conformance.made_verdicts import CHECKS, breaks, breaks_after_a_finding, nothing, run, verdict

USAGE = catalogue.good("electricity")


def outcomes() -> dict[str, Outcome]:
    return {one.requirement.id: one.outcome for one in run()}


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (("pass", "omit"), "pass"),
        (("pass", "skip", "omit"), "skip"),
        (("skip", "wait"), "wait"),
        (("wait", "fail", "pass"), "fail"),
        (("fail", "error"), "error"),
        ((), "omit"),
    ],
)
def test_the_worst_outcome_wins(parts: tuple[str, ...], whole: str) -> None:
    assert worst(map(Outcome, parts)) is Outcome(whole)


def test_what_a_check_does_decides_the_outcome() -> None:
    assert outcomes() == {
        "D000": Outcome.PASS,
        "D001": Outcome.FAIL,
        "D002": Outcome.PASS,
        "D009": Outcome.SKIP,
        "D012": Outcome.FAIL,
        "D018": Outcome.OMIT,
        "D020": Outcome.WAIT,
        "D023": Outcome.ERROR,
        "D024": Outcome.SKIP,
        "D047": Outcome.FAIL,
        "D057": Outcome.PASS,
        "D078": Outcome.PASS,
    }


def test_results_come_in_the_order_of_the_table_whatever_the_order_of_the_checks() -> None:
    backwards = dict(reversed(CHECKS.items()))
    assert [one.requirement.id for one in run(backwards)] == [one.requirement.id for one in run()]


def test_findings_are_all_counted_and_the_first_kept() -> None:
    (many,) = [one for one in run() if one.requirement.id == "D012"]
    assert (many.finding_count, len(many.findings)) == (25, MOST_FINDINGS)


def test_an_error_shows_where_the_kit_broke_and_no_folder_of_the_machine() -> None:
    (broken,) = [one for one in run() if one.requirement.id == "D023"]
    assert broken.why == "ZeroDivisionError: division by zero"
    assert "conformance/made_verdicts.py" in broken.evidence[0].text
    assert not any(line.startswith("/") for line in broken.evidence[0].text.splitlines())


def test_a_violation_found_before_the_kit_broke_is_kept() -> None:
    (result,) = run({"D000": Check("D000", breaks_after_a_finding)})
    assert (result.outcome, result.finding_count) == (Outcome.ERROR, 1)


def test_what_is_needed_is_judged_first_and_once() -> None:
    judged: list[str] = []

    def count(step: Step) -> None:
        if step.result is None:
            judged.append(step.requirement.id)

    wanted = {"D000": Check("D000", nothing, needs=("D078",)), "D078": Check("D078", nothing)}
    assert [one.requirement.id for one in run(wanted, progress=count)] == ["D000", "D078"]
    assert judged == ["D078", "D000"]


def test_only_some_can_be_judged_with_what_they_need_unseen() -> None:
    (result,) = run(only={"D009"})
    assert (result.requirement.id, result.outcome) == ("D009", Outcome.SKIP)
    assert result.why == "It needs D001, which did not pass."


def test_a_check_that_does_not_apply_is_not_run() -> None:
    (result,) = Run({"D023": CHECKS["D023"]}, lambda _: "It is not claimed.", lambda _: (), lambda _: None).all(None)
    assert (result.outcome, result.why) == (Outcome.OMIT, "It is not claimed.")


def test_a_requirement_has_one_check() -> None:
    checks.load()
    taken = next(iter(FILE_CHECKS))
    with pytest.raises(ValueError, match=f"{taken} has a check already"):
        file_check(taken)(lambda _document: ())


def test_evidence_is_not_without_end() -> None:
    assert len(Evidence("The entry", "x" * 10_000).text) < LONGEST_EVIDENCE + 10


# ---------------------------------------------------------------- documents


def test_what_is_no_xml_fails_once_and_skips_the_rest() -> None:
    results = judge_file(read(b"<feed", name="half.xml"))
    failed = [one.requirement.id for one in results if one.outcome is Outcome.FAIL]
    assert failed == ["XSD001"]
    assert {one.outcome for one in results} <= {Outcome.FAIL, Outcome.SKIP, Outcome.OMIT}


def test_blocks_are_derived_from_what_is_in_the_file() -> None:
    assert {5, 15} <= derived(read(USAGE))
    assert not {10, 11, 17, 54} & derived(read(USAGE))


def test_rules_of_blocks_that_are_not_there_are_omitted_and_say_so() -> None:
    why = {one.requirement.block: one.why for one in judge_file(read(USAGE)) if one.outcome is Outcome.OMIT}
    assert why[17] == "Nothing of block 17 is in the file."


def test_a_claim_is_judged_though_nothing_of_it_is_there() -> None:
    claimed = file_verdict(read(USAGE), blocks={17})
    assert {one.block: one.standing for one in claimed.blocks}[17] is Standing.NOT_SATISFIED


def test_blocks_that_are_found_and_not_claimed_do_not_count() -> None:
    found = file_verdict(read(USAGE), blocks={5})
    assert {one.requirement.block for one in found.beyond} >= {15}
    assert 15 not in {one.requirement.block for one in found.results}
    assert {one.block: one.claimed for one in found.blocks if one.block in {1, 5, 15}} == {1: True, 5: True, 15: False}


def test_the_profile_is_the_blocks_of_which_all_rules_hold() -> None:
    assert {1, 4, 5, 15} <= profile(read(USAGE))


def test_retail_customer_files_are_not_asked_for_usage_points() -> None:
    judged = file_verdict(read(catalogue.good("retail_customer")))
    assert {one.block for one in judged.blocks if one.applies} & {1, 4} == set()


def test_notifications_are_no_data() -> None:
    assert file_verdict(read(catalogue.good("notification"))).outcome is Outcome.PASS


def test_cases_of_usage_data_judge_retail_customer_blocks_too() -> None:
    assert {14, 31, 65} <= with_twins({65})
    assert with_twins({41}) == {41}


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("block", "standing"),
    [
        (1, Standing.NOT_SATISFIED),
        (4, Standing.UNPROVED),
        (5, Standing.SATISFIED),
        (15, Standing.NOT_TRIED),
        (99, Standing.NOT_SATISFIED),
    ],
)
def test_blocks_stand_as_their_results_and_claims_have_it(block: int, standing: Standing) -> None:
    standings = {one.block: one.standing for one in verdict(claimed=frozenset({1, 4, 5, 15, 99})).blocks}
    assert standings[block] is standing


def test_required_and_optional_are_counted_apart() -> None:
    made = verdict()
    assert {one.requirement.id for one in made.optional} == {"D047", "D057"}
    assert made.outcome is Outcome.ERROR
    optional_only = Verdict("x", "file", made.optional)
    assert optional_only.outcome is Outcome.OMIT


# ---------------------------------------------------------------- servers


@contextmanager
def server(said: list[str], **claims: tuple[object, ...]) -> Iterator[Server]:
    """A server that nothing is sent to."""
    settings = from_table({"name": "A utility", "claims": {key: list(ones) for key, ones in claims.items()}})
    made = Server(settings, say=said.append)
    yield made
    made.recorder.close()


def test_cases_of_blocks_and_profiles_that_are_not_claimed_are_omitted() -> None:
    with server([], blocks=(3,), profiles=("CMD",)) as tried:
        made = server_verdict(tried, only={"QRY001", "RBK001", "RCS001"})
    assert {one.requirement.id: (one.outcome, one.why) for one in made.results} == {
        "QRY001": (Outcome.OMIT, "Block 37 is not claimed."),
        "RBK001": (Outcome.OMIT, "Block 35 is not claimed."),
        "RCS001": (Outcome.OMIT, "The profile PII is not claimed."),
    }
    assert (made.subject, made.claimed, made.profiles) == ("A utility", {3}, {"CMD"})


def test_what_checks_leave_for_the_end_is_done_the_last_first_and_a_fault_keeps_none_from_it() -> None:
    said: list[str] = []
    with server(said) as tried:
        tried.later += [lambda: said.append("first"), lambda: said.append("second"), breaks]
        judge_server(tried, blocks={3}, only={"QRY001"})
    assert said == [
        "At the end, something could not be put back: ZeroDivisionError: division by zero",
        "second",
        "first",
    ]
