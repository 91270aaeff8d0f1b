"""A report: the verdicts of one run, when it was made, and what changed since another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import conformance
from conformance.outcome import Outcome, worst
from conformance.requirements import Requirement, requirements
from conformance.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement whose outcome is not what it was: `before` or `after` is empty where it was not judged."""

    subject: str
    id: str
    text: str
    before: str
    after: str

    @property
    def word(self) -> str:
        """What the change amounts to."""
        good, bad = {"pass", "omit"}, {"fail", "error", "wait", "skip"}
        if not self.before or not self.after:
            return "new" if self.after else "gone"
        if self.before in good and self.after in bad:
            return "broken"
        return "mended" if self.before in bad and self.after in good else "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since an earlier report, made at `made_at` (ISO 8601)."""

    made_at: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts of one run; `made_s` is an instant in epoch seconds."""

    verdicts: tuple[Verdict, ...]
    made_s: int
    comparison: Comparison | None = None
    version: str = conformance.__version__

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of what is required of any subject."""
        return worst(one.outcome for one in self.verdicts)

    @property
    def made_at(self) -> str:
        """When it was made, as ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.made_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def untested(verdict: Verdict) -> list[Requirement]:
    """What the kit cannot judge of a subject's blocks; each requirement says why."""
    judged = {one.block for one in verdict.blocks if one.applies}
    profiles = {"both", *verdict.profiles}
    return [
        one
        for one in requirements().values()
        if one.untested and one.profile in profiles and (one.block is None or one.block in judged)
    ]


def comparison(new: Mapping[str, Any], old: Mapping[str, Any]) -> Comparison:
    """What changed between two reports in their JSON form.

    Subjects are matched by name, or as they are where each report has only one.

    Raises:
        ValueError: the older one is no report of this kit.
    """
    if old.get("format") != new["format"]:
        raise ValueError("The file to compare with is no JSON report of this kit.")
    before = {one["subject"]: one for one in old["subjects"]}
    after = {one["subject"]: one for one in new["subjects"]}
    if len(before) == len(after) == 1:
        before = dict(zip(after, before.values(), strict=True))
    changes = [change for name in {**after, **before} for change in _changes(name, before.get(name), after.get(name))]
    return Comparison(old["made_at"], tuple(changes))


def _changes(subject: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[Change]:
    before = {one["id"]: one for one in (old or {"results": ()})["results"]}
    after = {one["id"]: one for one in (new or {"results": ()})["results"]}
    return [
        Change(subject, name, (after.get(name) or before[name])["text"], _outcome(before, name), _outcome(after, name))
        for name in {**after, **before}
        if _outcome(before, name) != _outcome(after, name)
    ]


def _outcome(results: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(results[name]["outcome"]) if name in results else ""
