"""The directory of the demonstration market: companies, points, channels, meters, customers, who served whom when."""

from __future__ import annotations

from dataclasses import dataclass

from espi.config import Settings
from espi.day import LOAD
from espi.demo import desk, logins, oversight, sharing, tokens, wishes
from espi.demo.measured import MEASURES
from espi.demo.period import Period
from espi.demo.points import points
from espi.demo.roster import COMPANIES, FIRMS, NEWCOMER, PEOPLE, RETAILERS, ZONE, Company, Point
from espi.store import channels, directory, parties
from espi.store.database import Conn, Database

READ_CYCLE = "21"
TOWN = "Prickly Pear"
RESIDENTIAL_TARIFF, COMMERCIAL_TARIFF = "Plain Energy 12", "Open Hours 24"


@dataclass(frozen=True)
class Ids:
    """The keys that the store gave: of utilities by DUNS, of points by ESIID, of customers and REPs by name."""

    utilities: dict[str, int]
    points: dict[str, int]
    customers: dict[str, int]
    reps: dict[str, int]


def take(database: Database, period: Period, settings: Settings) -> dict[str, int]:
    """Put the directory, the logins and the grants into the store in one transaction, unless they are there.

    Gives the keys of the usage points by ESIID.
    """
    with database.write() as conn:
        if directory.utility_by_duns(conn, COMPANIES[0].duns) is None:
            ids = _found_market(conn, period, settings.clock.now_s())
            applications = sharing.add(conn, settings)
            logins.add(conn, ids.customers, ids.reps, ids.utilities, applications)
            sharing.grant_all(conn, period, ids.customers, ids.points, settings)
            tokens.revoke_old(conn, settings)
            desk.add(conn, settings)
            oversight.add(conn, ids.points, settings.clock.now_s())
            wishes.add(conn, settings, ids.reps, ids.utilities)
        return _known_points(conn)


def _found_market(conn: Conn, period: Period, now_s: int) -> Ids:
    utilities = {one.duns: _add_utility(conn, one) for one in COMPANIES}
    reps = {one.name: parties.add_rep(conn, one.name, one.duns, one.certificate) for one in RETAILERS}
    customers = {
        one.name: parties.add_customer(conn, one.name, one.kind, language=one.language, content=_person(one.name))
        for one in (*PEOPLE, *FIRMS, NEWCOMER)
    }
    found = {}
    for point in points():
        utility_id = utilities[point.company.duns]
        found[point.esiid] = _add_point(conn, point, utility_id, now_s)
        for stay, from_day, until_day in period.tenancies(point):
            parties.add_tenancy(conn, found[point.esiid], customers[stay.person.name], from_day, until_day)
        for index, month in point.retailers:
            parties.switch_rep(conn, found[point.esiid], reps[RETAILERS[index].name], period.month(month))
        _hang_meters(conn, point, found[point.esiid], period, utility_id)
    return Ids(utilities, found, customers, reps)


def _known_points(conn: Conn) -> dict[str, int]:
    found: dict[str, int] = {}
    for utility in directory.utilities(conn):
        esiids = [point.esiid for point in points() if point.company.duns == utility.duns]
        found |= directory.usage_point_ids(conn, utility.id, esiids)
    return found


def _add_utility(conn: Conn, company: Company) -> int:
    digits, kind = str(company.id_digits), company.service_kind
    return directory.add_utility(conn, company.name, company.duns, ZONE, service_kind=kind, esiid_lengths=digits)


def _add_point(conn: Conn, point: Point, utility_id: int, now_s: int) -> int:
    kind, content = point.company.service_kind, _content(point)
    found = directory.add_usage_point(
        conn, utility_id, point.esiid, now_s=now_s, title=point.title, service_kind=kind, content=content
    )
    for measure in MEASURES[point.kind]:
        add = channels.add_interval_channel if measure.adds_up else channels.add_channel
        add(conn, found, measure.number, measure.reading_type, now_s=now_s, title=measure.title)
        if point.registered and measure.number == LOAD:
            dial = channels.register_type(measure.reading_type) | {"powerOfTenMultiplier": 3}
            number, title = channels.REGISTER + LOAD, "Dial of the meter"
            channels.add_channel(conn, found, number, dial, now_s=now_s, series="register", of_number=LOAD, title=title)
    return found


def _content(point: Point) -> dict[str, object]:
    """Further ESPI elements: flags (bit 4 marks generation of one's own), tariff, read cycle."""
    commercial = point.stays[0].person.kind != "residential"
    flags = "0008" if point.kind.startswith("solar") else "0000"
    tariff = COMMERCIAL_TARIFF if commercial else RESIDENTIAL_TARIFF
    content: dict[str, object] = {
        "roleFlags": flags,
        "status": 1,
        "serviceDeliveryPoint": {"tariffProfile": tariff},  # without its name: usage tells no address
    }
    if point.company.service_kind == 0:
        content |= {"connectionState": "connected", "phaseCode": 224 if commercial else 769}
    return content | {"readCycle": READ_CYCLE}


def _person(name: str) -> dict[str, object]:
    """What the utility knows of a customer beside his name, by element: where his post goes, where he is served."""
    own = [point for point in points() if any(stay.person.name == name for stay in point.stays)]
    addresses = {
        point.esiid: {
            "streetDetail": {"addressGeneral": point.title},
            "townDetail": {"name": TOWN, "stateOrProvince": "TX"},
        }
        for point in own
    }
    organisation: dict[str, object] = {"organisationName": name}
    if own:
        organisation["streetAddress"] = addresses[own[0].esiid]
    return {
        "Customer": {"Organisation": organisation},
        "ServiceLocation": {esiid: {"mainAddress": address} for esiid, address in addresses.items()},
    }


def _hang_meters(conn: Conn, point: Point, point_id: int, period: Period, utility_id: int) -> None:
    attributes = {"manufacturerName": "Sandstone Meters", "KWHMeterMultiplier": 1, "meterStatus": "active"}
    firm = point.stays[0].person.kind != "residential"
    attributes |= {"meterClass": "CL320", "meterPhases": 3} if firm else {"meterClass": "CL200", "meterPhases": 1}
    for serial, from_day in period.meters(point):
        meter = parties.add_meter(conn, utility_id, serial, attributes)
        parties.install_meter(conn, point_id, meter, from_day)
