"""Progress while a run goes on: one line that renews itself on a terminal, and lines of what is not right."""

from __future__ import annotations

import time
from typing import TextIO

from conformance.outcome import Outcome
from conformance.report.text import COLOURS, WORDS
from conformance.run import Step

RENEW_S = 0.1


class Live:
    """Shows the steps of a run on `out`; on anything but a terminal, only what failed or took a person's time."""

    def __init__(self, out: TextIO, *, quiet: bool = False) -> None:
        self._out = out
        self._quiet = quiet
        self._terminal = out.isatty() and not quiet
        self._shown_s = 0.0

    def __call__(self, step: Step) -> None:
        """A requirement is begun, or judged."""
        if step.result is None:
            self._line(f"[{step.number}/{step.total}] {step.requirement.id} {step.requirement.text}")
        elif not self._quiet and step.result.outcome not in {Outcome.PASS, Outcome.OMIT, Outcome.SKIP}:
            self.end()
            word = WORDS[step.result.outcome]
            if self._terminal:
                word = f"\033[{COLOURS[step.result.outcome]}m{word}\033[0m"
            first = next((found.message for found in step.result.findings), step.result.why)
            self._out.write(f"{word} {step.requirement.id}: {first}\n")
            self._out.flush()

    def say(self, text: str) -> None:
        """Tell a person something that is not to be missed, such as what to do now."""
        self.end()
        self._out.write(f"{text}\n")
        self._out.flush()

    def _line(self, text: str) -> None:
        """Renew the line, though not so often that it takes time."""
        now_s = time.monotonic()
        if self._terminal and now_s - self._shown_s >= RENEW_S:
            self._shown_s = now_s
            self._out.write(f"\r\033[K{text[:100]}")
            self._out.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._terminal:
            self._out.write("\r\033[K")
            self._out.flush()
