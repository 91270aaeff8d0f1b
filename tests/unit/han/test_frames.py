"""The bytes of every command and attribute, both ways, and what is refused."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.han import fields, frames, sep1
from espi.han.fields import NOW, BadFrame, Bitmap, Fixed, Number, Octets, Part, Tail, Text, Time
from espi.han.frames import (
    Answer,
    DefaultResponse,
    Header,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
    Value,
    WriteAttributes,
)
from espi.han.sep1 import Cluster
from tests import han_fuzz

EVENT_S = 1_404_244_800  # 2014-07-01T20:00:00Z

WORKED = {
    "load control": (
        sep1.LoadControlEvent(
            event_id=0x1001,
            device_class=sep1.DeviceClass.HVAC | sep1.DeviceClass.WATER_HEATER,
            group=0,
            start_s=EVENT_S,
            duration_min=120,
            criticality=3,
            duty_cycle=50,
            randomise_start=True,
            randomise_end=True,
        ),
        "09 01 00 01100000 0500 00 c0cf451b 7800 03 ff ff 0080 0080 80 32 03",
    ),
    "cancel": (
        sep1.CancelLoadControlEvent(0x1001, 0x0005, 0, randomise=False, effective_s=NOW),
        "09 02 01 01100000 0500 00 00 00000000",
    ),
    "cancel all": (sep1.CancelAllLoadControlEvents(randomise=False), "09 03 02 00"),
    "opt-out": (
        sep1.ReportEventStatus(
            0x1001, sep1.Status.OPTED_OUT, EVENT_S + 60, 3, randomised_start=True, randomised_end=True
        ),
        "01 04 00 01100000 04 fccf451b 03 0080 0080 80 ff 03 00" + "ff" * 42,
    ),
    "text": (
        sep1.DisplayMessage(
            0x2001, 0, sep1.Importance.MEDIUM, enhanced=False, confirm=True, start_s=NOW, duration_min=60,
            text="Test message",
        ),
        "09 05 00 01200000 84 00000000 3c00 0c 54657374206d657373616765",
    ),
    "cancel text": (sep1.CancelMessage(0x2001), "09 06 01 01200000 00"),
    "confirmation": (sep1.MessageConfirmation(0x2001, EVENT_S), "01 07 01 01200000 c0cf451b"),
    "price": (
        sep1.PublishPrice(
            0x3001, b"PEAK", 0x4001, EVENT_S, unit=0, currency=840, trailing_digit=3, tier=2, tiers=3, register_tier=1,
            start_s=EVENT_S, duration_min=60, price=185,
        ),
        "09 08 00 01300000 04 5045414b 01400000 c0cf451b 00 4803 32 31 c0cf451b 3c00 b9000000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_frames_both_ways(name: str) -> None:
    body, text = WORKED[name]
    data = bytes.fromhex(text)
    command = frames.command_of(body)
    assert frames.encode(body, sequence=data[1]).hex(" ") == data.hex(" ")
    found = frames.decode(command.cluster, data)
    assert found.body == body
    assert found.header == Header(frames.CLUSTER, command.from_server, data[1], command.id)


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (sep1.LoadControlEvent, 23),
        (sep1.CancelLoadControlEvent, 12),
        (sep1.CancelAllLoadControlEvents, 1),
        (sep1.ReportEventStatus, 60),
        (sep1.GetScheduledEvents, 5),
        (sep1.GetLastMessage, 0),
        (sep1.MessageConfirmation, 8),
        (sep1.GetCurrentPrice, 1),
        (sep1.GetScheduledPrices, 5),
    ],
)
def test_structures_have_the_size_of_the_profile(structure: type[Any], size: int) -> None:
    wanted = {0: b"", 1: b"\0"}.get(size, b"\1\0\0\0" * 15)[:size] if size < 60 else None
    if wanted is None:
        wanted = fields.write(sep1.ReportEventStatus(1, 1, EVENT_S, 1))
    if structure is sep1.LoadControlEvent:
        wanted = fields.write(WORKED["load control"][0])
    assert len(wanted) == size
    assert fields.write(fields.read(structure, wanted)) == wanted


def test_an_attribute_that_is_read_and_one_that_is_not_there() -> None:
    declared = frames.attribute(Cluster.LOAD_CONTROL, 0x0003, at_server=False)
    body = ReadAttributesResponse(
        (Answer(3, frames.SUCCESS, frames.value_of(declared, 0x0401)), Answer(9, frames.UNSUPPORTED_ATTRIBUTE))
    )
    data = frames.encode_global(body, 7, from_server=False, quiet=True)
    assert data.hex(" ") == "10 07 01 03 00 00 21 01 04 09 00 86"
    assert frames.decode(Cluster.LOAD_CONTROL, data).body == body


def test_a_register_is_reported_as_an_attribute() -> None:
    declared = frames.attribute(Cluster.METERING, 0x0000, at_server=True)
    data = frames.encode_global(ReportAttributes((frames.value_of(declared, 123_456_789),)), 1, from_server=True)
    assert data.hex(" ") == "08 01 0a 00 00 25 15 cd 5b 07 00 00"
    assert frames.decode(Cluster.METERING, data).body.values[0].value == 123_456_789


# ---------------------------------------------------------------- every structure, any values


def _values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each kind
    match kind:
        case Number():
            found = st.integers(kind.least, kind.most)
            found = st.sampled_from(sorted(kind.among)) if kind.among else found
            return found.filter(lambda value: value != kind.unused) | (
                st.none() if kind.unused is not None else st.nothing()
            )
        case Bitmap():
            return st.integers(0, kind.known).map(lambda value: value & kind.known)
        case Time():
            return st.just(NOW) | st.integers(fields.EPOCH_2000_S + 1, fields.EPOCH_2000_S + 0xFFFFFFFE)
        case Octets():
            return st.binary(max_size=kind.most)
        case Text():
            return st.text(max_size=80).filter(lambda text: len(text.encode("utf-8", "replace")) <= kind.most)
        case Fixed():
            return st.binary(min_size=kind.size, max_size=kind.size)
        case Part():
            return st.booleans() if kind.width == 1 else st.integers(0, kind.greatest)
        case _:
            raise AssertionError(kind)


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Any command with any values that it may have; a tail of any length."""
    structure = draw(st.sampled_from([command.body for command in sep1.COMMANDS]))
    hints = typing.get_type_hints(structure, include_extras=True)
    values: dict[str, Any] = {}
    whole = True
    for field in dataclasses.fields(structure):
        kind = hints[field.name].__metadata__[0]
        if isinstance(kind, Tail):
            whole = whole and draw(st.booleans())
            values[field.name] = draw(_values(kind.kind)) if whole else None
        else:
            values[field.name] = draw(_values(kind))
    return structure(**values)


