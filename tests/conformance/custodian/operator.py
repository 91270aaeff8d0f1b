"""What a person does at the played custodian's console: send a notification, end a token, withdraw a grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.custodian import facts
from tests.conformance.custodian.exchange import Answer, Request

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

SFTP = f"sftp://judge@localhost/DataCustodian/espi/1_1/resource/Batch/Bulk/{facts.BULK}"


def answer(custodian: Custodian, request: Request) -> Answer:
    """The answer to a request at the console."""
    action = request.path.removeprefix("/")
    told = dict(request.parameters)
    if action == "notify":
        custodian.notify([told["uri"]])
    elif action == "notify_sftp":
        custodian.notify([SFTP])
    elif action == "expire_token":
        custodian.book.expire_tokens(told["authorization"].rpartition("/")[2])
    elif action == "revoke":
        custodian.book.withdraw(told["authorization"].rpartition("/")[2])
        custodian.notify([told["authorization"]])
    elif action == "delivery_failures":
        failed = [text for text, status in custodian.posted if not 200 <= status < 300]
        return Answer(200, "\n".join(failed).encode())
    elif action == "file":
        return Answer(200, custodian.file().encode())
    else:
        return Answer(404)
    return Answer(200)
