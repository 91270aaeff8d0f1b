"""Whether the custodian is up, for everybody."""

from __future__ import annotations

from espi import __version__
from espi.clock import instant_text
from espi.market.operation import INSTANT, Ask, Operation, Reply
from espi.market.shapes import Nullable, Record, Text

STATUS = Record(
    "Status",
    {
        "status": Text("The custodian answers.", choices=("up",)),
        "version": Text("Of the program.", most=64),
        "time": INSTANT,
        "notice": Nullable(Text("What the operator has to say, such as a planned pause.", most=2000)),
    },
)


def status(ask: Ask) -> Reply:
    """Up, which version, and the operator's notice."""
    notice = ask.settings.notice[:2000] or None
    return Reply({"status": "up", "version": __version__, "time": instant_text(ask.now_s), "notice": notice})


OPERATIONS = (
    Operation(
        "GET",
        "/status",
        "status",
        "status",
        "Whether the custodian is up, and what the operator has to say.",
        status,
        {200: STATUS},
    ),
)
