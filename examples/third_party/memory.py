"""What the third party remembers: its client, its customers' connections, what happened. One JSON file."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from examples.third_party.feed import Series, as_json, from_json

MOST_EVENTS = 200


@dataclass
class Connection:
    """A customer's grant: its tokens, where its data are, how it stands. state: active, or why it is not."""

    resource: str
    authorization: str
    person: str
    scope: str
    token: dict[str, Any]
    state: str = "active"
    series: dict[str, Series] = field(default_factory=dict)


@dataclass(frozen=True)
class Happening:
    """A line of the timeline. at_s: epoch seconds. kind: a word for the page's colours."""

    at_s: int
    kind: str
    text: str

    @property
    def clock(self) -> str:
        """The time of day, by this machine's clock."""
        return time.strftime("%H:%M:%S", time.localtime(self.at_s))


class Memory:
    """Everything remembered, in memory and in a file. Hold `lock` while changing it; `keep` writes it down."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.client: dict[str, Any] = {}
        self.own_tokens: dict[str, str] = {}
        self.connections: dict[str, Connection] = {}
        self.timeline: list[Happening] = []
        if path.is_file():
            self._recall(json.loads(path.read_text("utf-8")))

    def _recall(self, kept: dict[str, Any]) -> None:
        self.client = kept["client"]
        self.timeline = [Happening(**each) for each in kept["timeline"]]
        for each in kept["connections"]:
            series = {one["href"]: from_json(one) for one in each["series"]}
            self.connections[each["resource"]] = Connection(**{**each, "series": series})

    def keep(self) -> None:
        """Write it down, so that a restart forgets nothing. The file holds secrets: nobody else may read it."""
        with self.lock:
            connections = [
                {**vars(each), "series": [as_json(one) for one in each.series.values()]}
                for each in self.connections.values()
            ]
            told = [asdict(each) for each in self.timeline]
            text = json.dumps({"client": self.client, "connections": connections, "timeline": told})
            self.path.touch(mode=0o600)
            self.path.write_text(text, "utf-8")

    def note(self, kind: str, text: str) -> None:
        """Add a line to the timeline."""
        with self.lock:
            self.timeline.insert(0, Happening(int(time.time()), kind, text))
            del self.timeline[MOST_EVENTS:]

    def of_resource(self, address: str) -> Connection | None:
        """The connection whose data an address is about."""
        path = address.partition("?")[0]
        for each in self.connections.values():
            if any(path == own or path.startswith(f"{own}/") for own in (each.resource, each.person) if own):
                return each
        return None
