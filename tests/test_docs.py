"""The generated pages say what the program says, and no page points to what is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from espi.cli import vocabulary
from espi.cli.docs import FOLDER, generated

ROOT = FOLDER.parent
PAGES = sorted([*ROOT.glob("*.md"), *FOLDER.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize(("name", "text"), generated(vocabulary()).items())
def test_a_generated_page_is_current(name: str, text: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == text, "run espi docs build"


def test_no_page_of_a_resource_outlives_it() -> None:
    kept = {path.name for path in (FOLDER / "resources").glob("*.md")}
    assert kept == {Path(name).name for name in generated(vocabulary()) if name.startswith("resources/")}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