@settings(max_examples=150, deadline=None)
@given(body=bodies(), sequence=st.integers(0, 255), quiet=st.booleans())
def test_every_command_with_any_values_comes_back_as_it_was(body: Any, sequence: int, *, quiet: bool) -> None:
    command = frames.command_of(body)
    data = frames.encode(body, sequence, quiet=quiet)
    found = frames.decode(command.cluster, data)
    assert found.body == body
    assert (found.header.sequence, found.header.quiet) == (sequence, quiet)
    assert frames.encode(found.body, sequence, quiet=quiet) == data


_SOME_VALUES = st.sampled_from(sorted(frames.TYPES)).flatmap(
    lambda code: st.builds(Value, st.integers(0, 0xFFFF), st.just(code), _values(frames.TYPES[code]))
)
_ANSWERS = _SOME_VALUES.map(lambda value: Answer(value.attribute, frames.SUCCESS, value)) | st.builds(
    Answer, st.integers(0, 0xFFFF), st.integers(1, 255)
)
_GLOBALS = st.one_of(
    st.builds(ReadAttributes, st.lists(st.integers(0, 0xFFFF), max_size=5).map(tuple)),
    st.builds(ReadAttributesResponse, st.lists(_ANSWERS, max_size=4).map(tuple)),
    st.builds(WriteAttributes, st.lists(_SOME_VALUES, max_size=4).map(tuple)),
    st.builds(ReportAttributes, st.lists(_SOME_VALUES, max_size=4).map(tuple)),
    st.builds(DefaultResponse, st.integers(0, 255), st.integers(0, 255)),
)


@settings(max_examples=100, deadline=None)
@given(body=_GLOBALS, cluster=st.sampled_from(Cluster), from_server=st.booleans())
def test_attributes_with_any_values_come_back_as_they_were(body: Any, cluster: Cluster, *, from_server: bool) -> None:
    data = frames.encode_global(body, 1, from_server=from_server)
    assert frames.decode(cluster, data).body == body


