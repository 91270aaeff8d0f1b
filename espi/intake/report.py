"""What became of a file: counts, and the blocks that were refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from espi.store import queue
from espi.store.database import Conn
from espi.store.queue import ReceivedFile, RefusedBlock


@dataclass
class Counts:
    """Blocks by what became of them, and what the file holds.

    blocks: good ones and refused ones. loaded: the first of their day. replaced: now in force, wholly or in part, in
    place of what was there. unchanged: known already. older: kept, but what is in force beats them (05). parked: their
    meter is not known yet. refused: 01 to 04. rounded: values with more than three decimals. values, wh: of all good
    blocks.
    """

    blocks: int = 0
    loaded: int = 0
    replaced: int = 0
    unchanged: int = 0
    older: int = 0
    parked: int = 0
    refused: int = 0
    rounded: int = 0
    values: int = 0
    wh: int = 0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Counts:
        """The counts that a file's row in the database holds."""
        return cls(**{known.name: int(stored.get(known.name, 0)) for known in fields(cls)})


@dataclass(frozen=True)
class FileReport:
    """The outcome for one file.

    code: empty, or F1 or F2 for a file that was refused whole, with its reason. refused: the blocks that are not in
    force, by row. again: the file had been loaded before, and nothing was done now. usage_points: those of a Green
    Button file, by id.
    """

    name: str
    file_id: int
    counts: Counts = field(default_factory=Counts)
    code: str = ""
    reason: str = ""
    refused: tuple[RefusedBlock, ...] = ()
    again: bool = False
    usage_points: tuple[int, ...] = ()

    @classmethod
    def of(cls, conn: Conn, file: ReceivedFile, *, again: bool = False) -> FileReport:
        """What became of a file that is known."""
        refused = file.state == queue.REFUSED
        return cls(
            file.name,
            file.id,
            Counts.of(file.counts),
            code=str(file.counts.get("code", "")) if refused else "",
            reason=str(file.counts.get("reason", "")) if refused else "",
            refused=tuple(queue.refused(conn, file.id)),
            again=again,
        )

    @property
    def exit_code(self) -> int:
        """0 all loaded (or parked), 3 some blocks refused, 1 the file refused."""
        return 1 if self.code else 3 if self.refused else 0

    @property
    def summary(self) -> str:
        """One line for machines: `key=value` pairs."""
        facts = {"file": self.name, "result": self.code or "00", **asdict(self.counts), "again": int(self.again)}
        return " ".join(f"{key}={value}" for key, value in facts.items())
