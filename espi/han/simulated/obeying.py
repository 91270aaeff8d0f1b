"""How a device follows load-control events: randomised, superseded, cancelled, opted out of; and what it reports.

Reports are made for every step, with the time of the step; whether they arrive is the network's matter.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from espi.han.fields import NOW
from espi.han.sep1 import (
    MANDATORY,
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
    Status,
)
from espi.han.simulated.loads import MINUTE_S

KEPT_IDS = 64
"""So many ids of events that are over a device remembers, to know a repeated frame."""


@dataclass
class Followed:
    """An event that a device knows. start_s and end_s: by its own choice. ending: what it reports at its end."""

    event: LoadControlEvent
    start_s: int
    end_s: int
    ending: Status = Status.COMPLETED
    started: bool = False
    out: bool = False
    changed: bool = False
    took_part: bool = False


@dataclass
class Obeyed:
    """That a device did what an event says, from when until when (None: still)."""

    event: LoadControlEvent
    from_s: int
    until_s: int | None = None


@dataclass
class Obeying:
    """The events of a device. randomise_min: the most that it shifts a start and an end by."""

    device_class: int
    group: int
    randomise_min: tuple[int, int]
    chance: random.Random
    followed: dict[int, Followed] = field(default_factory=dict)
    over: list[int] = field(default_factory=list)
    obeyed: list[Obeyed] = field(default_factory=list)

    def take(self, event: LoadControlEvent, now_s: int) -> list[ReportEventStatus]:
        """Follow an event, if it is for this device and not known yet."""
        known = event.event_id in self.followed or event.event_id in self.over
        if known or not self.is_for(event.device_class, event.group):
            return []
        begin_s = now_s if event.start_s == NOW else event.start_s
        end_s = begin_s + event.duration_min * MINUTE_S
        if end_s <= now_s:
            return [self._report(event, Status.REJECTED_EXPIRED, now_s)]
        overlapping = [one for one in self.followed.values() if one.start_s < end_s and begin_s < one.end_s]
        if any(one.event.event_id > event.event_id for one in overlapping):
            self._forget(event.event_id)
            return [self._report(event, Status.SUPERSEDED, now_s)]
        early, late = self.randomise_min
        start_s = begin_s + (self.chance.randint(0, early * MINUTE_S) if event.randomise_start else 0)
        end_s += self.chance.randint(0, late * MINUTE_S) if event.randomise_end else 0
        self.followed[event.event_id] = Followed(event, start_s, max(end_s, start_s))
        said = [self._report(event, Status.RECEIVED, now_s)]
        for one in overlapping:
            one.end_s, one.ending = min(one.end_s, max(start_s, now_s)), Status.SUPERSEDED
        return [*said, *self.act(now_s)]

    def cancel(self, asked: CancelLoadControlEvent, now_s: int) -> list[ReportEventStatus]:
        """End an event, at once or later; a device that does not know it says so."""
        if not self.is_for(asked.device_class, asked.group) or asked.event_id in self.over:
            return []
        one = self.followed.get(asked.event_id)
        if one is None:
            return [ReportEventStatus(asked.event_id, Status.REJECTED_UNDEFINED, now_s, criticality=1)]
        at_s = now_s if asked.effective_s == NOW else asked.effective_s
        if at_s > one.end_s:
            return [self._report(one.event, Status.REJECTED_TIME, now_s)]
        self._end(one, at_s, randomise=asked.randomise)
        return self.act(now_s)

    def cancel_all(self, asked: CancelAllLoadControlEvents, now_s: int) -> list[ReportEventStatus]:
        """End every event."""
        for one in self.followed.values():
            self._end(one, now_s, randomise=asked.randomise)
        return self.act(now_s)

    def opt_out(self, event_id: int, now_s: int) -> list[ReportEventStatus]:
        """What follows where the person at home wants no more of an event; nobody gets out of an emergency."""
        one = self.followed.get(event_id)
        if one is None or one.out or one.event.criticality in MANDATORY:
            return []
        one.out = one.changed = True
        self._pause(event_id, now_s)
        return [self._report(one.event, Status.OPTED_OUT, now_s)]

    def opt_in(self, event_id: int, now_s: int) -> list[ReportEventStatus]:
        """What follows where the person at home takes part again."""
        one = self.followed.get(event_id)
        if one is None or not one.out:
            return []
        one.out = False
        if one.started:
            self._begin(one, now_s)
        return [self._report(one.event, Status.OPTED_IN, now_s)]

    @property
    def due_s(self) -> int | None:
        """When something is to be done next."""
        times = [one.end_s if one.started else min(one.start_s, one.end_s) for one in self.followed.values()]
        return min(times, default=None)

    def act(self, now_s: int) -> list[ReportEventStatus]:
        """Do what is due by now."""
        said: list[ReportEventStatus] = []
        for one in sorted(self.followed.values(), key=lambda one: (one.end_s, one.start_s)):
            if not one.started and one.start_s <= now_s and one.start_s < one.end_s:
                one.started = True
                if not one.out:
                    self._begin(one, one.start_s)
                said.append(self._report(one.event, Status.STARTED, one.start_s))
            if one.end_s <= now_s:
                self._pause(one.event.event_id, one.end_s)
                said.append(self._report(one.event, _last_word(one), one.end_s))
                self._forget(one.event.event_id)
        return said

    def obeys(self, at_s: int) -> LoadControlEvent | None:
        """The event that the device does at an instant what it says."""
        for one in reversed(self.obeyed):
            if one.from_s <= at_s and (one.until_s is None or at_s < one.until_s):
                return one.event
        return None

    def is_for(self, classes: int, group: int) -> bool:
        """Whether devices of a class and group, of which this is one, are meant."""
        return bool(classes & self.device_class) and (not group or not self.group or group == self.group)

    def events(self) -> Iterable[int]:
        """The ids of the events that it follows."""
        return tuple(self.followed)

    def _begin(self, one: Followed, at_s: int) -> None:
        one.took_part = True
        self.obeyed.append(Obeyed(one.event, at_s))

    def _pause(self, event_id: int, at_s: int) -> None:
        for each in self.obeyed:
            if each.event.event_id == event_id and each.until_s is None:
                each.until_s = at_s

    def _end(self, one: Followed, at_s: int, *, randomise: bool) -> None:
        shift = self.chance.randint(0, self.randomise_min[1] * MINUTE_S) if randomise else 0
        one.end_s, one.ending = min(one.end_s, at_s + shift), Status.CANCELLED

    def _forget(self, event_id: int) -> None:
        self.followed.pop(event_id, None)
        self.over = [*self.over, event_id][-KEPT_IDS:]

    def _report(self, event: LoadControlEvent, status: Status, at_s: int) -> ReportEventStatus:
        return ReportEventStatus(
            event.event_id,
            status,
            at_s,
            event.criticality,
            event.cooling_set_point,
            event.heating_set_point,
            event.load_adjustment,
            event.duty_cycle,
            event.randomise_start,
            event.randomise_end,
        )


def _last_word(one: Followed) -> Status:
    if one.ending is not Status.COMPLETED:
        return one.ending
    if one.out:
        return Status.PARTLY_OPTED_OUT if one.took_part else Status.NO_PARTICIPATION
    return Status.PARTLY_OPTED_IN if one.changed else Status.COMPLETED
