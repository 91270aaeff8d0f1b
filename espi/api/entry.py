"""Single resources of readings, each as the document of one Atom entry; and what is shared at the root."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flask import Response

from espi.api.endpoint import Asked
from espi.api.holder import Holder, holder_of
from espi.api.query import every_day, question_of
from espi.api.reading import head_of, points_at, small
from espi.atom import write
from espi.atom.links import Hrefs
from espi.errors import NotFound
from espi.feeds import Question
from espi.feeds.entries import Entries
from espi.feeds.question import INTERVAL
from espi.feeds.single import Entry, Single
from espi.feeds.window import Window
from espi.store import channels, directory

if TYPE_CHECKING:
    from espi.store.directory import UsagePoint

_DAY_DIGITS = 10**5


def read_usage_point(asked: Asked) -> Response:
    """A usage point."""
    return _of_point(asked, lambda single, point: single.usage_point(point))


def read_meter_reading(asked: Asked) -> Response:
    """A series."""
    path_id = asked.number("meter_reading_id")
    return _of_point(asked, lambda single, point: single.meter_reading(point, path_id))


def read_interval_block(asked: Asked) -> Response:
    """A block of a series; where the path does not name the series, it is found by the block's number."""
    path_id = asked.number("interval_block_id")

    def entry(single: Single, point: UsagePoint) -> Entry:
        if "meter_reading_id" in asked.ids:
            return single.interval_block(point, asked.number("meter_reading_id"), path_id)
        return single.block_of_any(point, path_id)

    return _of_point(asked, entry)


def read_usage_summary(asked: Asked) -> Response:
    """A bill's summary, at its present or its older name."""
    name = "usage_summary_id" if "usage_summary_id" in asked.ids else "electric_power_usage_summary_id"
    return _of_point(asked, lambda single, point: single.usage_summary(point, asked.number(name)))


def read_power_quality(asked: Asked) -> Response:
    """A summary of power quality."""
    path_id = asked.number("electric_power_quality_summary_id")
    return _of_point(asked, lambda single, point: single.power_quality(point, path_id))


def read_reading_types(asked: Asked) -> Response:
    """All reading types."""
    asked.require()
    kinds = channels.reading_types(asked.conn)
    entries = [(_root(asked).reading_type(kind), kind.published_s) for kind in kinds]
    return _shared(asked, "ReadingType", entries)


def read_reading_type(asked: Asked) -> Response:
    """A reading type."""
    asked.require()
    kind = channels.reading_type(asked.conn, asked.number("reading_type_id"))
    if kind is None:
        raise NotFound(detail="no such reading type")
    return small(asked, [write.as_document(_root(asked).reading_type(kind))], kind.published_s)


def read_local_times(asked: Asked) -> Response:
    """The time parameters of all utilities."""
    asked.require()
    utilities = directory.utilities(asked.conn)
    return _shared(asked, "LocalTimeParameters", [(_root(asked).local_time(each), 0) for each in utilities])


def read_local_time(asked: Asked) -> Response:
    """The time parameters of a utility."""
    asked.require()
    path_id = asked.number("local_time_parameters_id")
    for each in directory.utilities(asked.conn):
        if each.local_time_path_id == path_id:
            return small(asked, [write.as_document(_root(asked).local_time(each))], 0)
    raise NotFound(detail="no such time parameters")


def _of_point(asked: Asked, entry: Callable[[Single, UsagePoint], Entry]) -> Response:
    """The entry of a resource that hangs at a usage point."""
    holder = holder_of(asked)
    point = _point(asked, holder)
    first, last = every_day(asked.settings, [point])
    series = holder.contents.series if holder.contents else frozenset({INTERVAL})
    question = Question(first, last, series, contents=holder.contents)
    single = Single(asked.conn, holder.reach, question, Hrefs(asked.settings.resource_url, holder.scope))
    found = entry(single, point)
    return small(asked, [found.document], max(found.updated_s, holder.changed_s))


def _point(asked: Asked, holder: Holder) -> UsagePoint:
    """The usage point that a path names, or that the series or block it names hangs at."""
    if "usage_point_id" in asked.ids:
        return points_at(asked, holder)[0]
    name = "meter_reading_id" if "meter_reading_id" in asked.ids else "interval_block_id"
    path_id = asked.number(name)
    low, high = path_id, path_id
    if name == "interval_block_id":
        low = path_id // _DAY_DIGITS * _DAY_DIGITS
        high = low + _DAY_DIGITS - 1
    found = channels.usage_point_of(asked.conn, holder.reach, low, high)
    if found is None:
        raise NotFound(detail=f"no channel {path_id}")
    return directory.usage_point(asked.conn, holder.reach, path_id=found)


def _root(asked: Asked) -> Entries:
    return Entries(Hrefs(asked.settings.resource_url, ""))


def _shared(asked: Asked, element: str, entries: Sequence[tuple[bytes, int]]) -> Response:
    """A collection at the root that is nobody's; its parameters of paging count, those of time do not."""
    question = question_of(asked.query, None, asked.settings)
    window = Window(question.page)
    head = head_of(asked, element)
    updated_s = max((changed_s for _, changed_s in entries), default=0)
    chosen = list(window.taken(text for text, _ in entries))
    begin = head.text(updated_s, question.page, asked.settings)
    end = head.tail(question.page, more=window.more)
    return small(asked, itertools.chain([begin], chosen, [end]), updated_s)
