"""HTTP done well: conditional requests, HEAD, packing, formats by Accept, problem documents, streaming."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import zstandard
from lxml import etree
from werkzeug.test import Client as Browser

from espi import scope as scopes
from espi.feeds import contents_of
from espi.store import grants, readings
from tests.function_block_rules import entries, hrefs
from tests.metered import FIRST_DAY, NOW_S, day_block
from tests.reading_world import ALL_BLOCKS, ROOT, ReadingWorld, path_of

ATOM = "application/atom+xml; charset=utf-8"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingWorld]:
    world = ReadingWorld(tmp_path_factory.mktemp("http"))
    yield world
    world.database.close()


@pytest.fixture
def subscription(world: ReadingWorld) -> str:
    return world.share(ALL_BLOCKS, "electricity")


def addresses(world: ReadingWorld, subscription: str) -> list[str]:
    """A feed, a collection and a single resource."""
    block = entries(world.batch(subscription), "IntervalBlock")[0]
    return [f"Batch/{subscription}", path_of(hrefs(block, "up")[0]), path_of(hrefs(block, "self")[0])]


def test_who_has_it_already_is_told_so(world: ReadingWorld, subscription: str) -> None:
    for path in addresses(world, subscription):
        answer = world.get(path, subscription)
        tag, changed = answer.headers["ETag"], answer.headers["Last-Modified"]
        for headers in ({"If_None_Match": tag}, {"If_None_Match": f'"other", {tag}'}, {"If_Modified_Since": changed}):
            again = world.get(path, subscription, **headers)
            assert (again.status_code, again.data) == (304, b"")
            assert (again.headers["ETag"], again.headers["Cache-Control"]) == (tag, "private, no-cache")
        early = "Sat, 01 Nov 2014 00:00:00 GMT"
        assert world.get(path, subscription, If_Modified_Since=early).status_code == 200
        stale = world.get(path, subscription, If_None_Match='"other"', If_Modified_Since=changed)
        assert stale.status_code == 200, "the tag counts before the time"


def test_every_change_within_reach_makes_another_tag(world: ReadingWorld, subscription: str) -> None:
    path = f"Batch/{subscription}"
    seen = [world.get(path, subscription).headers["ETag"]]
    with world.database.write() as conn:
        (point,) = world.points(conn, "electricity")
        corrected = replace(day_block(point.id, 4, FIRST_DAY, least=5000), sent_s=NOW_S)
        readings.put_blocks(conn, [corrected], file_id=2, now_s=NOW_S)
    seen.append(world.get(path, subscription).headers["ETag"])
    with world.database.write() as conn:
        found = grants.authorization_by_subscription(conn, int(subscription.rpartition("/")[2]))
        grants.set_until_day(conn, found.id, point.id, FIRST_DAY + 2)
    seen.append(world.get(path, subscription).headers["ETag"])
    seen += [world.get(f"{path}?{query}", subscription).headers["ETag"] for query in ("depth=2", "format=csv")]
    assert len(set(seen)) == len(seen)
    with world.database.write() as conn:
        (other,) = world.points(conn, "gas")
        readings.put_blocks(conn, [day_block(other.id, 10, FIRST_DAY + 9)], file_id=3, now_s=NOW_S)
    assert world.get(path, subscription).headers["ETag"] == seen[2], "others' changes are none of ours"


def test_head_is_get_without_its_body(world: ReadingWorld, subscription: str) -> None:
    for path in addresses(world, subscription):
        got, head = (world.get(path, subscription, method=method) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data, head.content_type) == (200, b"", ATOM)
        assert head.headers["ETag"] == got.headers["ETag"]
        assert "Content-Length" not in head.headers


def test_answers_are_packed_for_who_can_unpack_them(world: ReadingWorld, subscription: str) -> None:
    for path in addresses(world, subscription):
        plain = world.get(path, subscription)
        packed = world.get(path, subscription, Accept_Encoding="gzip,deflate")
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["Content-Length"] == str(len(packed.data))
        both = world.get(path, subscription, Accept_Encoding="gzip, zstd")
        assert both.headers["Content-Encoding"] == "zstd"
        assert zstandard.ZstdDecompressor().decompressobj().decompress(both.data) == plain.data
        assert world.get(path, subscription, Accept_Encoding="deflate").data == plain.data
        assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/atom+xml", "Application/atom+xml", "text/html", "application/json, text/plain, */*",
     "application/xml;q=0.5, application/json"],
)  # fmt: skip
def test_xml_is_answered_whatever_else_is_liked(world: ReadingWorld, subscription: str, accept: str) -> None:
    for path in addresses(world, subscription):
        answer = world.get(path, subscription, Accept=accept, Content_Type="Application/atom+xml")
        assert (answer.status_code, answer.content_type) == (200, ATOM)


def test_json_and_csv_are_answered_to_who_wants_nothing_else(world: ReadingWorld, subscription: str) -> None:
    path = f"Batch/{subscription}"
    for accept in ("application/json", "application/vnd.greenbutton+json; q=0.9, application/json"):
        answer = world.get(path, subscription, Accept=accept)
        assert answer.content_type == "application/json"
        (point,) = json.loads(answer.data)["usage_points"]
        assert len(point["channels"][0]["readings"]) == 4 * 96 + 100
    for answer in (world.get(f"{path}?format=csv", subscription), world.get(path, subscription, Accept="text/csv")):
        assert answer.content_type.startswith("text/csv")
    refused = world.get(f"{path}?format=pdf", subscription)
    assert (refused.status_code, b"format" in refused.data) == (400, True)


def test_other_formats_are_bounded_as_the_feed_is(world: ReadingWorld) -> None:
    scope = "FB=1_3_4_5;IntervalDuration=3600"
    subscription = world.share(scope, "solar", "cost")
    query = f"?format=json&published-max={NOW_S}"
    points = json.loads(world.get(f"Batch/{subscription}{query}", subscription).data)["usage_points"]
    kinds = {(channel["flow"], channel["interval_seconds"]) for point in points for channel in point["channels"]}
    assert {seconds for _, seconds in kinds} == {3600}
    assert len({flow for flow, _ in kinds}) == 1
    assert not any("cost" in key for p in points for c in p["channels"] for r in c["readings"] for key in r)
    assert contents_of(scopes.parse(scope)).costs is False


def test_errors_are_problem_documents_in_the_caller_s_language(world: ReadingWorld, subscription: str) -> None:
    path = f"Batch/{subscription}?depth=x"
    as_xml = world.get(path, subscription, Accept="application/atom+xml")
    assert as_xml.content_type == "application/problem+xml"
    members = {etree.QName(each).localname: each.text for each in etree.fromstring(as_xml.data)}
    assert members["request_id"] == as_xml.headers["X-Request-Id"]
    assert (members["status"], members["code"]) == ("400", "invalid_request")
    as_json = world.get(path, subscription, Accept="application/json")
    assert json.loads(as_json.data)["request_id"] == as_json.headers["X-Request-Id"]
    assert world.get("Nothing/Of/The/Kind", subscription).content_type == "application/problem+xml"


def test_every_answer_is_closed_to_browsers_and_shared_caches(world: ReadingWorld, subscription: str) -> None:
    for path in ("Nothing", *addresses(world, subscription)):
        headers = world.get(path, subscription).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] in {"no-store", "private, no-cache"}
        assert "Set-Cookie" not in headers


def test_a_long_feed_is_streamed_and_takes_no_memory(world: ReadingWorld) -> None:
    with world.database.write() as conn:
        (point,) = world.points(conn, "net")
        kinds = [day_block(point.id, 10, day, least=-500) for day in range(FIRST_DAY - 100, FIRST_DAY)]
        readings.put_blocks(conn, kinds, file_id=2, now_s=NOW_S)
    subscription = world.share(ALL_BLOCKS, "net", days=(FIRST_DAY - 100, FIRST_DAY))
    headers = {"Authorization": f"Bearer {world.tokens[subscription]}"}
    for _ in range(2):
        tracemalloc.start()
        length = 0
        answer = Browser(world.app).get(f"{ROOT}/Batch/{subscription}", headers=headers)
        for piece in answer.iter_encoded():
            length += len(piece)
        answer.close()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.is_streamed
    assert length > 1_500_000
    assert peak < length


def test_what_is_shown_does_not_depend_on_what_was_shown_before(world: ReadingWorld) -> None:
    """Kept entries are told apart by all that they are made of."""
    hourly = world.share("FB=1_3_4;IntervalDuration=3600", "electricity", "bills")
    fine = world.share(ALL_BLOCKS, "electricity", "bills")
    first = [world.get(f"Batch/{each}", each).data for each in (hourly, fine)]
    again = [world.get(f"Batch/{each}", each).data for each in (hourly, fine)]
    assert first == again
    points = [entries(etree.fromstring(feed), "UsagePoint") for feed in first]
    assert [np.sum(["UsageSummary" in str(hrefs(each, "related")) for each in some]) for some in points] == [0, 1]
