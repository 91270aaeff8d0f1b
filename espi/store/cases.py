"""Cases: that the help desk looked a customer up, why, until when, and what it did. The customer sees every one.

Nothing of a person is read before a case of his is open: `find` tells only which customers may be meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, delete, func, insert, or_, select, update

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.reach import Reach, SpanQuery
from espi.store.tables import (
    case_act,
    channel,
    customer,
    day_block,
    login,
    login_party,
    meter,
    meter_installation,
    parked_block,
    received_file,
    refused_block,
    tenancy,
    ticket,
    usage_point,
    vee_result,
)
from espi.store.tables import lookup_case as table

UNLOCK, RESEND, RELEASE = "unlock", "resend", "release"
NAME, MAIL, ESIID, METER, TICKET = "name", "mail", "esiid", "meter", "ticket"
WAYS = (ESIID, METER, MAIL, NAME, TICKET)
"""What a customer may be looked up by."""
MOST_FOUND = 8
MOST_REFUSED = 20


@dataclass(frozen=True)
class Case:
    """A look-up. operator: the login that did it. ticket: the ticket that it is for. ends_s: until when it is open."""

    id: int
    operator: str
    customer_id: int
    ticket: str
    reason: str
    sought_by: str
    opened_s: int
    ends_s: int


@dataclass(frozen=True)
class Act:
    """What the desk did in a case. about: a login, an ESIID, a mail."""

    at_s: int
    what: str
    about: str
    reason: str


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be meant. Of his name the first letters only; places: the last digits of his meters' ESIIDs."""

    customer_id: int
    name: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """A block of an ESIID that was not loaded."""

    file: str
    received_s: int
    code: str
    channel: str
    start_text: str
    reason: str


@dataclass(frozen=True)
class Stream:
    """What came of a channel: the last day (None: none in open months) and how many days failed a rule lately."""

    usage_point_id: int
    channel: int
    last_day: int | None
    faulty_days: int


def open_case(
    conn: Conn, operator: str, customer_id: int, *, ticket: str, reason: str, sought_by: str, now_s: int, ends_s: int
) -> int:
    """Open a case and return its id."""
    values = {
        "operator": operator,
        "customer_id": customer_id,
        "ticket": ticket,
        "reason": reason,
        "sought_by": sought_by,
        "opened_s": now_s,
        "ends_s": ends_s,
    }
    return inserted_id(conn, insert(table).values(values))


def end_case(conn: Conn, case_id: int, now_s: int) -> None:
    """End a case before its time."""
    conn.execute(update(table).where(table.c.id == case_id, table.c.ends_s > now_s).values(ends_s=now_s))


