from __future__ import annotations

import io
import itertools
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree, html

from conformance.outcome import Outcome
from conformance.report.html import Html, el
from conformance.report.junit import as_junit
from conformance.report.live import Live
from conformance.report.machine import as_data, as_json
from conformance.report.page import as_html
from conformance.report.text import as_text, conclusion
from conformance.report.whole import Change, Comparison, Report, comparison
from conformance.verdict import Verdict
from tests.conformance.made_verdicts import CHECKS, EXCHANGE, MADE_S, SUBJECT, run, verdict

REPORT = Report((verdict(claimed=frozenset({1, 4, 5, 15, 99})),), MADE_S)
GOOD = Report((verdict({name: CHECKS[name] for name in ("D000", "D002", "D018")}),), MADE_S)


def page(report: Report = REPORT) -> html.HtmlElement:
    return html.document_fromstring(as_html(report))


# ---------------------------------------------------------------- text


def test_text_shows_what_is_wrong_and_counts_the_rest() -> None:
    told = as_text(REPORT)
    assert "FB_01 Usage data common: not satisfied" in told
    assert "FAIL  D012 [EU_FB01_DE_008]" in told
    assert "- Usage point 5 has no title." in told
    assert "Usage point 6 has no title." not in told
    assert "- and 20 more" in told
    assert "Required: 3 pass, 2 fail, 2 skip, 1 omit, 1 error, 1 wait" in told
    assert "Optional: 1 pass, 1 fail" in told
    assert "2 requirements do not hold, and 4 could not be judged." in told


def test_text_has_colours_for_a_terminal_only() -> None:
    assert "\033[" not in as_text(REPORT)
    assert "\033[1;31mFAIL " in as_text(REPORT, colour=True)


def test_the_conclusion_says_when_nothing_was_judged() -> None:
    assert conclusion(GOOD.verdicts[0]) == "All that is required and applies holds."
    assert conclusion(Verdict("x", "file", ())) == "Nothing was judged."


# ---------------------------------------------------------------- JSON


def test_json_has_every_result_with_its_evidence() -> None:
    (subject,) = json.loads(as_json(REPORT))["subjects"]
    results = {one["id"]: one for one in subject["results"]}
    assert results["D012"]["finding_count"] == 25
    assert results["D001"]["findings"][0]["evidence"][0]["line"] == 3
    assert results["D024"]["evidence"][0]["exchange"] == subject["exchanges"][0]["number"]
    assert subject["required"] == {"pass": 3, "fail": 2, "skip": 2, "omit": 1, "error": 1, "wait": 1}
    assert subject["satisfied_blocks"] == [5]


def test_two_runs_give_the_same_json_but_for_times() -> None:
    def timeless(text: str) -> str:
        return re.sub(r'"(made_at|seconds)": [^,\n]+', "", text)

    assert timeless(as_json(Report((verdict(),), 1))) == timeless(as_json(Report((verdict(),), 2)))


def changed(**outcomes: str) -> dict[str, Any]:
    """The report, with other outcomes for some requirements; an empty one takes the requirement out."""
    data = json.loads(as_json(REPORT))
    results = data["subjects"][0]["results"]
    data["subjects"][0]["results"] = [
        {**one, "outcome": outcomes.get(one["id"], one["outcome"])} for one in results if outcomes.get(one["id"]) != ""
    ]
    return data


def test_a_comparison_says_what_was_mended_and_what_broke() -> None:
    old = changed(D000="fail", D001="pass", D078="", D009="wait")
    words = {one.id: one.word for one in comparison(as_data(REPORT), old).changes}
    assert words == {"D000": "mended", "D001": "broken", "D078": "new", "D009": "changed"}


def test_what_is_judged_no_more_is_told_as_gone() -> None:
    new = changed(D078="")
    assert [one.word for one in comparison(new, as_data(REPORT)).changes] == ["gone"]


def test_two_files_of_different_names_are_compared_where_each_report_has_one() -> None:
    old = changed(D000="fail")
    old["subjects"][0]["subject"] = "last week's.xml"
    assert [one.id for one in comparison(as_data(REPORT), old).changes] == ["D000"]


def test_a_strange_file_is_not_compared_with() -> None:
    with pytest.raises(ValueError, match="no JSON report of this kit"):
        comparison(as_data(REPORT), {"format": "something else"})


# ---------------------------------------------------------------- JUnit


