"""The envelope and its ids: what the kit says of feeds that Atom or the standard's own customs would not have so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.outcome import Outcome
from tests.conformance.made_feeds import (
    DAY_S,
    ENDPOINT,
    GRANT,
    JULY_S,
    LOCAL,
    POINT,
    READING,
    UPDATED,
    Made,
    Usage,
    block,
    every,
    feed,
    identifier,
    messages,
    result,
)

RULES = [f"ENV{number:03d}" for number in range(1, 11)] + [f"IDS{number:03d}" for number in range(1, 7)]
RULES.append("EU_FB01_DE_005")
SELF = f'<link rel="self" href="{ENDPOINT}/Batch/Subscription/3492ad65d05a"/>'
CERTIFICATE = "https://cert.greenbuttonalliance.org/certificate/"
CERTIFIED = f'<link rel="related" href="{CERTIFICATE}48b2bda7-7761-5562-864c-6145312e5aa4"/>'
RANDOM = "urn:uuid:48b2bda7-7761-4562-864c-6145312e5aa4"
MAPPINGS = Made("ProgramIdMappings", f"{ENDPOINT}/ProgramIdMappings/7c8a3cac7855", "<espi:ProgramIdMappings/>")
TWO_DAYS = [block(every(JULY_S, 96)), block(every(JULY_S + DAY_S, 96))]


def point(**members: object) -> Usage:
    return Usage(change={"UsagePoint": members})


def test_a_good_feed_has_nothing_to_say_even_beside_itself() -> None:
    content = Usage(TWO_DAYS, links=SELF + CERTIFIED, more=[MAPPINGS]).xml()
    assert [found for rule in RULES for found in messages(content, rule, previous=content)] == []


@pytest.mark.parametrize(
    ("usage", "rule", "said"),
    [
        (Usage(links=""), "ENV001", "The feed has no link with rel “self”"),
        (Usage(links=SELF + SELF), "ENV001", "more than one self link"),
        (Usage(links='<link rel="self" href=" "/>'), "ENV001", "has no address"),
        (point(content="<espi:UsagePoint/><espi:MeterReading/>"), "ENV002", "holds UsagePoint, MeterReading at once"),
        (point(content=""), "ENV002", "has no resource in its content"),
        (Usage(["".join(TWO_DAYS)]), "ENV002", "holds 2 IntervalBlocks, the way of older files"),
        (Usage(more=[replace(MAPPINGS, title=None, up=None)]), "ENV003", "has no title, no up link"),
        (Usage(updated="2024-12-01T07:10:00"), "ENV004", "The feed's updated, 2024-12-01T07:10:00, has no time zone"),
        (point(published="2023-06-01T05:00:00"), "ENV004", "has published 2023-06-01T05:00:00, without a time zone"),
        (point(published="2024-12-01T07:10:01Z"), "ENV005", "before it was published"),
        (
            Usage(updated="2024-12-01T07:09:59Z"),
            "ENV006",
            f"has {UPDATED}: the feed's date is that of its newest entry",
        ),
        (Usage(TWO_DAYS[::-1]), "ENV008", "oldest first"),
        (Usage(links=SELF + CERTIFIED * 2), "ENV009", "more than one link to a certificate"),
        (Usage(links=SELF + CERTIFIED.replace("5aa4", "")), "ENV009", "and the certificate's id"),
        (Usage(links=SELF + CERTIFIED.replace("related", "license")), "ENV009", "it is looked for with rel “related”"),
        (Usage(links=SELF + SELF.replace("self", "next")), "ENV010", "take this part for the whole"),
        (point(id="48b2bda7-7761-5562-864c-6145312e5aa4"), "IDS001", "an id is urn:uuid: and a UUID"),
        (point(id=identifier("a").upper().replace("URN:UUID", "urn:uuid")), "IDS001", "write it in lower case"),
        (point(id=RANDOM), "IDS002", "an id of version 4"),
        (point(id=identifier(LOCAL)), "EU_FB01_DE_005", "stands 2 times"),
        (point(self=f"{GRANT}/UsagePoint/01"), "IDS005", "ends in “01”, which can be guessed"),
        (point(self=f"{GRANT}/UsagePoint/4284792"), "IDS005", "which can be guessed"),
    ],
)
def test_what_is_amiss_is_named(usage: Usage, rule: str, said: str) -> None:
    assert said in messages(usage.xml(), rule)[0]


def test_offsets_are_zones_too() -> None:
    assert messages(Usage(updated="2024-12-01T01:10:00-06:00").xml(), "ENV004") == []
    assert messages(Usage(updated="2024-12-01T01:10:00-06:00").xml(), "ENV006") == [], "the same instant"


@pytest.mark.parametrize("name", ["48c2a0195527", "48C2A019-5527", "Zk3_x-9q", "48b2bda7-7761-5562-864c-6145312e5aa4"])
def test_identifiers_of_48_bits_are_long_enough(name: str) -> None:
    assert messages(point(self=f"{GRANT}/UsagePoint/{name}").xml(), "IDS005") == []


def later(usage: Usage, rule: str, *, earlier: Usage | None = None) -> Sequence[str]:
    return messages(usage.xml(), rule, previous=(earlier or Usage(TWO_DAYS)).xml())


def test_a_thing_that_got_another_id() -> None:
    (found,) = later(Usage(TWO_DAYS, change={"UsagePoint": {"id": identifier("new")}}), "IDS003")
    assert "Readers take it for a new thing and count its data twice" in found


def test_things_are_known_again_in_a_download_and_in_a_grant() -> None:
    download = Usage(TWO_DAYS).xml().replace(b"/Subscription/", b"/RetailCustomer/")
    assert messages(download, "IDS003", previous=Usage(TWO_DAYS).xml()) == [], "ids are made from what lies above"
    renamed = download.replace(identifier(POINT).encode(), RANDOM.encode())
    assert len(messages(renamed, "IDS003", previous=Usage(TWO_DAYS).xml())) == 1


def test_blocks_are_known_again_by_their_start() -> None:
    renumbered = Usage(TWO_DAYS[1:], change={"IntervalBlock": {"self": f"{READING}/IntervalBlock/ffff65e9a0c0"}})
    (found,) = later(renumbered, "IDS003")
    assert "IntervalBlock" in found


def test_things_are_known_again_by_what_they_say_if_their_address_is_new() -> None:
    def fresh(seed: str) -> Usage:
        return Usage(TWO_DAYS, change={"LocalTimeParameters": {"self": f"{LOCAL}{seed}", "id": identifier(seed)}})

    (found,) = later(fresh("1"), "IDS003", earlier=fresh("2"))
    assert "LocalTimeParameters" in found


def test_an_id_that_goes_to_another_thing() -> None:
    moved = Usage(change={"IntervalBlock": {"id": identifier(READING)}, "MeterReading": {"id": identifier("new")}})
    assert "gave to something else (MeterReading)" in later(moved, "IDS006")[0]
    shifted = Usage([block(every(JULY_S + 2 * DAY_S, 96))])
    assert "has the id of another block in the earlier file" in later(shifted, "IDS006")[0]


def test_a_correction_without_a_later_date() -> None:
    corrected = [block(every(JULY_S, 96, value=61)), TWO_DAYS[1]]
    assert "has changed since the earlier file, and its updated" in later(Usage(corrected), "IDS004")[0]
    dated = Usage(
        corrected, updated="2024-12-03T00:00:00Z", change={"IntervalBlock": {"updated": "2024-12-03T00:00:00Z"}}
    )
    assert later(dated, "IDS004") == []
    assert "the date went back" in later(Usage(TWO_DAYS), "IDS004", earlier=dated)[0]


def test_without_an_earlier_file_ids_are_not_compared() -> None:
    found = result(Usage().xml(), "IDS003")
    assert (found.outcome, found.why) == (Outcome.OMIT, "No earlier file was given to compare with (--previous).")


def test_a_single_entry_is_no_feed() -> None:
    entry = (
        Usage()
        .entries()[0]
        .xml()
        .replace("<entry>", '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">')
    )
    assert {result(entry.encode(), rule).outcome for rule in ("ENV001", "ENV006", "ENV010")} == {Outcome.OMIT}
    assert result(entry.encode(), "IDS001").outcome is Outcome.PASS
    assert feed([]).startswith(b"<?xml")