def open_case_of(conn: Conn, operator: str, case_id: int, now_s: int) -> Case:
    """An operator's own case that is open still, or `NotFound`."""
    own = table.c.id == case_id, table.c.operator == operator, table.c.ends_s > now_s
    row = conn.execute(select(table).where(*own)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no open case {case_id} of {operator}")
    return Case(**row)


def cases_by(conn: Conn, operator: str, limit: int = 20) -> list[Case]:
    """The last cases of an operator."""
    query = select(table).where(table.c.operator == operator).order_by(table.c.id.desc()).limit(limit)
    return [Case(**row) for row in conn.execute(query).mappings()]


def cases_about(conn: Conn, reach: Reach, customer_id: int, limit: int = 50) -> list[tuple[Case, list[Act]]]:
    """The cases about a customer who lives, or lived, within reach, the last first, with what was done in each."""
    within = reach.spans.subquery()
    lived = select(tenancy.c.customer_id).where(tenancy.c.usage_point_id.in_(select(within.c.usage_point_id)))
    query = select(table).where(table.c.customer_id == customer_id, table.c.customer_id.in_(lived))
    found = [Case(**row) for row in conn.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()]
    return [(each, acts(conn, reach, each.id)) for each in found]


def acts(conn: Conn, reach: Reach, case_id: int) -> list[Act]:
    """What was done in a case about somebody within reach."""
    within = reach.spans.subquery()
    lived = select(tenancy.c.customer_id).where(tenancy.c.usage_point_id.in_(select(within.c.usage_point_id)))
    query = select(case_act).join(table, table.c.id == case_act.c.case_id)
    query = query.where(case_act.c.case_id == case_id, table.c.customer_id.in_(lived)).order_by(case_act.c.number)
    return [Act(row.at_s, row.what, row.about, row.reason) for row in conn.execute(query)]


def add_act(conn: Conn, case_id: int, what: str, about: str, reason: str, now_s: int) -> None:
    """Note what was done in a case."""
    last = select(func.coalesce(func.max(case_act.c.number), 0)).where(case_act.c.case_id == case_id)
    number = int(conn.scalar(last) or 0) + 1
    values = {"case_id": case_id, "number": number, "at_s": now_s, "what": what, "about": about, "reason": reason}
    conn.execute(insert(case_act).values(values))


def end_claim(conn: Conn, usage_point_id: int, customer_id: int, day: int) -> bool:
    """End the tenancy of a customer that runs on a local day; day 0: as if the latest never was. Whether there was one.

    A day on which it began leaves nothing of it.
    """
    mine = and_(tenancy.c.usage_point_id == usage_point_id, tenancy.c.customer_id == customer_id)
    last = conn.execute(select(tenancy.c.from_day, tenancy.c.until_day).where(mine).order_by(tenancy.c.from_day.desc()))
    row = last.first()
    if row is None or (day and row.until_day <= day):
        return False
    which = and_(mine, tenancy.c.from_day == row.from_day)
    if day <= row.from_day:
        conn.execute(delete(tenancy).where(which))
    else:
        conn.execute(update(tenancy).where(which).values(until_day=day))
    return True


def of_open_cases(operator: str, now_s: int) -> SpanQuery:
    """The relation "case": the tenancies of the customers whom an operator has an open case about."""
    opened = select(table.c.customer_id).where(table.c.operator == operator, table.c.ends_s > now_s)
    columns = tenancy.c.usage_point_id, tenancy.c.from_day, tenancy.c.until_day
    return select(*columns).where(tenancy.c.customer_id.in_(opened))


def find(conn: Conn, way: str, text: str) -> list[Candidate]:
    """Who may be meant by what a caller told: of each no more than tells him from the others. way: of `WAYS`."""
    query = _seekers(text.strip())[way].distinct().limit(MOST_FOUND)
    found = sorted(int(each) for each in conn.scalars(query))
    rows = conn.execute(select(customer.c.id, customer.c.name).where(customer.c.id.in_(found)))
    names = {row.id: row.name for row in rows}
    return [Candidate(each, _hidden(names[each]), _places(conn, each)) for each in found if each in names]


def _seekers(text: str) -> dict[str, Select[int]]:
    lives = select(tenancy.c.customer_id)
    of_login = select(login.c.party_id).filter_by(role="customer")
    further = select(login_party.c.party_id).join(login, login.c.id == login_party.c.login_id)
    address = or_(login.c.email == text.casefold(), login.c.name == text)
    asked = and_(login.c.id == ticket.c.login_id, ticket.c.number == text.upper())
    return {
        NAME: select(customer.c.id).where(func.lower(customer.c.name) == text.lower()),
        MAIL: of_login.where(address).union(further.where(address)).subquery().select(),
        ESIID: lives.join(usage_point, usage_point.c.id == tenancy.c.usage_point_id).where(usage_point.c.esiid == text),
        METER: lives.join(meter_installation, meter_installation.c.usage_point_id == tenancy.c.usage_point_id)
        .join(meter, meter.c.id == meter_installation.c.meter_id)
        .where(meter.c.serial_number == text, meter_installation.c.from_day < tenancy.c.until_day)
        .where(tenancy.c.from_day < meter_installation.c.until_day),
        TICKET: of_login.join(ticket, asked),
    }


def _hidden(name: str) -> str:
    return " ".join(f"{part[0]}." for part in name.split())


def _places(conn: Conn, customer_id: int) -> tuple[str, ...]:
    joined = tenancy.join(usage_point, usage_point.c.id == tenancy.c.usage_point_id)
    query = select(usage_point.c.esiid).select_from(joined).where(tenancy.c.customer_id == customer_id)
    return tuple(f"…{esiid[-4:]}" for esiid in conn.scalars(query.order_by(tenancy.c.until_day.desc()).limit(3)))


def streams(conn: Conn, reach: Reach, usage_point_ids: Iterable[int], since_day: int) -> list[Stream]:
    """Of channels within reach: the last day that came, and how many days since one failed a rule. No readings."""
    within, block = reach.spans.subquery(), day_block.c
    here = and_(within.c.usage_point_id == block.usage_point_id, block.day >= within.c.from_day)
    lasts = select(block.usage_point_id, block.channel, func.max(block.day)).join(
        within, and_(here, block.day < within.c.until_day)
    )
    ids = sorted(set(usage_point_ids))
    grouped = lasts.where(block.usage_point_id.in_(ids)).group_by(block.usage_point_id, block.channel)
    last = {(point, number): int(day) for point, number, day in conn.execute(grouped)}
    failed = select(vee_result.c.usage_point_id, vee_result.c.channel, func.count(vee_result.c.day.distinct()))
    failed = failed.join(within, within.c.usage_point_id == vee_result.c.usage_point_id)
    failed = failed.where(vee_result.c.usage_point_id.in_(ids), vee_result.c.day >= since_day)
    failed = failed.where(vee_result.c.day >= within.c.from_day, vee_result.c.day < within.c.until_day)
    faults = conn.execute(failed.group_by(vee_result.c.usage_point_id, vee_result.c.channel))
    faulty = {(point, number): int(days) for point, number, days in faults}
    there = select(channel.c.usage_point_id, channel.c.number).where(channel.c.series == "interval")
    there = there.where(
        channel.c.usage_point_id.in_(ids), channel.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    keys = [(int(point), int(number)) for point, number in conn.execute(there.order_by(*there.selected_columns))]
    return [Stream(*key, last.get(key), faulty.get(key, 0)) for key in keys]


def refusals(conn: Conn, reach: Reach, usage_point_id: int) -> list[Refusal]:
    """The last blocks that named the ESIID of a usage point within reach and were not loaded."""
    within = reach.spans.subquery()
    mine = select(usage_point.c.esiid, usage_point.c.utility_id).where(
        usage_point.c.id == usage_point_id, usage_point.c.id.in_(select(within.c.usage_point_id))
    )
    found = conn.execute(mine).first()
    if found is None:
        return []
    file = received_file.c
    block = refused_block.c
    query = select(file.name, file.received_s, block.code, block.channel, block.start_text, block.reason)
    query = query.select_from(received_file.join(refused_block, block.file_id == file.id))
    query = query.where(block.esiid == found.esiid, file.utility_id == found.utility_id)
    return [Refusal(*row) for row in conn.execute(query.order_by(file.id.desc()).limit(MOST_REFUSED))]


def parked(conn: Conn, reach: Reach, usage_point_id: int) -> int:
    """How many blocks of a usage point within reach wait, as those of a meter that nobody knew."""
    within = reach.spans.subquery()
    joined = parked_block.join(usage_point, and_(
        usage_point.c.esiid == parked_block.c.esiid, usage_point.c.utility_id == parked_block.c.utility_id
    ))  # fmt: skip
    query = select(func.count()).select_from(joined).where(usage_point.c.id == usage_point_id)
    return int(conn.scalar(query.where(usage_point.c.id.in_(select(within.c.usage_point_id)))) or 0)
