"""Days that come in: put where they are new; compared, merged and kept where they are there already.

Every version is kept: what was once in force with the revision it had, what was received and never in force with
revision 0. The readings in force are always the merge of all that was received (`espi.store.merge`).

Several may put the same days at once. A row that is there is locked before it is compared, and stands for the day's
past as well; of two that find a day new, one gets an error of integrity, and finds the day when it tries again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import Table, select

from espi.day import Column, DayBlock, DayColumns, PackedDay, pack_codes, pack_values
from espi.errors import BadInput
from espi.store import citus_copy, form, months
from espi.store.copying import copy_columns, copy_led, lead, put_rows
from espi.store.database import Conn
from espi.store.form import NO_EXTRAS, Extras
from espi.store.forming import NONE, AllExtras, Places, encode, encode_rows, encode_rows_apart
from espi.store.merge import Content, Received, merge
from espi.store.rows import Current, Key, Version, content_of, find_rows
from espi.store.tables import day_block, day_block_version

FEW_DAYS = 8
_SMALL = 1 << 15


@dataclass(slots=True)
class PutResult:
    """What became of the rows that were put, by their place among them.

    created: the first of their day. replaced: they are now in force. merged: some of their readings are. unchanged:
    they say what is in force. older: what is in force beats them (they are kept as a version).
    """

    created: list[int] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    older: list[int] = field(default_factory=list)


class _Arrival(NamedTuple):
    """A day that came in, its place among those put, and the row that is there already."""

    place: int
    stored: bytes
    current: Current


class _Mixed(NamedTuple):
    """A row of a day whose readings are those of several files, whose content is not made yet."""

    content: Content
    sent_s: int
    published_s: int
    row: Current


def put_blocks(conn: Conn, blocks: Sequence[DayBlock], *, file_id: int, now_s: int) -> PutResult:
    """Take in days in order of arrival; the result names them by their place in `blocks`."""
    days, extras = _columns(blocks)
    return put_days(conn, days, file_id=file_id, now_s=now_s, extras=extras)


def put_days(conn: Conn, days: DayColumns, *, file_id: int, now_s: int, extras: AllExtras = NONE) -> PutResult:
    """Take in days in order of arrival; the result names them by their place. `BadInput` for days out of all bounds.

    extras: of days by their place: costs, times of use, tiers and critical peaks, packed.
    """
    put = _Put(conn, days, extras, file_id, now_s)
    if len(days):
        _check(days)
        months.open_days(conn, days)
        rounds = list(_rounds(days))
        put.once = len(rounds) == 1
        for places in rounds:
            put.settle(places)
    return put.result


def _check(days: DayColumns) -> None:
    for name, column, least in (("day", days.day, -_SMALL), ("channel", days.channel, 0)):
        if column.min() < least or column.max() >= _SMALL:
            raise BadInput(detail=f"no {name} between {column.min()} and {column.max()} can be stored")


def _columns(blocks: Sequence[DayBlock]) -> tuple[DayColumns, dict[int, Extras]]:
    extras: dict[int, Extras] = {}
    for place, block in enumerate(blocks):
        tou, tier, cpp = (None if each is None else pack_codes(each) for each in (block.tou, block.tier, block.cpp))
        found = (None if block.costs is None else pack_values(block.costs), tou, tier, cpp)
        if found != NO_EXTRAS:
            extras[place] = found
    return DayColumns.of(blocks), extras


def _rounds(days: DayColumns) -> Iterator[Places]:
    """Places in order of the primary key, each key once a round: what comes in twice is settled one after the other."""
    key = (days.day.astype(np.int64) << 48) + (days.usage_point_id.astype(np.int64) << 16) + days.channel
    if (np.diff(key) > 0).all():
        yield np.arange(len(days))
        return
    order = np.argsort(key, kind="stable")
    again = np.diff(key[order], prepend=key[order[0]] - 1) == 0
    steps = np.arange(len(days))
    nth = steps - np.maximum.accumulate(np.where(again, 0, steps))
    for number in range(int(nth.max()) + 1):
        yield order[nth == number]


class _Put:
    """Days that are being put: what becomes of each, and what is to be written of those that are there already.

    once: no day comes twice among them.
    """

    def __init__(self, conn: Conn, days: DayColumns, extras: AllExtras, file_id: int, now_s: int) -> None:
        self.result = PutResult()
        self.once = False
        self._conn, self._days, self._extras = conn, days, extras
        self._file_id, self._now_s = file_id, now_s
        self._on_cluster = conn.dialect.name == "postgresql" and citus_copy.is_cluster(conn)
        self._rows: list[Current] = []
        self._mixed: list[_Mixed] = []
        self._past: list[Version] = []
        self._past_again: list[Version] = []

    def settle(self, places: Places) -> None:
        """Put the days at some places, none of them twice."""
        known = _existing(self._conn, self._days, places, lock=not self._on_cluster)
        if not known:
            self._create(places)
            return
        currents = list(map(known.get, _keys(self._days, places)))
        there = np.array([current is not None for current in currents])
        if not there.all():
            self._create(places[~there])
        known_places = places[there]
        stored = encode(self._days.take(known_places), self._extras_of(known_places))
        here = zip(known_places.tolist(), stored, filter(None, currents), strict=True)
        self._receive(self._held([_Arrival(*arrival) for arrival in here]))
        self._write()

    def _held(self, arrivals: Sequence[_Arrival]) -> Sequence[_Arrival]:
        """The same, with the rows as they are when nobody else may change them any more; that is so but on a cluster.

        There it costs the writing of a row, so what says the same is left out of it.
        """
        if not self._on_cluster:
            return arrivals
        keys = [arrival.current.key for arrival in arrivals if arrival.stored != arrival.current.stored]
        held = {row.key: row for row in map(Current._make, find_rows(self._conn, day_block, keys, lock=True))}
        return [arrival._replace(current=held.get(arrival.current.key, arrival.current)) for arrival in arrivals]

    def _create(self, places: Places) -> None:
        days = self._days.take(places)
        alike = {"updated_s": self._now_s, "file_id": self._file_id, "revision": 1}
        columns = {
            "day": days.day,
            "channel": days.channel,
            "usage_point_id": days.usage_point_id,
            **{name: np.full(len(days), value) for name, value in alike.items()},
        }
        if self._conn.dialect.name == "postgresql":
            self._copy(days, columns, self._extras_of(places))
        else:
            copy_columns(self._conn, day_block, columns, encode(days, self._extras_of(places)))
        self.result.created.extend(places.tolist())

    def _copy(self, days: DayColumns, columns: Mapping[str, Column], extras: AllExtras) -> None:
        before = lead(day_block, columns)
        plain = self.once and not extras
        nodes = citus_copy.nodes_for(self._conn, day_block, len(days)) if plain else None
        if nodes is None:
            copy_led(self._conn, day_block, list(columns), encode_rows(days, extras, before))
            return
        nodes.copy(
            [*columns, "content"],
            days.usage_point_id,
            lambda order, ends: encode_rows_apart(days.take(order), before[order], ends),
        )

    def _extras_of(self, places: Places) -> AllExtras:
        if not self._extras:
            return NONE
        return {at: self._extras[place] for at, place in enumerate(places.tolist()) if place in self._extras}

    def _receive(self, arrivals: Sequence[_Arrival]) -> None:
        plain, contested = [], []
        for arrival in arrivals:
            stored, there = arrival.stored, arrival.current.stored
            if form.replaces(stored, there):
                plain.append(arrival)
            elif stored == there:
                self.result.unchanged.append(arrival.place)
            elif form.said(stored) == form.said(there):
                self._same(arrival)
            else:
                contested.append(arrival)
        histories = _histories(self._conn, [arrival.current.key for arrival in (*plain, *contested)])
        if histories:
            contested += [arrival for arrival in plain if arrival.current.key in histories]
            plain = [arrival for arrival in plain if arrival.current.key not in histories]
        self._replace_plain(plain)
        for arrival in contested:
            history = sorted(histories.get(arrival.current.key, ()), key=lambda version: version.version)
            if _beats_all(arrival, history):
                self._replace(arrival, history)
            else:
                self._contest(arrival, history)

    def _replace_plain(self, arrivals: Sequence[_Arrival]) -> None:
        """As `_replace`, of days without a past that `form.replaces` tells of: most that are replaced are such."""
        now_s, file_id = self._now_s, self._file_id
        for place, stored, current in arrivals:
            day, channel, point, published_s, _, revision, _ = current
            self._past.append(Version(*current[:6], 1, now_s, True, current.stored))
            content = form.stamped(stored, published_s, now_s)
            self._rows.append(Current(day, channel, point, now_s, file_id, revision + 1, content))
            self.result.replaced.append(place)

    def _same(self, arrival: _Arrival) -> None:
        """The same again: what is in force stays; it counts as sent when it was sent last."""
        current = arrival.current
        self.result.unchanged.append(arrival.place)
        if current.merged or form.sent_s(arrival.stored) > current.sent_s:
            stored = form.stamped(arrival.stored, current.published_s, current.updated_s)
            file_id = self._file_id if current.merged else current.file_id
            self._rows.append(current._replace(file_id=file_id, stored=stored))

    def _replace(self, arrival: _Arrival, history: Sequence[Version]) -> None:
        """What came in is in force from now on; what was is kept."""
        current = arrival.current
        self._keep_current(current, _next_number(history))
        self._rows.append(self._next(current, form.stamped(arrival.stored, current.published_s, self._now_s)))
        self.result.replaced.append(arrival.place)

    def _next(self, current: Current, stored: bytes) -> Current:
        return Current(*current[:3], self._now_s, self._file_id, current.revision + 1, stored)

    def _contest(self, arrival: _Arrival, history: Sequence[Version]) -> None:
        current, content = arrival.current, content_of(arrival.current.day, arrival.stored)
        sent_s = form.sent_s(arrival.stored)
        received = [Received(version.content, version.sent_s) for version in history if version.received]
        if not current.merged:
            received.append(Received(current.content, current.sent_s))
        received.append(Received(content, sent_s))
        in_force = merge(received)
        number = _next_number(history)
        if in_force == current.content:
            self._keep_older(arrival, history, number)
            self.result.older.append(arrival.place)
        elif in_force == content:
            self._replace(arrival, history)
        else:
            self._keep_current(current, number)
            self._past.append(self._never_in_force(arrival, number + 1))
            last_s = max(item.sent_s for item in received)
            self._mixed.append(_Mixed(in_force, last_s, current.published_s, self._next(current, b"")))
            self.result.merged.append(arrival.place)

    def _keep_current(self, current: Current, number: int) -> None:
        received = not current.merged
        self._past.append(Version(*current[:6], number, self._now_s, received, current.stored))

    def _never_in_force(self, arrival: _Arrival, number: int) -> Version:
        day, channel, point = arrival.current[:3]
        return Version(day, channel, point, self._now_s, self._file_id, 0, number, None, True, arrival.stored)

    def _keep_older(self, arrival: _Arrival, history: Sequence[Version], number: int) -> None:
        """Keep what is beaten, once: the same received again only counts as sent when it was sent last."""
        said = form.said(arrival.stored)
        for version in history:
            if version.received and form.said(version.stored) == said:
                if form.sent_s(arrival.stored) > version.sent_s:
                    stored = form.stamped(arrival.stored, version.published_s, version.updated_s)
                    self._past_again.append(version._replace(stored=stored))
                return
        self._past.append(self._never_in_force(arrival, number))

    def _write(self) -> None:
        """Write what became of days that were there, and forget it."""
        for rows, over in ((self._past, False), (self._past_again, True)):
            for in_force in (False, True):
                some = [row for row in rows if (row.replaced_s is None) == in_force]
                put_rows(self._conn, day_block_version, some, over=over)
        put_rows(self._conn, day_block, [*self._rows, *self._merged_rows()], over=True)
        for done in (self._past, self._past_again, self._rows, self._mixed):
            done.clear()

    def _merged_rows(self) -> Iterator[Current]:
        """Rows whose content is a mix."""
        blocks = [
            replace(PackedDay(mixed.row.day, *mixed.content).block(0, 0), sent_s=mixed.sent_s) for mixed in self._mixed
        ]
        for mixed, stored in zip(self._mixed, encode(*_columns(blocks)), strict=True):
            yield mixed.row._replace(stored=form.stamped(stored, mixed.published_s, self._now_s, merged=True))


def _beats_all(arrival: _Arrival, history: Sequence[Version]) -> bool:
    """Whether what came in wins whole, which needs no unpacking: sent last, all actual, and nothing but readings."""
    stored, sent_s = arrival.stored, form.sent_s(arrival.stored)
    others = [arrival.current.stored, *(version.stored for version in history if version.received)]
    return all(form.sent_s(other) <= sent_s and form.wins_whole(stored, other) for other in others)


def _next_number(history: Sequence[Version]) -> int:
    return history[-1].version + 1 if history else 1


def _keys(days: DayColumns, places: Places) -> list[Key]:
    columns = (days.day, days.usage_point_id, days.channel)
    return list(zip(*(column[places].tolist() for column in columns), strict=True))


def _existing(conn: Conn, days: DayColumns, places: Places, *, lock: bool) -> dict[Key, Current]:
    """The rows that are there already of days at some places. lock: and nobody else changes them from now on."""
    points, numbers = days.usage_point_id[places], np.unique(days.day[places]).tolist()
    if not _any_known(conn, day_block, numbers, int(points.min()), int(points.max())):
        return {}
    rows = map(Current._make, find_rows(conn, day_block, _keys(days, places), lock=lock))
    return {(row[0], row[2], row[1]): row for row in rows}


def _histories(conn: Conn, keys: Sequence[Key]) -> dict[Key, list[Version]]:
    """The past of days, by their keys; those that have none are left out."""
    points = [point for _, point, _ in keys]
    found: dict[Key, list[Version]] = {}
    if keys and _any_known(conn, day_block_version, {day for day, _, _ in keys}, min(points), max(points)):
        for row in find_rows(conn, day_block_version, keys):
            version = Version(*row)
            found.setdefault(version.key, []).append(version)
    return found


def _any_known(conn: Conn, table: Table, days: Collection[int], first_id: int, last_id: int) -> bool:
    """Whether a day may have any row among the usage points in question: one look-up a day spares one a row."""
    point = table.c.usage_point_id
    among = point == first_id if first_id == last_id else point.between(first_id, last_id)
    query = select(table.c.day).where(among).limit(1)
    return len(days) > FEW_DAYS or any(conn.execute(query.where(table.c.day == day)).first() for day in days)
