"""Who may import whom, and how large a thing may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "espi").rglob("*.py"), *(ROOT / "conformance").rglob("*.py")])
SHORT_MODULE, SHORT_FUNCTION = 400, 50
LONG_MODULES: dict[str, str] = {}
"""Modules over the limit, each with the reason."""
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "base", "manager"}


def test_the_import_contracts_hold() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= SHORT_MODULE or str(path.relative_to(ROOT)) in LONG_MODULES
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [one.name for one in functions if (one.end_lineno or 0) - one.lineno >= SHORT_FUNCTION] == []


def test_every_module_is_named_for_what_it_is_about() -> None:
    assert [path for path in MODULES if path.stem in NAMES_THAT_SAY_NOTHING] == []
