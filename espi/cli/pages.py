"""The pages about settings, commands and roles, made from where each of them is declared."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from espi import access
from espi.cli.words import Words
from espi.clock import Clock
from espi.config import Setting

GENERATED = "_This page is generated from the program by `espi docs build`; change it there._"

SETTINGS_INTRODUCTION = """\
A setting comes from the environment, else from `espi.toml` in the home folder, else from its default.
An unknown key or a bad value stops the start, and the message says where it stands."""
ROLES_INTRODUCTION = """\
What no rule allows is refused. A relation gives usage points, each with the days that may be seen of it.
"Refused with" is the status that answers for what lies outside of the relation: 404 tells nothing of what exists."""
COMMANDS_INTRODUCTION = """\
`espi` is in `.venv/bin` (also `python -m espi`).
Exit status: 0 done, 1 failed, 2 the words were not understood, 3 done in part."""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines.extend(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    return "\n".join(lines)


def settings(declared: Iterable[Setting]) -> str:
    """Every setting."""
    rows = [
        (f"`ESPI_{one.name.upper()}`", f"`{one.name}`", _default(one), "yes" if one.secret else "", one.help)
        for one in declared
    ]
    return "\n\n".join((
        "# Settings",
        GENERATED,
        SETTINGS_INTRODUCTION,
        table(("environment", "espi.toml", "default", "secret", "meaning"), rows),
    )) + "\n"  # fmt: skip


def _default(setting: Setting) -> str:
    value = setting.default
    if value in ("", Clock()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else Path(value) if isinstance(value, Path) else value}`"


def commands(words: Words) -> str:
    """Every command with its words."""
    parts = [
        "# Commands",
        GENERATED,
        COMMANDS_INTRODUCTION,
    ]
    for name, parser in words.all():
        parts.append(f"## {name}")
        parts.append(parser.description or "")
        rows = [_argument(one) for one in parser._actions if one.dest != "help" and not one.dest.endswith("_command")]  # noqa: SLF001 - argparse lists them nowhere else
        if rows:
            parts.append(table(("word", "meaning"), rows))
    return "\n\n".join(parts) + "\n"


def _argument(one: argparse.Action) -> tuple[str, str]:
    shown = str(one.metavar or one.dest.upper())
    if one.choices:
        shown = "|".join(map(str, one.choices))
    if not one.option_strings:
        word = f"{shown}..." if one.nargs in ("+", "*") else shown
    else:
        word = one.option_strings[-1] + ("" if one.nargs == 0 else f" {shown}")
    text = (one.help or "") % {"default": one.default, "prog": "espi"} if "%" in (one.help or "") else one.help or ""
    return f"`{word}`", text + (" (required)" if one.required and one.option_strings else "")


def roles() -> str:
    """The gate's rules."""
    rows = [
        (
            str(rule.role),
            f"`{rule.action}`",
            rule.relation.name if rule.relation else "",
            rule.limits,
            str(rule.refusal),
            ", ".join(sorted(rule.proofs)),
            ", ".join(sorted(rule.positions)) if len(rule.positions) < len(access.Position) else "",
        )
        for rule in access.RULES
    ]
    headings = ("role", "action", "relation", "bounded by", "refused with", "only with", "only as")
    return "\n\n".join(("# Roles", GENERATED, ROLES_INTRODUCTION, table(headings, rows))) + "\n"
