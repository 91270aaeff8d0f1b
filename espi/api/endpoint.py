"""What an endpoint is, and what its function is asked with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Request, Response

from espi import access
from espi.api.kept import Kept
from espi.config import Settings
from espi.feeds.fragments import Fragments
from espi.store.database import Conn, Database

if TYPE_CHECKING:
    from espi.oauth.tokens import Bearer
    from espi.store.reach import Reach


@dataclass(frozen=True)
class Endpoint:
    """An address and what answers there.

    methods: GET stands for HEAD too. pattern: below the resource endpoint, in the form of URL rules. action: of the
    gate, which `function` asks through what it gets. without_token: the status for who shows no token (ESPI's
    certification wants 403 at some addresses where RFC 6750 would say 401). writes_itself: its function begins its own
    transactions to change something, beside one that reads.
    """

    methods: tuple[str, ...]
    pattern: str
    action: str
    function: Callable[[Asked], Response]
    without_token: int = 401
    writes_itself: bool = False

    @property
    def writes(self) -> bool:
        """Whether its transaction may change something."""
        return self.methods != ("GET",) and not self.writes_itself


@dataclass(frozen=True)
class Asked:
    """One request of somebody known, in a transaction: one that writes, unless the endpoint is for GET alone.

    ids: what stands in the variable places of the path. kept: answers that may be sent again. months: parts of feeds
    that may. A reading transaction lasts until the answer is sent, one that writes is committed before.
    """

    request: Request
    endpoint: Endpoint
    bearer: Bearer
    conn: Conn
    database: Database
    settings: Settings
    request_id: str
    ids: Mapping[str, str]
    kept: Kept | None = None
    months: Fragments | None = None

    @functools.cached_property
    def query(self) -> Mapping[str, str]:
        """The query's parameters; of one that comes repeatedly, the first."""
        return self.request.args.to_dict()

    def number(self, name: str) -> int:
        """The path id in a place of the path; -1, which nothing has, where it is no number."""
        return number(self.ids[name])

    def reach(self, action: str = "") -> Reach:
        """What the gate lets the caller see here. Raises `Denied`."""
        return access.reach(
            self.conn,
            self.bearer.principal,
            action or self.endpoint.action,
            settings=self.settings,
            target=self.endpoint.pattern,
        )

    def require(self, action: str = "") -> None:
        """Ask the gate about what is about no meter. Raises `Denied`."""
        access.require(
            self.conn,
            self.bearer.principal,
            action or self.endpoint.action,
            settings=self.settings,
            target=self.endpoint.pattern,
        )


def number(text: str) -> int:
    """A path id; -1, which nothing has, where the text is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1
