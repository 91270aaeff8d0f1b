"""The function blocks of the Green Button certification: number, name, whether a custodian must offer it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FunctionBlock:
    """A function block. need: `M` both profiles, `C` Connect My Data, `D` Download My Data, `o` optional, `L` legacy."""

    number: int
    name: str
    need: str

    @property
    def code(self) -> str:
        """How documents write it: `FB_01`."""
        return f"FB_{self.number:02d}"
