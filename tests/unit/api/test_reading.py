"""Subscriptions, collections and single resources: what is in them, at which addresses, for whose tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from espi.api.routes import ENDPOINTS
from espi.store import channels, grants, tokens
from espi.store.database import Database
from tests import function_block_rules
from tests.function_block_rules import Element, entries, hrefs
from tests.metered import FIRST_DAY, LAST_DAY, NOW_S
from tests.reading_world import ALL_BLOCKS, ReadingWorld, path_of, valid

KINDS = (
    "UsagePoint",
    "LocalTimeParameters",
    "MeterReading",
    "ReadingType",
    "IntervalBlock",
    "UsageSummary",
    "ElectricPowerQualitySummary",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingWorld]:
    world = ReadingWorld(tmp_path_factory.mktemp("reading"))
    yield world
    world.database.close()


@pytest.fixture(scope="module")
def everything(world: ReadingWorld) -> str:
    """A subscription of two usage points, one with bills and power quality, one with surplus."""
    return world.share(ALL_BLOCKS, "quality", "solar")


def canonical(node: Element) -> bytes:
    """What an entry says, whether it stands in a feed or alone."""
    return etree.tostring(etree.fromstring(etree.tostring(node)), method="c14n2")


def test_a_subscription_is_one_feed_of_all_that_was_granted(world: ReadingWorld, everything: str) -> None:
    feed = world.batch(everything)
    assert [len(entries(feed, kind)) for kind in KINDS] == [2, 1, 3, 2, 15, 1, 1]
    assert hrefs(feed, "self") == [f"{world.settings.resource_url}/Batch/{everything}"]
    assert len({entry.findtext("{*}id") for entry in feed.iter("{*}entry")}) == 25


def test_a_subscription_passes_the_rules_of_its_function_blocks(world: ReadingWorld) -> None:
    feed = world.batch(world.share(ALL_BLOCKS, "bills", "solar"))
    assert function_block_rules.failures(feed, 1, 4, 5, 8, 15, 16) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_of_the_feed_is_at_its_own_address(world: ReadingWorld, everything: str, kind: str) -> None:
    for entry in entries(world.batch(everything), kind):
        (href,) = hrefs(entry, "self")
        alone = valid(world.get(path_of(href), everything))
        assert etree.QName(alone).localname == "entry"
        assert canonical(alone) == canonical(entry)


@pytest.mark.parametrize("kind", KINDS)
def test_every_collection_holds_the_entries_that_point_up_to_it(
    world: ReadingWorld, everything: str, kind: str
) -> None:
    found = entries(world.batch(everything), kind)
    for up in {hrefs(entry, "up")[0] for entry in found}:
        listed = valid(world.get(path_of(up), everything))
        mine = {entry.findtext("{*}id") for entry in found if hrefs(entry, "up") == [up]}
        ids = [entry.findtext("{*}id") for entry in listed.iter("{*}entry")]
        assert hrefs(listed, "self") == [up]
        assert mine <= set(ids)
        if kind not in {"ReadingType", "LocalTimeParameters"}:
            assert mine == set(ids)


def test_ids_are_those_of_a_download(world: ReadingWorld) -> None:
    subscribed = world.batch(world.share(ALL_BLOCKS, "electricity"))
    downloaded = etree.fromstring(world.feed("electricity"))
    ids = [[entry.findtext("{*}id") for entry in feed.iter("{*}entry")] for feed in (subscribed, downloaded)]
    assert ids[0] == ids[1]


def test_one_usage_point_of_a_subscription_has_a_feed_of_its_own(world: ReadingWorld, everything: str) -> None:
    point = entries(world.batch(everything), "UsagePoint")[0]
    path = path_of(hrefs(point, "self")[0])
    feed = valid(world.get(f"Batch/{path}", everything))
    assert [each.findtext("{*}id") for each in entries(feed, "UsagePoint")] == [point.findtext("{*}id")]
    assert hrefs(feed, "self") == [f"{world.settings.resource_url}/Batch/{path}"]


def test_the_older_name_of_usage_summaries_answers(world: ReadingWorld, everything: str) -> None:
    (bill,) = entries(world.batch(everything), "UsageSummary")
    path = path_of(hrefs(bill, "self")[0]).replace("UsageSummary", "ElectricPowerUsageSummary")
    assert canonical(valid(world.get(path, everything))) == canonical(bill)
    assert len(entries(valid(world.get(path.rpartition("/")[0], everything)), "UsageSummary")) == 1


def test_slashes_may_be_doubled_and_one_may_trail(world: ReadingWorld, everything: str) -> None:
    plain = world.get(f"Batch/{everything}", everything).data
    assert world.get(f"Batch/{everything}/", everything).data == plain
    assert world.get(f"/Batch//{everything}", everything).data == plain


def test_what_is_not_there_is_refused_and_what_is_another_s_is_refused_alike(
    world: ReadingWorld, everything: str
) -> None:
    other = world.share(ALL_BLOCKS, "gas")
    (point,) = entries(world.batch(other), "UsagePoint")
    number = path_of(hrefs(point, "self")[0]).rpartition("/")[2]
    for missing, theirs in (
        ("Batch/Subscription/100000000000000", f"Batch/{other}"),
        ("Subscription/100000000000000/UsagePoint", f"{other}/UsagePoint"),
        (f"{everything}/UsagePoint/100000000000000", f"{everything}/UsagePoint/{number}"),
        (f"Batch/{everything}/UsagePoint/1", f"Batch/{everything}/UsagePoint/{number}"),
        (f"{everything}/UsagePoint/x/MeterReading", f"{everything}/UsagePoint/{number}/MeterReading"),
    ):
        answers = [world.get(path, everything) for path in (missing, theirs)]
        assert [answer.status_code for answer in answers] == [403, 403]
        said = [etree.fromstring(answer.data).findtext("{*}title") for answer in answers]
        assert said[0] == said[1]


def test_a_number_that_nothing_has_below_one_s_own_usage_point_is_not_found(
    world: ReadingWorld, everything: str
) -> None:
    point = path_of(hrefs(entries(world.batch(everything), "UsagePoint")[0], "self")[0])
    reading = path_of(hrefs(entries(world.batch(everything), "MeterReading")[0], "self")[0])
    for path in (
        f"{point}/MeterReading/1",
        f"{point}/UsageSummary/1",
        f"{point}/ElectricPowerQualitySummary/1",
        f"{reading}/IntervalBlock/1",
        f"{reading}/IntervalBlock/{reading.rpartition('/')[2][:10]}00001",
        "ReadingType/1",
        "LocalTimeParameters/1",
    ):
        assert world.get(path, everything).status_code == 404, path


def test_a_token_is_taken_from_the_header_alone(world: ReadingWorld, everything: str) -> None:
    token = world.tokens[everything]
    assert world.get(f"Batch/{everything}?access_token={token}").status_code == 403
    assert world.get(f"ReadingType?access_token={token}").status_code == 401


def test_no_token_an_unknown_one_and_an_ended_one(world: ReadingWorld) -> None:
    subscription = world.share(ALL_BLOCKS, "net")
    point = f"{subscription}/UsagePoint"
    for path in (f"Batch/{subscription}", point):
        none = world.get(path)
        assert (none.status_code, none.headers["WWW-Authenticate"]) == (403, 'Bearer realm="espi"')
    bare = world.get("ReadingType")
    assert (bare.status_code, bare.headers["WWW-Authenticate"]) == (401, 'Bearer realm="espi"')
    for token in ("null", "x" * 43):
        answer = world.get(f"Batch/{subscription}", token)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    with world.database.write() as conn:
        tokens.revoke(conn, world.tokens[subscription], NOW_S)
    assert world.get(f"Batch/{subscription}", subscription).status_code == 401


def test_an_ended_grant_is_closed_at_once(world: ReadingWorld) -> None:
    subscription = world.share(ALL_BLOCKS, "water")
    assert world.get(f"Batch/{subscription}", subscription).status_code == 200
    with world.database.write() as conn:
        found = grants.authorization_by_subscription(conn, int(subscription.rpartition("/")[2]))
        grants.set_authorization_status(conn, found.id, grants.REVOKED, now_s=NOW_S)
    assert world.get(f"Batch/{subscription}", subscription).status_code == 401


def test_only_granted_days_are_shown(world: ReadingWorld) -> None:
    subscription = world.share(ALL_BLOCKS, "electricity", days=(FIRST_DAY + 1, FIRST_DAY + 3))
    blocks = entries(world.batch(subscription), "IntervalBlock")
    assert len(blocks) == 2
    reading = path_of(hrefs(blocks[0], "up")[0])
    before = f"{reading}/{int(path_of(hrefs(blocks[0], 'self')[0]).rpartition('/')[2]) - 1}"
    assert world.get(before, subscription).status_code == 404


def test_the_custodian_reads_a_subscription_as_its_holder_does_and_no_more(world: ReadingWorld) -> None:
    mine = world.custodian_token()
    subscription = world.share(ALL_BLOCKS, "electricity", days=(FIRST_DAY, FIRST_DAY + 2))
    assert world.get(f"Batch/{subscription}", mine).data == world.get(f"Batch/{subscription}", subscription).data
    assert world.get("Batch/Subscription/100000000000000", mine).status_code == 404


def test_the_custodian_reads_at_the_root_what_nobody_else_may(world: ReadingWorld, everything: str) -> None:
    mine = world.custodian_token()
    points = entries(valid(world.get("UsagePoint", mine)), "UsagePoint")
    assert len(points) == len(world.names) - 1
    series = entries(valid(world.get("MeterReading", mine)), "MeterReading")
    blocks = valid(world.get("IntervalBlock?max-results=3", mine))
    assert len(entries(blocks, "IntervalBlock")) == 3
    for found in (points[0], series[0], entries(blocks, "IntervalBlock")[0]):
        (href,) = hrefs(found, "self")
        assert canonical(valid(world.get(path_of(href), mine))) == canonical(found)
    number = path_of(hrefs(series[0], "self")[0]).rpartition("/")[2]
    block = path_of(hrefs(entries(blocks, "IntervalBlock")[0], "self")[0]).rpartition("/")[2]
    for path in (f"MeterReading/{number}", f"IntervalBlock/{block}"):
        assert world.get(path, mine).status_code == 200
        assert world.get(path, everything).status_code == 403
    for path in ("UsagePoint", "MeterReading", "IntervalBlock", "MeterReading/1"):
        assert world.get(path, everything).status_code == 403
    assert [world.get(path, mine).status_code for path in ("MeterReading/1", "IntervalBlock/1")] == [404, 404]


def test_a_rep_reads_the_points_that_it_serves_in_its_own_subscription(world: ReadingWorld, everything: str) -> None:
    token, subscription = world.rep_token("cost", "gas")
    feed = valid(world.get(f"Batch/{subscription}", token))
    assert len(entries(feed, "UsagePoint")) == 2
    assert world.get(f"Batch/{everything}", token).status_code == 403
    assert world.get(f"{subscription}/UsagePoint/1", token).status_code == 404
    assert world.get("ReadingType", token).status_code == 200


def test_a_client_token_of_an_application_reads_no_subscription(world: ReadingWorld, everything: str) -> None:
    with world.database.write() as conn:
        key = grants.add_client_authorization(conn, world.client, "client", "FB=34_35", NOW_S)
        token = world.issue(conn, key, world.client)
        own = grants.authorization(conn, key).subscription_path_id
    for path in (f"Batch/{everything}", f"Batch/Subscription/{own}", f"{everything}/UsagePoint", "ReadingType"):
        answer = world.get(path, token)
        assert answer.status_code == 403, path
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="espi", error="insufficient_scope"'


def test_types_are_shown_whole_and_by_page(world: ReadingWorld, everything: str) -> None:
    kinds = entries(valid(world.get("ReadingType", everything)), "ReadingType")
    with world.database.read() as conn:
        assert len(kinds) == len(channels.reading_types(conn))
    second = valid(world.get("ReadingType?start-index=2&max-results=1", everything))
    assert [canonical(each) for each in entries(second, "ReadingType")] == [canonical(kinds[1])]
    assert hrefs(second, "next") == [f"{world.settings.resource_url}/ReadingType?max-results=1&start-index=3"]


def test_the_standard_s_addresses_are_all_there() -> None:
    below = {
        "": ("UsagePoint",),
        "/UsagePoint/<usage_point_id>": ("MeterReading", "UsageSummary", "ElectricPowerUsageSummary",
                                         "ElectricPowerQualitySummary"),
        "/UsagePoint/<usage_point_id>/MeterReading/<meter_reading_id>": ("IntervalBlock",),
    }  # fmt: skip
    wanted = {f"/Subscription/<subscription_id>{above}/{name}" for above, names in below.items() for name in names} | {
        "/ReadingType",
        "/LocalTimeParameters",
        "/UsagePoint",
        "/MeterReading",
        "/IntervalBlock",
    }
    wanted |= {"/Batch/Subscription/<subscription_id>", "/Batch/RetailCustomer/<retail_customer_id>/UsagePoint"}
    patterns = {endpoint.pattern for endpoint in ENDPOINTS if "GET" in endpoint.methods}
    assert wanted <= patterns
    assert len({(method, each.pattern) for each in ENDPOINTS for method in each.methods}) == sum(
        len(each.methods) for each in ENDPOINTS
    )


def test_a_method_that_an_address_does_not_have(world: ReadingWorld, everything: str) -> None:
    answer = world.get(f"Batch/{everything}", everything, method="POST")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_both_databases_give_the_same_answers(
    world: ReadingWorld, postgresql_database: Database, tmp_path: Path
) -> None:
    other = ReadingWorld(tmp_path, str(postgresql_database.url))
    names = ("quality", "solar", "register", "odd", "cost")
    paths = [each.share(ALL_BLOCKS, *names, days=(FIRST_DAY, LAST_DAY)) for each in (world, other)]
    feeds = [each.get(f"Batch/{path}", path).data for each, path in zip((world, other), paths, strict=True)]
    assert feeds[0].replace(paths[0].encode(), paths[1].encode()).count(b"<entry>") == feeds[1].count(b"<entry>")
    entries_of = [[canonical(each) for each in etree.fromstring(feed).iter("{*}entry")] for feed in feeds]
    assert [each.replace(paths[0].encode(), paths[1].encode()) for each in entries_of[0]] == entries_of[1]
    single = path_of(hrefs(entries(etree.fromstring(feeds[1]), "IntervalBlock")[0], "self")[0])
    assert canonical(valid(other.get(single, paths[1]))) in entries_of[1]
    assert valid(other.get("UsagePoint", other.custodian_token())) is not None
    token, own = other.rep_token("gas")
    assert len(entries(valid(other.get(f"Batch/{own}?updated-min=1", token)), "UsagePoint")) == 1
    other.database.close()


def test_the_custodian_reads_what_a_customer_of_a_grant_is_called(world: ReadingWorld, everything: str) -> None:
    with world.database.write() as conn:
        (point,) = world.points(conn, "water")
        key = grants.add_authorization(
            conn,
            world.sunny,
            world.customer,
            [(point.id, FIRST_DAY, LAST_DAY)],
            scope=ALL_BLOCKS,
            starts_s=NOW_S - 1,
            ends_s=NOW_S + 9000,
            now_s=NOW_S,
            personal=True,
        )
        person = grants.authorization(conn, key).personal_path_id
    mine, path = world.custodian_token(), f"Batch/RetailCustomer/{person}/UsagePoint"
    feed = valid(world.get(path, mine))
    assert len(entries(feed, "IntervalBlock")) == LAST_DAY - FIRST_DAY
    assert hrefs(feed, "self") == [f"{world.settings.resource_url}/{path}"]
    (point_href,) = hrefs(entries(feed, "UsagePoint")[0], "self")
    assert valid(world.get(path_of(point_href), mine)).findtext("{*}id") == entries(feed, "UsagePoint")[0].findtext(
        "{*}id"
    )
    assert world.get(path, everything).status_code == 403
    assert world.get("Batch/RetailCustomer/1/UsagePoint", mine).status_code == 404


def test_who_may_read_which_resource_on_which_day(world: ReadingWorld) -> None:
    """Token by resource by day: exactly the days of the span, for exactly the token's own resources."""
    spans = {"early": (FIRST_DAY, FIRST_DAY + 1), "late": (LAST_DAY, LAST_DAY + 1), "all": (FIRST_DAY, LAST_DAY + 1)}
    shared = {name: world.share(ALL_BLOCKS, "electricity", days=span) for name, span in spans.items()}
    blocks = entries(world.batch(shared["all"]), "IntervalBlock")
    assert len(blocks) == LAST_DAY + 1 - FIRST_DAY
    for (reader, span), (holder, path), (place, block) in itertools.product(
        spans.items(), shared.items(), enumerate(blocks)
    ):
        below = path_of(hrefs(block, "self")[0]).removeprefix(shared["all"])
        seen = world.get(f"{path}{below}", shared[reader]).status_code
        within = span[0] <= FIRST_DAY + place < span[1]
        assert seen == (403 if reader != holder else 200 if within else 404)
