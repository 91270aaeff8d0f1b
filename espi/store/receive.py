"""What happens to a day that comes in when the day is there already: it is compared, merged and kept.

Every version is kept: what was once in force with the revision it had, what was received and never in force with
revision 0. The readings in force are always the merge of all that was received (`espi.store.merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from espi.store.database import Conn
from espi.store.merge import Content, Received, Totals, merge, totals
from espi.store.rows import Current, Key, Version, find_rows, insert_rows, update_rows
from espi.store.tables import day_block, day_block_version


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


class Arrival(NamedTuple):
    """A day that came in, its place among those put, and the row that is there already."""

    place: int
    content: Content
    totals: Totals
    sent_s: int
    current: Current


@dataclass(slots=True)
class _Writes:
    current: list[tuple[object, ...]] = field(default_factory=list)
    provenance: list[tuple[object, ...]] = field(default_factory=list)
    versions: list[tuple[object, ...]] = field(default_factory=list)
    sent: list[tuple[object, ...]] = field(default_factory=list)


_CURRENT_COLUMNS = [column.name for column in day_block.columns if not column.primary_key]


def receive(conn: Conn, arrivals: Sequence[Arrival], result: PutResult, *, file_id: int, now_s: int) -> None:
    """Settle days that are there already, none of them twice, and note in the result what became of each."""
    writes = _Writes()
    contested = [arrival for arrival in arrivals if arrival.content != arrival.current.content]
    for arrival in arrivals:
        if arrival.content == arrival.current.content:
            _same(arrival, writes, file_id)
            result.unchanged.append(arrival.place)
    histories: dict[Key, list[Version]] = {arrival.current.key: [] for arrival in contested}
    for row in find_rows(conn, day_block_version, histories):
        version = Version(*row)
        histories[version.key].append(version)
    for arrival in contested:
        history = sorted(histories[arrival.current.key], key=lambda version: version.version)
        _settle(arrival, history, writes, result, file_id, now_s)
    insert_rows(conn, day_block_version, writes.versions)
    update_rows(conn, day_block_version, ["sent_s"], writes.sent)
    update_rows(conn, day_block, _CURRENT_COLUMNS, writes.current)
    update_rows(conn, day_block, ["sent_s", "file_id", "merged"], writes.provenance)


def _same(arrival: Arrival, writes: _Writes, file_id: int) -> None:
    """The same again: what is in force stays; it counts as sent when it was sent last."""
    current = arrival.current
    if current.merged:
        writes.provenance.append((arrival.sent_s, file_id, False, *current.key))
    elif arrival.sent_s > current.sent_s:
        writes.provenance.append((arrival.sent_s, current.file_id, False, *current.key))


def _settle(
    arrival: Arrival, history: Sequence[Version], writes: _Writes, result: PutResult, file_id: int, now_s: int
) -> None:
    current, content = arrival.current, arrival.content
    received = [Received(version.content, version.sent_s) for version in history if version.received]
    if not current.merged:
        received.append(Received(current.content, current.sent_s))
    received.append(Received(content, arrival.sent_s))
    in_force = merge(received)
    number = history[-1].version + 1 if history else 1
    kept = (*current.key, number, *content, *arrival.totals, arrival.sent_s, file_id, now_s, now_s, 0, True, None)
    if in_force == current.content:
        _keep_older(arrival, history, kept, writes)
        result.older.append(arrival.place)
        return
    once = (*current.key, number, *current[3:19], current.revision, not current.merged, now_s)
    writes.versions.append(once)
    mixed = in_force != content
    if mixed:
        writes.versions.append((*kept[:3], number + 1, *kept[4:]))
    (result.merged if mixed else result.replaced).append(arrival.place)
    sent_s = max(item.sent_s for item in received) if mixed else arrival.sent_s
    stamps = (sent_s, file_id, current.published_s, now_s, current.revision + 1, mixed)
    sums = totals(in_force) if mixed else arrival.totals
    writes.current.append((*in_force, *sums, *stamps, *current.key))


def _keep_older(arrival: Arrival, history: Sequence[Version], kept: tuple[object, ...], writes: _Writes) -> None:
    """Keep what is beaten, once: the same received again only counts as sent when it was sent last."""
    for version in history:
        if version.received and version.content == arrival.content:
            if arrival.sent_s > version.sent_s:
                writes.sent.append((arrival.sent_s, *version.key, version.version))
            return
    writes.versions.append(kept)
