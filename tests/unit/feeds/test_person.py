"""Retail customers as entries: every level with its links, valid by the schema, of the days within reach alone."""

from __future__ import annotations

import itertools

from lxml import etree

from espi.atom import schema, write
from espi.atom.links import Hrefs
from espi.clock import FOREVER, zone
from espi.feeds import person
from espi.resources.declare import CUSTOMER
from espi.store import directory, parties, persons
from espi.store.database import Conn
from espi.store.reach import Reach
from tests import factories
from tests.factories import TODAY, ZONE

R = "https://dc.example/espi/1_1/resource"
ATOM = "{http://www.w3.org/2005/Atom}"
CUST = "{http://naesb.org/espi/customer}"
ADDRESS = {
    "streetDetail": {"addressGeneral": "12 Agave Lane"},
    "townDetail": {"name": "Springfield", "stateOrProvince": "TX"},
    "postalCode": "75001",
}
EXPECTED = [
    "Customer",
    "CustomerAccount",
    "CustomerAgreement",
    "ServiceSupplier",
    "ServiceLocation",
    "Meter",
    "EndDevice",
]


def _home(conn: Conn) -> tuple[int, Reach]:
    utility = factories.utility(conn)
    point = factories.usage_point(conn, utility)
    content = {"Customer": {"Organisation": {"streetAddress": ADDRESS, "organisationName": "A. Lovelace"}}}
    ada = directory.add_customer(conn, "Ada Lovelace", "commercial", content=content)
    directory.add_tenancy(conn, point, factories.customer(conn, "Earlier Tenant"), TODAY - 90, TODAY - 30)
    directory.add_tenancy(conn, point, ada, TODAY - 30)
    directory.switch_rep(conn, point, factories.rep(conn), TODAY - 60)
    meter = parties.add_meter(conn, utility, "M-1001")
    directory.install_meter(conn, point, meter, TODAY - 50)
    return point, factories.reach_of((point, TODAY - 20, FOREVER))


def _feed(conn: Conn, reach: Reach) -> etree._Element:
    hrefs = Hrefs(R, "RetailCustomer/100000000000777")
    parts = [write.feed_head("f0a7c1de-0000-5000-8000-000000000000", "x", 0, (), namespace=CUSTOMER)]
    for one in persons.persons(conn, reach):
        entries = person.person_entries(one, lambda number: f"{R}/Subscription/1/UsagePoint/{number}")
        parts += [entry.written(hrefs) for entry in entries]
    document = b"".join((*parts, write.FEED_TAIL))
    assert schema.validate(document) == []
    return etree.fromstring(document)


def _links(entry: etree._Element, rel: str) -> list[str]:
    return [link.get("href", "") for link in entry.iter(f"{ATOM}link") if link.get("rel") == rel]


def test_every_level_is_there_valid_and_linked_to_the_next(conn: Conn) -> None:
    _, reach = _home(conn)
    entries = _feed(conn, reach).findall(f"{ATOM}entry")
    names = [entry.find(f"{ATOM}content")[0].tag.removeprefix(CUST) for entry in entries]  # type: ignore[index]
    assert names == EXPECTED
    assert len({_links(entry, "self")[0] for entry in entries}) == len(entries)
    by_name = dict(zip(names, entries, strict=True))
    for above, below in itertools.pairwise(EXPECTED[:3]):
        assert _links(by_name[below], "up")[0] in _links(by_name[above], "related")
        assert _links(by_name[above], "self")[0] in _links(by_name[below], "related")
    location = by_name["ServiceLocation"]
    assert _links(location, "up")[0] in _links(by_name["CustomerAgreement"], "related")
    assert _links(by_name["Meter"], "up")[0] in _links(location, "related")
    for entry in entries:
        assert _links(entry, "self")[0].startswith(f"{R}/RetailCustomer/100000000000777/Customer")
        types = {link.get("type") for link in entry.iter(f"{ATOM}link")}
        assert types <= {f"cust-{kind}/{name}" for kind in ("entry", "feed") for name in EXPECTED} | {
            "espi-entry/UsagePoint"
        }


def test_usage_points_are_named_by_the_address_that_usage_feeds_give_them(conn: Conn) -> None:
    point, reach = _home(conn)
    number = directory.usage_points(conn, reach)[0].path_id
    feed = _feed(conn, reach)
    assert [found.text for found in feed.iter(f"{CUST}UsagePoint")] == [f"{R}/Subscription/1/UsagePoint/{number}"]
    assert point


def test_nothing_is_told_of_days_out_of_reach(conn: Conn) -> None:
    _, reach = _home(conn)
    feed = _feed(conn, reach)
    assert "Earlier" not in etree.tostring(feed, encoding="unicode")
    first_s = zone(ZONE).day_start_s(TODAY - 20)
    dates = feed.iter(*(f"{CUST}{name}" for name in ("start", "installationDate", "effectiveDate")))
    assert {int(each.text or 0) for each in dates} == {first_s}


def test_ids_are_the_same_for_whoever_asks_and_for_whatever_days(conn: Conn) -> None:
    point, reach = _home(conn)
    other = _feed(conn, factories.reach_of((point, TODAY - 10, TODAY)))
    one = _feed(conn, reach)
    assert [each.text for each in one.iter(f"{ATOM}id")] == [each.text for each in other.iter(f"{ATOM}id")]


def test_the_kind_and_what_is_kept_of_a_customer_are_told(conn: Conn) -> None:
    _, reach = _home(conn)
    text = etree.tostring(_feed(conn, reach), encoding="unicode")
    for part in ("commercialIndustrial", "Springfield", "M-1001", "Bluebonnet Power", "Ada Lovelace"):
        assert part in text


def test_the_numbers_of_account_and_agreement_are_in_no_address(conn: Conn) -> None:
    _, reach = _home(conn)
    feed = _feed(conn, reach)
    numbers = [each.text or "" for each in feed.iter(f"{CUST}accountId", f"{CUST}agreementId")]
    addresses = " ".join(link.get("href", "") for link in feed.iter(f"{ATOM}link"))
    assert [len(number) for number in numbers] == [12, 12]
    assert [number for number in numbers if number in addresses] == []


def test_a_customer_is_found_by_his_number_within_reach_only(conn: Conn) -> None:
    point, reach = _home(conn)
    number = next(persons.persons(conn, reach)).customer.path_id
    assert persons.customer_of_path(conn, reach, number) is not None
    assert persons.customer_of_path(conn, factories.reach_of((point, TODAY - 80, TODAY - 70)), number) is None
