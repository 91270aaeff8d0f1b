"""The example third party finds in a feed what the store holds, and is not fooled by a document type."""

from __future__ import annotations

from pathlib import Path

import pytest

from espi.clock import day_date
from examples.third_party import feed
from tests.client_samples import KINDS, made_samples
from tests.metered import FIRST_DAY, LAST_DAY


def test_it_finds_every_reading_of_every_kind_of_meter(tmp_path: Path) -> None:
    for sample in made_samples(tmp_path):
        found = feed.series(sample.feed.read_bytes())
        wanted = sample.expected()
        assert sum(len(block.readings) for one in found for block in one.blocks.values()) == wanted["readings"]
        total = sum(block.total for one in found for block in one.blocks.values())
        assert total == sum(wanted["totals"].values())
        assert all(one.unit for one in found), sample.kind
    assert len(KINDS) == 6


def test_the_days_of_a_series_are_local(tmp_path: Path) -> None:
    sample = made_samples(tmp_path)[0]
    days = [block.day for one in feed.series(sample.feed.read_bytes()) for block in one.blocks.values()]
    assert days == [day_date(day).isoformat() for day in range(FIRST_DAY, LAST_DAY + 1)]


def test_a_series_can_be_kept_and_recalled(tmp_path: Path) -> None:
    one = feed.series(made_samples(tmp_path)[0].feed.read_bytes())[0]
    assert feed.from_json(feed.as_json(one)) == one


@pytest.mark.parametrize("document", [b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a>", b""])
def test_what_is_no_plain_xml_is_refused(document: bytes) -> None:
    with pytest.raises(feed.NotUnderstood):
        feed.parse(document)


def test_a_notification_names_addresses() -> None:
    text = (
        '<e:BatchList xmlns:e="http://naesb.org/espi"><e:resources>https://dc.example/Batch/Subscription/1?a=1&amp;b=2'
        "</e:resources><e:resources>https://dc.example/Authorization/2</e:resources></e:BatchList>"
    )
    assert feed.notified(text.encode()) == [
        "https://dc.example/Batch/Subscription/1?a=1&b=2",
        "https://dc.example/Authorization/2",
    ]
    with pytest.raises(feed.NotUnderstood, match="no BatchList"):
        feed.notified(b"<feed/>")
