"""docs/conformance.md tells the settings and the outcomes that the kit has, no more and no less."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from conformance import outcome, verdict
from conformance.client import operator, settings
from conformance.requirements import requirements

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text("utf-8")


def rows(beginning: str) -> list[str]:
    """The first cells of the table that follows these words."""
    table = PAGE[PAGE.index(beginning) :].partition("| --- |")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip(" `") for line in table.splitlines() if line.startswith("| ")]


def keys(kind: Any, where: str = "") -> Iterator[str]:
    hints = get_type_hints(kind)
    for one in dataclasses.fields(kind):
        name = where + one.metadata.get("key", one.name)
        hint = hints[one.name]
        if dataclasses.is_dataclass(hint):
            yield from keys(hint, f"{name}.")
        else:
            yield name


def test_the_table_of_settings_has_every_key() -> None:
    written = {re.sub(r"^browser\.consent.*", "browser.scripts", name) for name in rows("Every key, with what")}
    assert written == set(keys(settings.Settings))


def test_defaults_are_told() -> None:
    for name, value in (("answer_s", 60), ("notification_s", 100), ("person_s", 600), ("retry_s", 2)):
        assert getattr(settings.Waits(), name) == value
        assert re.search(rf"`waits\.{name}` .*\| `{value}` \|", PAGE)


def test_every_action_of_the_operator_is_named() -> None:
    assert [name for name in operator.ACTIONS if f"`{name}`" not in PAGE] == []


def test_every_outcome_and_every_standing_is_explained() -> None:
    assert set(rows("## What comes of a requirement")) == {str(one) for one in outcome.Outcome}
    assert set(rows("## Reading a report")) == {str(one) for one in verdict.Standing}


def test_differences_from_the_suite_are_of_requirements_that_exist() -> None:
    first = " ".join(rows("## Where the kit differs"))
    named = re.findall(r"\b(?:D\d{3}|[A-Z]{2,4}\d{3}[a-i]?)\b", first)
    assert [name for name in named if name not in requirements()] == []
    assert len(named) > 10


def test_the_settings_shown_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for name in re.findall(r'env = "(\w+)"', PAGE):
        monkeypatch.setenv(name, "x")
    first, scripts = (settings.from_table(tomllib.loads(text)) for text in shown)
    assert first.claims.blocks
    assert set(scripts.browser.scripts) == {"log_in", "consent", "deny"}
