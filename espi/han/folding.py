"""What a report makes of a target: the states that a command goes through at one device.

Reports come late, twice, in any order, or not at all. A target only goes on, and what is over stays as it is; so the
same reports give the same end in whatever order they come, but for opting out and in, whose own times decide.
"""

from __future__ import annotations

from espi.han.sep1 import Status
from espi.store import home_commands as store
from espi.store.home_commands import Command, Target

_UNHEARD = {store.QUEUED, store.SENT}
_CANCEL_REFUSED = {Status.REJECTED_CANCEL, Status.REJECTED_TIME}
_ENDS = {
    Status.COMPLETED: store.COMPLETED,
    Status.CANCELLED: store.CANCELLED,
    Status.SUPERSEDED: store.SUPERSEDED,
    Status.PARTLY_OPTED_OUT: store.OPTED_OUT,
    Status.PARTLY_OPTED_IN: store.COMPLETED,
    Status.NO_PARTICIPATION: store.COMPLETED,
    Status.REJECTED_EXPIRED: store.EXPIRED,
    Status.REJECTED_UNDEFINED: store.REJECTED,
    Status.REJECTED: store.REJECTED,
}


def closed(target: Target, state: str, at_s: int, *, code: int | None = None, reason: str = "") -> Target:
    """A target that is over."""
    told = target.code if code is None else code
    over = target._replace(state=state, closed_s=at_s, code=told, reason=reason or target.reason)
    return over._replace(pending=store.NOTHING, deadline_s=None)


def sent(target: Target, at_s: int) -> Target:
    """After the head end has taken it."""
    if target.closed_s is not None:
        return target
    state = store.SENT if target.state == store.QUEUED else target.state
    return target._replace(state=state, sent_s=target.sent_s or at_s, pending=store.NOTHING)


def delivered(target: Target, command: Command, at_s: int) -> Target:
    """After the device has the frame. What wants no answer is over by it."""
    if target.closed_s is not None:
        return target
    found = _heard(target, at_s)
    if command.kind == store.CANCEL_ALL:
        return closed(found, store.COMPLETED, at_s)
    if command.kind == store.PRICE or (command.kind == store.TEXT and not command.confirms):
        return closed(found, store.DELIVERED, at_s)
    return found


def cancel_delivered(target: Target, command: Command, at_s: int) -> Target:
    """After the device has the frame that cancels. Of load control it reports itself."""
    if target.closed_s is not None or command.kind == store.LOAD_CONTROL:
        return target
    return closed(target, store.CANCELLED, at_s)


def undelivered(target: Target, at_s: int, reason: str) -> Target:
    """After the head end has given up, unless the device was heard of after all."""
    if target.closed_s is not None or target.state not in _UNHEARD:
        return target
    state = store.FAILED if target.cancel_s is None else store.CANCELLED
    return closed(target, state, at_s, reason=reason)


def confirmed(target: Target, at_s: int) -> Target:
    """After somebody pressed the button."""
    if target.closed_s is not None:
        return target
    return closed(_heard(target, at_s), store.CONFIRMED, at_s)


def reported(target: Target, status: int, at_s: int) -> Target:
    """After the device has said how far it is with an event."""
    if target.closed_s is not None or status in _CANCEL_REFUSED:
        return target
    found = _heard(target._replace(code=status), at_s)
    if status == Status.STARTED:
        state = found.state if found.state == store.OPTED_OUT else store.STARTED
        return found._replace(state=state, started_s=found.started_s or at_s)
    if status in {Status.OPTED_OUT, Status.OPTED_IN}:
        return _chosen(found, out=status == Status.OPTED_OUT, at_s=at_s)
    if status == Status.RECEIVED:
        return found
    return closed(found, _end(target, Status(status)), at_s)


def overdue(target: Target, now_s: int) -> Target:
    """After nothing was heard for longer than it can last."""
    if target.state == store.OPTED_OUT:
        return closed(target, store.OPTED_OUT, now_s)
    return closed(target, store.EXPIRED, now_s, reason="no-report")


def _end(target: Target, status: Status) -> str:
    """The last state. What the customer opted out of is that, however the device calls it."""
    opted_out = target.state == store.OPTED_OUT
    if opted_out and status in {Status.CANCELLED, Status.NO_PARTICIPATION, Status.REJECTED_UNDEFINED}:
        return store.OPTED_OUT
    if status == Status.REJECTED_UNDEFINED and target.cancel_s is not None:
        return store.CANCELLED
    return _ENDS[status]


def _chosen(target: Target, *, out: bool, at_s: int) -> Target:
    if target.chosen_s is not None and at_s < target.chosen_s:
        return target
    back = store.STARTED if target.started_s else store.DELIVERED
    return target._replace(state=store.OPTED_OUT if out else back, chosen_s=at_s)


def _heard(target: Target, at_s: int) -> Target:
    state = store.DELIVERED if target.state in _UNHEARD else target.state
    return target._replace(state=state, delivered_s=target.delivered_s or at_s)
