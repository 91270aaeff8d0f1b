"""The compliance matrix says nothing that is not so: every test, page and document that it names is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from espi.portal.language import catalogue
from espi.portal.pages import PAGES
from espi.portal.requirements import MET, REQUIREMENTS, STATES, Requirement

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("line", REQUIREMENTS, ids=lambda line: line.id)
def test_what_the_matrix_names_is_there(line: Requirement) -> None:
    for test in line.tests:
        path, _, name = test.partition("::")
        functions = {
            node.name
            for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
            if isinstance(node, ast.FunctionDef)
        }
        assert name in functions if name else any(each.startswith("test_") for each in functions), test
    assert set(line.pages) <= {page.endpoint for page in PAGES}
    assert all((ROOT / "docs" / doc).is_file() for doc in line.docs)
    assert line.tests or line.state != MET, "what is met is shown by a test"


def test_every_line_is_sound_and_there_in_spanish() -> None:
    assert len({line.id for line in REQUIREMENTS}) == len(REQUIREMENTS)
    assert {line.state for line in REQUIREMENTS} <= set(STATES)
    said = {each for line in REQUIREMENTS for each in (line.asks, line.how)}
    assert [each for each in said if catalogue("es").gettext(each) == each] == []
