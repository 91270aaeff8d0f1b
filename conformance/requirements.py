"""The requirements of the standard, as `requirements.csv` lists them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

REQUIRED = "SHALL"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the standard that demands something, in our words.

    `also` are the ids other suites give the very same requirement; `block` is the function block's number, or None for
    what all documents and servers must do; `untested` says why no check exists, and is empty where there is one.
    """

    id: str
    also: tuple[str, ...]
    block: int | None
    text: str
    strength: str
    actor: str
    source: str
    profile: str
    untested: str

    @property
    def required(self) -> bool:
        """Whether conformance depends on it (SHALL); SHOULD and MAY are counted apart."""
        return self.strength == REQUIRED

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own id and the other suites'."""
        return (self.id, *self.also)


@cache
def requirements() -> dict[str, Requirement]:
    """Every requirement by its own id, in the table's order.

    Raises:
        ValueError: two rows have the same id.
    """
    found: dict[str, Requirement] = {}
    table = (resources.files("conformance") / "requirements.csv").read_text("utf-8")
    for row in csv.DictReader(table.splitlines()):
        one = _requirement(row)
        if one.id in found:
            raise ValueError(f"requirements.csv has two rows for {one.id}.")
        found[one.id] = one
    return found


def _requirement(row: dict[str, str]) -> Requirement:
    return Requirement(
        id=row["id"],
        also=tuple(row["also"].split()),
        block=int(row["block"]) if row["block"] else None,
        text=row["text"],
        strength=row["strength"],
        actor=row["actor"],
        source=row["source"],
        profile=row["profile"],
        untested=row["untested"],
    )


def requirement(name: str) -> Requirement:
    """The requirement with this id.

    Raises:
        KeyError: `requirements.csv` has no such row.
    """
    try:
        return requirements()[name]
    except KeyError:
        raise KeyError(f"requirements.csv has no row for {name}.") from None


def ids_named(names: str) -> frozenset[str]:
    """The requirements that a comma-separated list names, by their own ids or by other suites'.

    Raises:
        ValueError: a name that no requirement bears.
    """
    by_name: dict[str, set[str]] = {}
    for one in requirements().values():
        for name in one.ids:
            by_name.setdefault(name, set()).add(one.id)
    found: set[str] = set()
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name not in by_name:
            raise ValueError(f"There is no requirement {name}; `python -m conformance requirements` lists them.")
        found |= by_name[name]
    return frozenset(found)
