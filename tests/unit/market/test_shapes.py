"""What is sent is read by its shape, and every fault is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from espi.market.shapes import Faults, Free, Listing, Nullable, Record, Shape, Text, Truth, Whole, parsed, records

PREMISE = Record("Premise", {"esiid": Text(least=1, most=22, pattern=r"\d+"), "note": Text()}, may=frozenset({"note"}))
ORDER = Record("Order", {"email": Text(form="email"), "premises": Listing(PREMISE, least=1, most=2)})


def faults_of(shape: Shape, value: Any) -> list[str]:
    faults: Faults = []
    shape.read(value, "body", faults)
    return [f"{each.where} {each.message}" for each in faults]


def test_what_has_the_shape_comes_through_whole() -> None:
    sent = {"email": "ada@example.org", "premises": [{"esiid": "10443720001234567", "note": "blue door"}]}
    faults: Faults = []
    assert ORDER.read(sent, "body", faults) == sent
    assert faults == []


def test_every_fault_is_named_with_its_place_at_once() -> None:
    sent = {"email": "ada", "premises": [{"esiid": "12"}, {"esiid": "12x"}], "colour": "red"}
    assert faults_of(ORDER, sent) == [
        "body.colour is not known here",
        "body.email must be a mail address",
        r"body.premises[1].esiid must look like \d+",
    ]


@pytest.mark.parametrize(
    ("shape", "value", "told"),
    [
        (ORDER, [], "body must be an object"),
        (ORDER, {"email": "ada@example.org"}, "body.premises is missing"),
        (ORDER, {"email": "ada@example.org", "premises": []}, "body.premises must have 1 to 2 members"),
        (ORDER, {"email": "ada@example.org", "premises": {}}, "body.premises must be a list"),
        (Text(), 3, "body must be a text"),
        (Text(most=2), "abc", "body must have 0 to 2 characters"),
        (Text(choices=("a", "b")), "c", "body must be one of a, b"),
        (Text(form="date"), "2025-02-30", "body must be a day such as 2025-06-15"),
        (Text(form="date"), "20250228", "body must be a day such as 2025-06-15"),
        (Whole(), "3", "body must be a whole number"),
        (Whole(), 1.5, "body must be a whole number"),
        (Whole(), True, "body must be a whole number"),
        (Whole(least=1, most=9), 10, "body must be 1 to 9"),
        (Truth(), 1, "body must be true or false"),
        (Nullable(Whole()), "x", "body must be a whole number"),
        (Free(), 1, "body must be an object"),
    ],
)
def test_what_does_not_fit_is_told_in_plain_words(shape: Shape, value: Any, told: str) -> None:
    assert faults_of(shape, value) == [told]


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "\ud800"])
def test_text_that_no_database_takes_is_refused(text: str) -> None:
    assert faults_of(Text(), text) == ["body must not hold control characters"]


def test_a_strangers_member_is_shown_without_what_could_harm_a_terminal() -> None:
    (told,) = faults_of(PREMISE, {"esiid": "1", "\x1b[2J" + "x" * 100: 1})
    assert told.startswith("body.?[2Jxxx")
    assert len(told) < 80


def test_a_whole_number_of_an_address_is_read_strictly() -> None:
    assert parsed(Whole(), "12") == 12
    assert [parsed(Whole(), text) for text in ("012", "1e3", "\uff11\uff12", " 1", "", "9" * 400)] == [
        "012",
        "1e3",
        "\uff11\uff12",
        " 1",
        "",
        "9" * 400,
    ]
    assert parsed(Text(), "12") == "12"


def test_json_has_one_kind_of_number() -> None:
    faults: Faults = []
    assert Whole().read(2.0, "body", faults) == 2
    assert Nullable(Whole()).read(None, "body", faults) is None
    assert faults == []


def test_a_shape_describes_itself_as_json_schema() -> None:
    assert records([ORDER]) == {"Order": ORDER, "Premise": PREMISE}
    assert ORDER.definition() == {
        "type": "object",
        "properties": {
            "email": {"type": "string", "format": "email", "maxLength": 256},
            "premises": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Premise"},
                "minItems": 1,
                "maxItems": 2,
            },
        },
        "required": ["email", "premises"],
        "additionalProperties": False,
    }
    assert Nullable(Text(choices=("a",))).schema() == {"type": ["string", "null"], "enum": ["a", None]}
