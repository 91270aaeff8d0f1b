"""`docs/compliance.md`: the compliance matrix, made from where it is declared."""

from __future__ import annotations

from espi.cli.pages import GENERATED, table
from espi.portal.requirements import MET, MISSING, PART, REQUIREMENTS, Requirement

STATES = {MET: "met", PART: "in part", MISSING: "not yet"}
INTRODUCTION = """\
What the law, the commission's rules and the practice of Smart Meter Texas ask of a system like this, in our own words,
and what shows that it is so. Paragraphs are named only where public papers name them. The portal has the same at
`/compliance`; a test demands that every piece of evidence is there."""


def compliance() -> str:
    """The matrix, a table for each source."""
    parts = ["# Compliance", GENERATED, INTRODUCTION]
    for source in dict.fromkeys(each.source for each in REQUIREMENTS):
        rows = [_row(each) for each in REQUIREMENTS if each.source == source]
        parts += [f"## {source}", table(("asked for", "state", "where it is met", "what shows it"), rows)]
    return "\n\n".join(parts) + "\n"


def _row(each: Requirement) -> tuple[str, ...]:
    shown = ", ".join(f"[{name}]({name})" if kind == "doc" else f"{kind} `{name}`" for kind, name in each.evidence())
    return each.asks, STATES[each.state], each.how, shown
