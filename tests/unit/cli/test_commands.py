"""Only what a command needs is loaded, and every command is found by its first word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from espi.cli import MODULES, vocabulary

EVERY = {*vocabulary().commands, *vocabulary().groups}


@pytest.mark.parametrize(("module", "words"), MODULES.items())
def test_a_first_word_brings_the_commands_of_its_module(module: str, words: tuple[str, ...]) -> None:
    for word in words:
        found = vocabulary(word)
        assert {*found.commands, *found.groups} == set(words), module


def test_all_commands_are_there_where_no_first_word_is_known() -> None:
    assert {word for words in MODULES.values() for word in words} == EVERY
    for unknown in ("", "--help", "no-such"):
        found = vocabulary(unknown)
        assert {*found.commands, *found.groups} == EVERY


def test_a_loader_does_not_wait_for_the_portal() -> None:
    told = "import sys, espi.cli; espi.cli.vocabulary('intake'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True).stdout.split()
    assert "espi.intake.load" in loaded
    assert {"flask", "espi.portal", "espi.api", "webauthn"}.isdisjoint(loaded)