# ---------------------------------------------------------------- what is refused


def _changed(name: str, **values: Any) -> Any:
    return dataclasses.replace(WORKED[name][0], **values)


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        (_changed("load control", duration_min=1441), "LoadControlEvent.duration_min", "1441 is not from 0 to 1440"),
        (_changed("load control", criticality=10), "LoadControlEvent.criticality", "10 is not from 1 to 9"),
        (_changed("load control", cooling_offset=255), "LoadControlEvent.cooling_offset", "255 is not from 0 to 254"),
        (_changed("load control", load_adjustment=-101), "LoadControlEvent.load_adjustment", "-101 is not from"),
        (_changed("load control", duty_cycle=101), "LoadControlEvent.duty_cycle", "101 is not from 0 to 100"),
        (_changed("load control", device_class=0x1000), "LoadControlEvent.device_class", "0x1000 have no meaning"),
        (_changed("load control", event_id=1 << 32), "LoadControlEvent.event_id", "is not from 0 to 4294967295"),
        (_changed("load control", event_id=True), "LoadControlEvent.event_id", "True is no whole number"),
        (_changed("load control", start_s=5), "LoadControlEvent.start_s", "5 is no second"),
        (_changed("load control", randomise_end=2), "LoadControlEvent.randomise_end", "2 is not true or false"),
        (_changed("text", text="é" * 128), "DisplayMessage.text", "it has 256 bytes and may have 254"),
        (_changed("text", text="\ud800"), "DisplayMessage.text", "character 0 cannot be written"),
        (_changed("text", transmission=3), "DisplayMessage.transmission", "3 is not from 0 to 2"),
        (_changed("price", rate_label=b"THIRTEEN BYTE"), "PublishPrice.rate_label", "13 bytes and may have 12"),
        (_changed("price", trailing_digit=16), "PublishPrice.trailing_digit", "16 is not from 0 to 15"),
        (_changed("price", price=-1), "PublishPrice.price", "-1 is not from 0"),
        (_changed("price", generation_price=5), "PublishPrice.generation_price", "without price_ratio"),
        (_changed("opt-out", status=0x0B), "ReportEventStatus.status", "11 has no meaning"),
        (_changed("opt-out", signature=b""), "ReportEventStatus.signature", "exactly 42 bytes"),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_it_is_written(body: Any, where: str, what: str) -> None:
    with pytest.raises(BadFrame) as refused:
        frames.encode(body, 1)
    assert refused.value.where == where
    assert what in refused.value.what


@pytest.mark.parametrize(
    ("cluster", "text", "where"),
    [
        (0x0701, "", "Header"),
        (0x0701, "09 01", "Header"),
        (0x0701, "e9 01 00", "Header.control"),
        (0x0701, "0d 34", "Header.manufacturer"),
        (0x0701, "0d 34 12 01 00", "Header"),
        (0x0701, "09 01 07", "Header.command"),
        (0x0705, "09 01 00", "cluster"),
        (0x0701, "09 03 02 00 00", "CancelAllLoadControlEvents"),
        (0x0701, "09 02 01 01100000 0500 00 00 0000", "CancelLoadControlEvent.effective_s"),
        (0x0701, "09 02 01 01100000 0500 00 02 00000000", "CancelLoadControlEvent.randomise"),
        (0x0703, "09 05 00 01200000 84 00000000 3c00 0c 5465", "DisplayMessage.text"),
        (0x0703, "09 05 00 01200000 84 00000000 3c00 02 c328", "DisplayMessage.text"),
        (0x0703, "09 05 00 01200000 84 00000000 3c00 ff", "DisplayMessage.text"),
        (0x0703, "09 05 00 01200000 90 00000000 3c00 00", "DisplayMessage.transmission"),
        (0x0701, "18 01 01 03 00 00 99 00", "Value.type"),
        (0x0701, "18 01 01 03", "ReadAttributesResponse.attribute"),
        (0x0701, "18 01 77", "Header.command"),
    ],
)
def test_what_is_no_frame_is_refused_and_told_where(cluster: int, text: str, where: str) -> None:
    with pytest.raises(BadFrame) as refused:
        frames.decode(cluster, bytes.fromhex(text))
    assert refused.value.where == where


def test_random_and_mutated_frames_crash_nothing() -> None:
    counted = han_fuzz.run(3000, seed=1)
    assert counted.frames == 3000
    assert counted.read > 100
    assert counted.refused > 1000
