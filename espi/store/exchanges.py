"""Calls of clients, for their developers to look up, and faults that a developer wishes for while trying.

What fails is kept for every client, all else for sandbox clients only. Nothing of a call's content is kept: the route
instead of the address, the public reason instead of what was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import delete, insert, select, update

from espi import log
from espi.clock import DAY_S
from espi.errors import BadInput, EspiError
from espi.store.clients import Client
from espi.store.database import Conn, Database, transaction_of
from espi.store.market_counts import note_call, record_own
from espi.store.tables import exchange, fault

FLUSH_S = 0.5
KEPT_DAYS = 30
FAILED = 400
FAULTS = (202, 401, 429, 503)
"""The answers that a developer may wish for."""
MOST_FAULTS = 20
RETRY_AFTER_S = 2


@dataclass(frozen=True)
class Exchange:
    """A call and its answer. route: the pattern, without ids. code and reason: of the error, as the caller got them.

    size: bytes of the answer, 0 where it was still being made when this was noted.
    """

    client_id: int
    request_id: str
    at_s: int
    method: str
    route: str
    status: int
    code: str = ""
    reason: str = ""
    size: int = 0


class WishedFault(EspiError):
    """What a developer wished to get; retry_after_s goes into the answer's Retry-After."""

    code = "wished_fault"
    public = "This answer was wished for on the developers' page, to be tried."

    def __init__(self, status: int) -> None:
        self.status = status
        self.retry_after_s = None if status == 401 else RETRY_AFTER_S
        self.www_authenticate = 'Bearer realm="espi", error="invalid_token"' if status == 401 else None
        super().__init__()


def note(database: Database, caller: Client, call: Exchange) -> None:
    """Keep a call if it failed or its client is a sandbox's, and count it.

    A web server writes it within `FLUSH_S` seconds.
    """
    record_own(database, caller.id, call.at_s, call.status, call.size)
    if not caller.sandbox:
        note_call(database, caller.role, call.at_s, call.status)
    if call.status < FAILED and not caller.sandbox:
        return
    if database.audit_buffer is None:
        with database.write() as conn:
            _write(conn, [call])
    else:
        _waiting(database).add(call)


def exchanges_of(conn: Conn, clients: Sequence[Client], *, failed: bool = False, limit: int = 100) -> list[Exchange]:
    """The last calls of clients, the newest first. failed: those alone that failed."""
    query = select(*_COLUMNS).where(exchange.c.client_id.in_([each.id for each in clients]))
    if failed:
        query = query.where(exchange.c.status >= FAILED)
    return [Exchange(*row) for row in conn.execute(query.order_by(exchange.c.id.desc()).limit(limit))]


def by_request_id(conn: Conn, clients: Sequence[Client], request_id: str) -> list[Exchange]:
    """The calls of clients that were answered with this id."""
    own = exchange.c.client_id.in_([each.id for each in clients])
    query = select(*_COLUMNS).where(exchange.c.request_id == request_id, own).order_by(exchange.c.id)
    return [Exchange(*row) for row in conn.execute(query)]


def set_fault(conn: Conn, client: Client, status: int, times: int) -> None:
    """Let the next calls of a sandbox client be answered with a fault; no times: with none any more."""
    if not client.sandbox:
        raise BadInput("Faults are for sandbox clients only.")
    if status not in FAULTS or not 0 <= times <= MOST_FAULTS:
        raise BadInput(f"Choose one of {', '.join(map(str, FAULTS))}, for {MOST_FAULTS} calls at most.")
    conn.execute(delete(fault).where(fault.c.client_id == client.id))
    if times:
        conn.execute(insert(fault).values(client_id=client.id, status=status, remaining=times))


def fault_of(conn: Conn, client: Client) -> tuple[int, int]:
    """The status that a client's next calls are answered with, and how many; (0, 0) if there is none."""
    row = conn.execute(select(fault.c.status, fault.c.remaining).where(fault.c.client_id == client.id)).first()
    return (row.status, row.remaining) if row else (0, 0)


def trip(conn: Conn, client: Client) -> None:
    """Raise the `WishedFault` of a sandbox client's call, if there is one left; costs others nothing."""
    if not client.sandbox:
        return
    status, _remaining = fault_of(conn, client)
    if not status:
        return
    transaction = transaction_of(conn)
    if transaction.writes:
        transaction.after_rollback.append(lambda other: _one_less(other, client))
    else:
        with transaction.database.write() as writer:
            _one_less(writer, client)
    raise WishedFault(status)


def _one_less(conn: Conn, client: Client) -> None:
    own = fault.c.client_id == client.id
    conn.execute(update(fault).where(own).values(remaining=fault.c.remaining - 1))
    conn.execute(delete(fault).where(own, fault.c.remaining <= 0))


_COLUMNS = [exchange.c[name] for name in Exchange.__dataclass_fields__]


def _write(conn: Conn, calls: Sequence[Exchange]) -> None:
    conn.execute(insert(exchange), [asdict(call) | {"reason": call.reason[:512]} for call in calls])
    for client_id in {call.client_id for call in calls}:
        before_s = max(call.at_s for call in calls) - KEPT_DAYS * DAY_S
        conn.execute(delete(exchange).where(exchange.c.client_id == client_id, exchange.c.at_s < before_s))


class _Waiting:
    """Calls that are not written yet. A timer writes them; losing them with the process would hurt nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls: list[Exchange] = []
        self._lock = threading.Lock()

    def add(self, call: Exchange) -> None:
        with self._lock:
            self._calls.append(call)
            first = len(self._calls) == 1
        if first:
            timer = threading.Timer(FLUSH_S, self._flush)
            timer.daemon = True
            timer.start()

    def _flush(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, []
        try:
            with self._database.write() as conn:
                _write(conn, calls)
        except Exception as err:  # noqa: BLE001  (a log for developers must not take the server down)
            log.warn(log.Event.AUDIT_LATE, error=type(err).__name__)


_WAITING: WeakKeyDictionary[Database, _Waiting] = WeakKeyDictionary()
_MAKING = threading.Lock()


def _waiting(database: Database) -> _Waiting:
    with _MAKING:
        return _WAITING.setdefault(database, _Waiting(database))
