"""Counts of the market, made by night and as calls come, so that no report counts millions of rows when it is read.

By night (`count_stocks`, `count_flows`) what there is and what happened is counted by the database, each month anew:
accounts, agreements, reads on demand, questions to the help desk. Calls of the interfaces are counted as they come
(`note_call`), by day, kind of caller and outcome: who it was is not kept. Beside them stand each client's own counts
(`record_own`), which its company alone sees.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import Select, and_, case, delete, func, insert, literal, or_, select, union
from sqlalchemy.dialects import postgresql, sqlite

from espi import log
from espi.clock import DAY_S, next_month, zone
from espi.store import desk
from espi.store.database import Conn, Database
from espi.store.grants import ACTIVE, CUSTOMER, DENIED, REVOKED
from espi.store.invitations import PENDING
from espi.store.on_demand import COMPLETED, UNDER_WAY
from espi.store.tables import (
    authorization,
    authorization_usage_point,
    customer,
    invitation,
    login,
    login_party,
    on_demand_read,
    tenancy,
    third_party,
    usage_point,
    utility,
)
from espi.store.tables import market_count as table
from espi.store.third_parties import OWN

ACCOUNTS, LOGINS, AGREEMENTS = "accounts", "logins", "agreements"
ON_DEMAND, API_USE, TICKETS = "on-demand", "api-use", "tickets"
OWN_CALLS, BYTES = "client-calls", "bytes"
"""What a client asked for and got, by day and outcome, and how much of it; its company alone sees it."""

HOME = "residential"
FLUSH_S = 20
REFUSED_FROM, TOO_MANY, FAILED_FROM = 400, 429, 500

Key = tuple[str, str]
"""A subject (a utility's DUNS, a kind of caller) and a part of what is counted."""


def put_counts(conn: Conn, report: str, day: int, counts: Mapping[Key, int]) -> None:
    """Keep the counts of a day, or of the month that it begins, instead of those that were there."""
    conn.execute(delete(table).where(table.c.report == report, table.c.day == day))
    rows = [
        {"report": report, "day": day, "subject": subject, "part": part, "number": number}
        for (subject, part), number in sorted(counts.items())
    ]
    if rows:
        conn.execute(insert(table), rows)


def add_counts(conn: Conn, report: str, counts: Mapping[tuple[int, str, str], int]) -> None:
    """Add to counts of days: by day, subject and part."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    for (day, subject, part), number in sorted(counts.items()):
        statement = make(table).values(report=report, day=day, subject=subject, part=part, number=number)
        more = {"number": table.c.number + statement.excluded.number}
        keys = ["report", "day", "subject", "part"]
        conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=more))


def kept_counts(conn: Conn, report: str, from_day: int, until_day: int) -> Iterator[tuple[int, str, str, int]]:
    """Day, subject, part and number of what was counted."""
    query = select(table.c.day, table.c.subject, table.c.part, table.c.number)
    query = query.where(table.c.report == report, table.c.day >= from_day, table.c.day < until_day)
    for day, subject, part, number in conn.execute(query.order_by(table.c.day, table.c.subject)):
        yield int(day), str(subject), str(part), int(number)


def count_stocks(conn: Conn, month: int, now_s: int, account_role: str) -> None:
    """Count what there is now, for the month that begins on a day. account_role: whose logins are customers'."""
    put_counts(conn, ACCOUNTS, month, _accounts(conn, now_s, account_role))
    put_counts(conn, LOGINS, month, _logins(conn))


def count_flows(conn: Conn, month: int, now_s: int) -> None:
    """Count what happened in the month that begins on a day, and the agreements that stand at its end, or now."""
    put_counts(conn, AGREEMENTS, month, _agreements(conn, month, now_s))
    put_counts(conn, ON_DEMAND, month, _on_demand(conn, month))
    put_counts(conn, TICKETS, month, _tickets(conn, month))


def _accounts(conn: Conn, now_s: int, role: str) -> Counter[Key]:
    """Logins of who lives at a point of a utility, and how many points it has."""
    own = select(login.c.id.label("login_id"), login.c.party_id).where(
        login.c.role.in_([role]), login.c.disabled.is_(False)
    )
    further = select(login_party.c.login_id, login_party.c.party_id)
    speaks = union(own, further.where(login_party.c.login_id.in_(own.with_only_columns(login.c.id)))).subquery()
    today = now_s // DAY_S
    joined = (
        speaks.join(customer, customer.c.id == speaks.c.party_id)
        .join(tenancy, tenancy.c.customer_id == customer.c.id)
        .join(usage_point, usage_point.c.id == tenancy.c.usage_point_id)
        .join(utility, utility.c.id == usage_point.c.utility_id)
    )
    part = case((customer.c.kind == HOME, "homes"), else_="businesses").label("part")
    query = select(utility.c.duns, part, func.count(speaks.c.login_id.distinct())).select_from(joined)
    query = query.where(tenancy.c.from_day <= today, tenancy.c.until_day > today)
    found = _counted(conn, query.group_by(utility.c.duns, part))
    points = select(utility.c.duns, literal("meters"), func.count(usage_point.c.id)).select_from(
        utility.outerjoin(usage_point, usage_point.c.utility_id == utility.c.id)
    )
    return found + _counted(conn, points.group_by(utility.c.duns))


def _logins(conn: Conn) -> Counter[Key]:
    query = select(login.c.role, literal("logins"), func.count()).where(login.c.disabled.is_(False))
    found = _counted(conn, query.group_by(login.c.role))
    parties = select(login.c.role, literal("companies"), func.count(login.c.party_id.distinct()))
    return found + _counted(conn, parties.where(login.c.disabled.is_(False)).group_by(login.c.role))


def _agreements(conn: Conn, month: int, now_s: int) -> Counter[Key]:
    """By utility; a customer's own programs are no agreements. What stands is what stood at the month's end."""
    from_s, until_s = month * DAY_S, next_month(month) * DAY_S
    at_s = min(now_s, until_s - 1)
    grant = authorization.c
    own = select(third_party.c.id).where(third_party.c.name == OWN)
    everyone = and_(grant.kind == CUSTOMER, grant.third_party_id.not_in(own))
    began = and_(grant.starts_s >= from_s, grant.starts_s < until_s, grant.status != DENIED)
    over = and_(grant.status == REVOKED, grant.updated_s >= from_s, grant.updated_s < until_s)
    stood = or_(grant.status == ACTIVE, and_(grant.status == REVOKED, grant.updated_s > at_s))
    wanted = {
        "active": and_(stood, grant.starts_s <= at_s, grant.ends_s > at_s),
        "began": began,
        "by-customer": and_(over, grant.ended_by == "customer"),
        "by-company": and_(over, grant.ended_by == "third_party"),
        "otherwise": or_(
            and_(over, grant.ended_by.not_in(["customer", "third_party"])),
            and_(grant.status == ACTIVE, grant.ends_s >= from_s, grant.ends_s < until_s, grant.ends_s <= now_s),
        ),
    }
    found = Counter[Key]()
    for part, condition in wanted.items():
        found += _counted(conn, _of_grants(part, grant.id).where(everyone, condition).group_by(utility.c.duns))
    sharing = _of_grants("sharing", grant.customer_id).where(everyone, wanted["active"])
    return found + _counted(conn, sharing.group_by(utility.c.duns)) + _waiting(conn, at_s)


def _of_grants(part: str, counted: object) -> Select[str, str, int]:
    joined = (
        authorization.join(
            authorization_usage_point, authorization_usage_point.c.authorization_id == authorization.c.id
        )
        .join(usage_point, usage_point.c.id == authorization_usage_point.c.usage_point_id)
        .join(utility, utility.c.id == usage_point.c.utility_id)
    )
    number = func.count(counted.distinct())  # type: ignore[attr-defined]
    return select(utility.c.duns, literal(part), number).select_from(joined)


def _waiting(conn: Conn, at_s: int) -> Counter[Key]:
    """Invitations that wait for their customers; they name their usage points in a list, so they are gone through."""
    query = select(invitation.c.premises).where(invitation.c.state == PENDING, invitation.c.expires_s > at_s)
    named = [{int(premise["usage_point_id"]) for premise in premises} for premises in conn.scalars(query)]
    of_point = _utilities_of(conn, {point for points in named for point in points})
    return Counter[Key](
        (duns, "waiting") for points in named for duns in {of_point[point] for point in points if point in of_point}
    )


def _utilities_of(conn: Conn, points: Iterable[int]) -> dict[int, str]:
    asked, found = sorted(points), dict[int, str]()
    joined = usage_point.join(utility, utility.c.id == usage_point.c.utility_id)
    for start in range(0, len(asked), 500):
        query = select(usage_point.c.id, utility.c.duns).select_from(joined)
        rows = conn.execute(query.where(usage_point.c.id.in_(asked[start : start + 500])))
        found |= {int(key): str(duns) for key, duns in rows}
    return found


def _on_demand(conn: Conn, month: int) -> Counter[Key]:
    """By state of the request, and how many seconds the answers took together; months are the utility's own."""
    found = Counter[Key]()
    utilities = [(row.id, row.duns, zone(row.zone)) for row in conn.execute(select(utility))]
    read = on_demand_read.c
    joined = on_demand_read.join(usage_point, usage_point.c.id == read.usage_point_id)
    for key, duns, where in utilities:
        span = read.asked_s >= where.day_start_s(month), read.asked_s < where.day_start_s(next_month(month))
        took = func.coalesce(func.sum(read.closed_s - read.asked_s), 0)
        query = select(read.state, func.count(), took).select_from(joined)
        query = query.where(usage_point.c.utility_id == key, *span).group_by(read.state)
        for row in conn.execute(query):
            found[duns, "under-way" if row[0] in UNDER_WAY else str(row[0])] += int(row[1])
            if row[0] == COMPLETED:
                found[duns, "seconds"] += int(row[2])
    return found


def _tickets(conn: Conn, month: int) -> Counter[Key]:
    found = Counter[Key]()
    for kind, _category, number, answered, seconds in desk.totals(conn, month * DAY_S, next_month(month) * DAY_S):
        found[kind, "answered"] += answered
        found[kind, "waiting"] += number - answered
        found[kind, "seconds"] += seconds
    return found


def _counted(conn: Conn, query: Select[str, str, int]) -> Counter[Key]:
    return Counter[Key]({(str(subject), str(part)): int(number) for subject, part, number in conn.execute(query)})


def outcome(status: int) -> str:
    """What became of a call."""
    if status >= FAILED_FROM:
        return "failed"
    if status == TOO_MANY:
        return "too-many"
    return "refused" if status >= REFUSED_FROM else "answered"


def note_call(database: Database, caller: str, at_s: int, status: int) -> None:
    """Count a call of a kind of caller; a web server writes what it has counted every `FLUSH_S` seconds."""
    _count(database, API_USE, {(at_s // DAY_S, caller, outcome(status)): 1})


def record_own(database: Database, client_id: int, at_s: int, status: int = 0, size: int = 0) -> None:
    """Count a call of one client for its own company, if it has a status, and bytes that it got."""
    day, subject = at_s // DAY_S, str(client_id)
    counts = {(day, subject, outcome(status)): 1} if status else {}
    _count(database, OWN_CALLS, counts | ({(day, subject, BYTES): size} if size else {}))


def own_calls(conn: Conn, client_ids: Iterable[int], from_day: int, until_day: int) -> dict[int, Counter[str]]:
    """What clients asked for by day (UTC): how many calls of each outcome, and `BYTES`."""
    subjects, found = {str(each) for each in client_ids}, dict[int, Counter[str]]()
    query = select(table.c.day, table.c.part, table.c.number).where(table.c.report == OWN_CALLS)
    query = query.where(table.c.subject.in_(subjects), table.c.day >= from_day, table.c.day < until_day)
    for day, part, number in conn.execute(query):
        found.setdefault(int(day), Counter[str]())[str(part)] += int(number)
    return found


def _count(database: Database, report: str, counts: Mapping[tuple[int, str, str], int]) -> None:
    if database.audit_buffer is None:
        with database.write() as conn:
            add_counts(conn, report, counts)
    else:
        for key, number in counts.items():
            _calls(database).add((report, *key), number)


class _Calls:
    """Calls that are counted and not written yet. A timer writes them, and so does the end of the process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts = Counter[tuple[str, int, str, str]]()
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._timer: threading.Timer | None = None
        database.before_close.append(self._end)

    def add(self, key: tuple[str, int, str, str], number: int) -> None:
        """Count some: report, day, subject and part."""
        with self._lock:
            self._counts[key] += number
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_S, self._flush)
                self._timer.daemon = True
                self._timer.start()

    def _end(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self._flush()
        with _MAKING:
            _CALLS.pop(self._database, None)

    def _flush(self) -> None:
        with self._writing:
            with self._lock:
                counts, self._counts, self._timer = self._counts, Counter[tuple[str, int, str, str]](), None
            self._write(counts)

    def _write(self, counts: Counter[tuple[str, int, str, str]]) -> None:
        if not counts:
            return
        try:
            with self._database.write() as conn:
                for report in sorted({key[0] for key in counts}):
                    add_counts(conn, report, {key[1:]: number for key, number in counts.items() if key[0] == report})
        except Exception as err:  # noqa: BLE001 - counts for a report must not take the server down
            log.warn(log.Event.AUDIT_LATE, error=type(err).__name__)


_CALLS: WeakKeyDictionary[Database, _Calls] = WeakKeyDictionary()
_MAKING = threading.Lock()


def _calls(database: Database) -> _Calls:
    with _MAKING:
        return _CALLS.setdefault(database, _Calls(database))
