"""What an operation of the JSON interface is. Its routes, its checks and its description all come from one of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from espi.config import Settings
from espi.errors import BadInput, EspiError
from espi.market.shapes import Fault, Nullable, Record, Shape, Text, Whole
from espi.oauth.tokens import Bearer
from espi.store.database import Conn

if TYPE_CHECKING:
    from espi.store.reach import Reach

PREFIX = "/api/v1"


class Invalid(BadInput):
    """What was sent is not what the description asks for. faults: everything that is wrong."""

    code = "invalid_request"
    public = "This is not what /api/v1/openapi.json describes; `errors` names each fault."

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__()
        self.faults = faults


class Unprocessable(BadInput):
    """It has the right shape, and still makes no sense: a first day after the last one."""

    status = 422
    code = "unprocessable"

    def __init__(self, public: str, code: str = code, detail: str = "") -> None:
        super().__init__(public, detail=detail)
        self.code = code


class TooMany(EspiError):
    """A client has used up what it may ask for in this window."""

    status = 429
    code = "too_many_requests"
    public = "You have asked too often. Wait for the seconds that Retry-After says, then go on."


@dataclass(frozen=True)
class Ask:
    """A request that has passed every check. reach: what the gate lets the caller see, None where it is no meter's.

    given: parameters by name, defaults filled in. body: the members that were sent. media: of the operation's types of
    answers, the one that the caller likes best.
    """

    conn: Conn
    settings: Settings
    now_s: int
    given: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    caller: Bearer | None = None
    within: Reach | None = None
    media: str = ""

    @property
    def bearer(self) -> Bearer:
        """Who asks, where the operation needs a token."""
        if self.caller is None:
            raise TypeError("this operation asks for no token")
        return self.caller

    @property
    def reach(self) -> Reach:
        """What the caller may see, where the operation is about meters."""
        if self.within is None:
            raise TypeError("this operation is about no meter")
        return self.within


@dataclass(frozen=True)
class Reply:
    """What an operation gives. stream: the body in pieces, instead of `body`; read while the connection is open.

    waits: nothing is there yet, so a caller that said so may be kept waiting. text: the body, where media says that it
    is no JSON; media of a stream is its whole content type.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    waits: bool = False
    text: str = ""
    media: str = ""


@dataclass(frozen=True)
class Parameter:
    """One parameter. place: query or path."""

    name: str
    shape: Shape
    place: str = "query"
    default: Any = None


@dataclass(frozen=True)
class Operation:
    """Something that a program can do.

    path: below `/api/v1`, path parameters in braces. action: what the gate is asked, empty for what is public. reaches:
    the action is about meters. writes: it may change something; such are counted exactly, reads roughly. answers: the
    shape of the body by status of success. refusals: further statuses of failure that it has. media: the types that
    its answers may have, the usual first.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    do: Callable[[Ask], Reply]
    answers: Mapping[int, Shape]
    action: str = ""
    reaches: bool = False
    writes: bool = False
    doc: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Record | None = None
    refusals: tuple[int, ...] = ()
    media: tuple[str, ...] = ("application/json",)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status that it can answer with, save for failures of the server."""
        found = {*self.answers, *self.refusals, 406}
        if self.parameters or self.body or self.method != "GET":
            found.add(400)
        if self.action:
            found |= {401, 403, 429}
        if any(each.place == "path" for each in self.parameters):
            found.add(404)
        if self.body:
            found |= {413, 415}
        return tuple(sorted(found))


ID = Whole("The number that stands for it.", least=1)
NUMBER_IN_PATH = Parameter("id", ID, "path")
AFTER = Parameter("after", Whole("The `next` of the page before; 0 for the first."), default=0)
LIMIT = Parameter("limit", Whole("How many at most.", least=1, most=1000), default=100)
NEXT = Whole("Send it as `after` to get what follows.")
MAYBE_NEXT = Nullable(Whole("Send it as `after` to get what follows; null: that was all."))
INSTANT = Text("An instant in UTC.", form="date-time", most=20)
MAYBE_INSTANT = Nullable(INSTANT)
DAY = Text("A local day.", form="date")
HREF = Text("An address.", form="uri", most=2048)
