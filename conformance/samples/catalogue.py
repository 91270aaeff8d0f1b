"""Which sample files there are, and what each must show."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from conformance.samples.alteration import KINDS, altered


@dataclass(frozen=True)
class Sample:
    """A file that breaks one rule in one way.

    name: its file without the ending: the rule, or the rule, a dash and a word where a rule has several. of: the good
    file it is made from. about: what is wrong with it. also_fails: rules that cannot hold either when this one does
    not. blocks: the function blocks it claims, where they do not show in it once the rule is broken. previous: whether
    it is to be compared with the good file as an earlier one. file: what the file is called, where that is the point.
    """

    name: str
    of: str
    about: str
    how: Mapping[str, Any]
    also_fails: frozenset[str] = frozenset()
    blocks: frozenset[int] = frozenset()
    previous: bool = False
    file: str = ""
    rule: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rule", self.name.partition("-")[0])
        object.__setattr__(self, "file", self.file or f"{self.name}.xml")

    @cached_property
    def broken(self) -> bytes:
        """The file."""
        return altered(good(self.of), self.how)


def _folder() -> Traversable:
    return resources.files("conformance.samples")


def goods() -> list[str]:
    """The names of the good files, without their ending."""
    return sorted(each.name.removesuffix(".xml") for each in (_folder() / "good").iterdir())


@cache
def good(name: str) -> bytes:
    """A good file."""
    return (_folder() / "good" / f"{name}.xml").read_bytes()


@cache
def samples() -> dict[str, Sample]:
    """The broken files by name."""
    tables = sorted((_folder() / "broken").iterdir(), key=lambda each: each.name)
    return told(each.read_text("utf-8") for each in tables)


def told(tables: Iterable[str]) -> dict[str, Sample]:
    """The broken files that texts in TOML tell of, by name.

    Raises:
        ValueError: a name is given twice, or a sample does not say exactly one alteration.
    """
    found: dict[str, Sample] = {}
    for table in tables:
        for name, facts in tomllib.loads(table).items():
            if name in found:
                raise ValueError(f"There are two samples {name}.")
            found[name] = _sample(name, facts)
    return found


def _sample(name: str, facts: dict[str, Any]) -> Sample:
    how = {kind: facts.pop(kind) for kind in KINDS & facts.keys()}
    if len(how) != 1:
        raise ValueError(f"The sample {name} must be made by one alteration, not {len(how)}.")
    also_fails, blocks = (frozenset(facts.pop(key, ())) for key in ("also_fails", "blocks"))
    return Sample(name=name, how=how, also_fails=also_fails, blocks=blocks, **facts)


def write(folder: Path) -> int:
    """Write all files below a folder, with `samples.csv` that says what each must fail; how many there are.

    Raises:
        OSError: a file cannot be written.
    """
    for part in ("good", "broken"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name in goods():
        (folder / "good" / f"{name}.xml").write_bytes(good(name))
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "rule", "also_fails", "blocks", "previous", "about"))
        table.writerows((f"good/{name}.xml", "", "", "", "", "Nothing is wrong with it.") for name in goods())
        for sample in samples().values():
            (folder / "broken" / sample.file).write_bytes(sample.broken)
            table.writerow(_row(sample))
    return len(goods()) + len(samples())


def _row(sample: Sample) -> tuple[str, ...]:
    return (
        f"broken/{sample.file}",
        sample.rule,
        " ".join(sorted(sample.also_fails)),
        " ".join(map(str, sorted(sample.blocks))),
        f"good/{sample.of}.xml" if sample.previous else "",
        sample.about,
    )
