"""What the clock does to sharing: invitations lapse, reminders and notices go out, grants end, movers take leave."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from espi.clock import DAY_S
from espi.config import Settings
from espi.jobs import Context, every, handler
from espi.sharing import mails
from espi.sharing.granting import MOST_AT_ONCE, REST_JOB, drop_usage_point, end, end_all_of
from espi.store import events, grants, quotas
from espi.store import invitations as stored
from espi.store.market_events import MOVED
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.grants import Authorization
    from espi.store.jobs import Job

ACTOR = "system:sharing"
JOB = "sharing.deadlines"
REMINDER_DAYS = (7, 21)
"""How many days after an invitation its customer is reminded."""

QUOTAS_KEPT_DAYS = 7
"""How long it is kept how often something was done."""

NOTICE_DAYS = (45, 14, 3)
"""How many days before the end of a grant both sides are told."""


def expire_due(conn: Conn, settings: Settings) -> int:
    """End grants whose period is over, and what those cover who have moved out; how many grants ended.

    It ends no more than a transaction should: there may be more as long as it ends any.
    """
    take_turn(conn)
    now_s = settings.clock.now_s()
    due = grants.ending(conn, now_s)[:MOST_AT_ONCE]
    for authorization in due:
        end(conn, authorization, "expired", settings=settings, actor=ACTOR)
    return len(due) + end_left(conn, settings)


def end_left(conn: Conn, settings: Settings, usage_point_id: int | None = None) -> int:
    """Take those usage points out of grants whose customers do not live there any more; how many grants ended by it.

    usage_point_id: look at that one alone, as after a move.
    """
    left = grants.left(conn, settings.clock.now_s(), usage_point_id)[:MOST_AT_ONCE]
    return sum(move_out(conn, customer_id, point, day, settings) for customer_id, point, day in left)


def move_out(conn: Conn, customer_id: int, usage_point_id: int, day: int, settings: Settings) -> int:
    """Take a usage point out of the grants of a customer who moved out of it on a day; how many grants ended by it.

    A grant ends with the last of its usage points.
    """
    ended = 0
    for authorization in grants.running_of_customer(conn, customer_id):
        if usage_point_id not in authorization.usage_points:
            continue
        if len(authorization.usage_points) == 1:
            end(conn, authorization, "move_out", settings=settings, actor=ACTOR)
            ended += 1
        else:
            drop_usage_point(conn, authorization, usage_point_id, day, settings=settings, actor=ACTOR)
    return ended


def remind_due(conn: Conn, settings: Settings) -> int:
    """Let invitations lapse, remind of those that wait, and tell both sides of grants that end soon.

    How many were told is returned.
    """
    take_turn(conn)
    now_s = settings.clock.now_s()
    told = 0
    for waiting in stored.pending(conn, now_s - min(REMINDER_DAYS) * DAY_S):
        told += _lapse(conn, waiting, settings) if waiting.expires_s <= now_s else _remind(conn, waiting, settings)
    for authorization in grants.ending(conn, now_s + max(NOTICE_DAYS) * DAY_S):
        told += _notify(conn, authorization, settings)
    return told


def _lapse(conn: Conn, waiting: stored.Invitation, settings: Settings) -> int:
    if not stored.set_state(conn, waiting, stored.LAPSED, settings.clock.now_s()):
        return 0
    detail = {"invitation": waiting.number}
    now_s = settings.clock.now_s()
    events.add_event(conn, waiting.third_party_id, "invitation.lapsed", [], now_s=now_s, detail=detail)
    return 1


def _remind(conn: Conn, waiting: stored.Invitation, settings: Settings) -> int:
    age_days = (settings.clock.now_s() - waiting.created_s) // DAY_S
    due = sum(age_days >= days for days in REMINDER_DAYS)
    if due <= waiting.reminders or not stored.set_reminders(conn, waiting, due):
        return 0
    mails.ask(conn, waiting, "reminder", settings)
    return 1


def _notify(conn: Conn, authorization: Authorization, settings: Settings) -> int:
    now_s, ends_s = settings.clock.now_s(), authorization.ends_s
    passed = [days for days in NOTICE_DAYS if authorization.starts_s < ends_s - days * DAY_S <= now_s]
    if ends_s <= now_s or len(passed) <= int(authorization.terms.get("notices", 0)):
        return 0
    grants.set_terms(conn, authorization.id, {**authorization.terms, "notices": len(passed)})
    events.add_event(
        conn,
        authorization.third_party_id,
        "authorization.changed",
        [f"Authorization/{authorization.path_id}"],
        now_s=now_s,
        authorization_id=authorization.id,
        detail={"change": "expiring", "ends": ends_s},
    )
    invitation = stored.invitation_of(conn, authorization.id)
    if invitation is not None:
        stored.set_state(conn, invitation, stored.EXPIRING, now_s)
    mails.tell(conn, authorization, "expiring", settings)
    return 1


def _until_none(context: Context, end_some: Callable[[Conn], int]) -> int:
    """End some again and again, each time in a transaction of its own, until there are none; how many there were."""
    total = 0
    while True:
        with context.database.write() as conn:
            ended = end_some(conn)
        total += ended
        if not ended:
            return total


@handler(REST_JOB)
def _end_rest(context: Context, job: Job) -> dict[str, int]:
    """End what is left of an application that was taken out of service."""
    key = int(job.payload["third_party_id"])
    end_some = functools.partial(end_all_of, third_party_id=key, settings=context.settings, actor=ACTOR)
    return {"ended": _until_none(context, end_some)}


@handler(MOVED)
def _take_leave(context: Context, job: Job) -> dict[str, int]:
    """End what those had granted who have moved out, as market events say."""
    del job
    return {"ended": _until_none(context, lambda conn: end_left(conn, context.settings))}


@handler(JOB)
def _look(context: Context, job: Job) -> dict[str, int]:
    """The hourly look at the clock; each part in a transaction of its own."""
    del job
    ended = _until_none(context, lambda conn: expire_due(conn, context.settings))
    with context.database.write() as conn:
        told = remind_due(conn, context.settings)
        quotas.forget_windows(conn, context.now_s() - QUOTAS_KEPT_DAYS * DAY_S)
    return {"ended": ended, "told": told}


every(JOB, 3600)