def test_junit_tells_failures_errors_and_skips() -> None:
    root = etree.fromstring(as_junit(REPORT))
    cases = {case.get("name", "").split()[0]: case for case in root.iter("testcase")}
    kinds = {name: [child.tag for child in case] for name, case in cases.items()}
    assert kinds["D000"] == []
    assert (kinds["D001"], kinds["D023"], kinds["D020"]) == (["failure"], ["error"], ["error"])
    assert (kinds["D009"], kinds["D018"]) == (["skipped"], ["skipped"])
    assert kinds["D047"] == ["skipped"], "what is optional fails no build"
    assert [suite.get("failures") for suite in root.iter("testsuite")] == ["2", "0", "0", "0"]


def test_junit_holds_no_character_that_xml_cannot() -> None:
    named = replace(GOOD.verdicts[0], subject="a\x00b\ud800")
    assert etree.fromstring(as_junit(Report((named,), MADE_S))).tag == "testsuites"


# ---------------------------------------------------------------- HTML


def test_every_text_is_escaped() -> None:
    assert "<July>" not in as_html(REPORT)
    assert page().xpath("//h2")[0].text == SUBJECT


def test_the_page_needs_nothing_else() -> None:
    assert not page().xpath("//script | //link | //img | //@style | //*[@src]")
    assert "url(" not in as_html(REPORT)
    assert "@import" not in as_html(REPORT)


def test_every_link_within_the_page_leads_somewhere() -> None:
    found = page()
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in found.xpath("//a/@href")} <= set(ids)


def test_headings_go_down_one_level_at_a_time() -> None:
    levels = [int(each.tag[1]) for each in page().xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_evidence_is_folded_and_findings_beyond_the_first_too() -> None:
    many = page().get_element_by_id("s1-D012")
    assert many.xpath("count(ol/li)") == 3
    assert many.xpath("string(details/summary)") == "22 more"
    assert "Another 5 were counted" in many.text_content()
    assert many.xpath("ol/li[1]//details/summary")[0].text_content() == "The entry"


def test_requests_are_shown_with_their_answers() -> None:
    shown = page().get_element_by_id("s1-x1").text_content()
    assert "Authorization: Bearer ***f00d" in shown
    assert "Come back later" in shown


def test_several_files_have_a_list_of_contents() -> None:
    found = page(Report((REPORT.verdicts[0], GOOD.verdicts[0]), MADE_S))
    assert found.xpath("//nav//a/@href") == ["#s1-", "#s2-"]
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_changes_stand_in_the_page_and_in_the_text() -> None:
    change = Change(SUBJECT, "D000", "The document's root element is an Atom feed.", "fail", "pass")
    compared = replace(REPORT, comparison=Comparison("2026-01-01T00:00:00Z", (change,)))
    assert "Changed since 2026-01-01T00:00:00Z: 1 mended" in page(compared).text_content()
    assert "mended   D000: fail -> pass" in as_text(compared)
    assert "Changed since 2026-01-01T00:00:00Z: nothing" in as_html(
        replace(REPORT, comparison=Comparison("2026-01-01T00:00:00Z", ()))
    )


def test_elements_are_written_as_html_has_them() -> None:
    assert el("a", "x < y", Html("<b>"), None, ["1", "2"], href='"', class_="c", open=True, id=None) == (
        '<a href="&quot;" class="c" open>x &lt; y<b>12</a>'
    )
    assert el("meta", charset="utf-8") == '<meta charset="utf-8">'


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_renews_a_line_on_a_terminal_and_keeps_what_failed() -> None:
    terminal = Terminal()
    run(progress=Live(terminal))
    assert "\r\033[K[1/12] D000" in terminal.getvalue()
    assert f"\033[{'1;31'}mFAIL\033[0m D001: The feed has no id.\n" in terminal.getvalue()


def test_progress_elsewhere_is_what_failed_or_nothing() -> None:
    log, quiet = io.StringIO(), io.StringIO()
    run(progress=Live(log))
    run(progress=Live(quiet, quiet=True))
    assert [line.split()[1] for line in log.getvalue().splitlines()] == ["D001:", "D012:", "D020:", "D023:", "D047:"]
    assert quiet.getvalue() == ""


def test_what_a_person_must_do_is_said_aloud() -> None:
    quiet = io.StringIO()
    Live(quiet, quiet=True).say("Open this address")
    assert quiet.getvalue() == "Open this address\n"


def test_the_exchange_of_these_tests_is_one_that_failed() -> None:
    assert EXCHANGE.line.endswith("503 Service Unavailable")
    assert REPORT.outcome is Outcome.ERROR
