"""The sixty points of delivery of the demonstration market."""

from __future__ import annotations

from collections.abc import Iterator

from espi.demo.roster import (
    BAYOU,
    BLUE_SPRING,
    CAPROCK,
    FIRMS,
    MESQUITE,
    NEWCOMER,
    PEOPLE,
    RETAILERS,
    Company,
    Kind,
    Person,
    Point,
    Stay,
)

STREETS = ("Agave Lane", "Bluestem Street", "Cottonwood Drive", "Dogwood Court", "Elm Road", "Frio Street")

ELECTRIC_KINDS: dict[int, Kind] = {
    3: "solar",
    6: "time-of-use",
    9: "solar-net",
    15: "solar",
    21: "temperature",
    24: "solar-net",
    36: "solar",
    42: "time-of-use",
    45: "solar",
}
"""By the place in the list of homes; all others are plain homes."""

MOVED_INTO = {5: 38, 17: 39}
"""Homes whose first tenant left: the person who moved in. At 17 the home stood empty for a while."""

NEWCOMER_AT, NEWCOMER_MONTH = 44, 12
"""Where and from which month on somebody lives who has no account."""

VACANT_DAYS = {17: 23}
EXCHANGED_MONTH = {7: 4, 39: 8}
ESTIMATED = frozenset({4, 12, 40})
REGISTERED = frozenset(range(8))
HOMES = 38
CAPROCK_HOMES = 26
FIRM_KINDS: tuple[Kind, ...] = (
    "demand", "demand", "commercial", "commercial", "demand", "commercial", "commercial",
)  # fmt: skip
QUALITY_MEASURED = frozenset({0, 4})


def points() -> tuple[Point, ...]:
    """All of them: homes and firms with electricity, then some of the homes' gas and water."""
    return (*_homes(), *_firms(), *_pipes())


def _homes() -> Iterator[Point]:
    for index in range(45):
        person = PEOPLE[index % HOMES]
        company = CAPROCK if index < CAPROCK_HOMES else BAYOU
        stays = [Stay(person)]
        if index in MOVED_INTO:
            stays.append(Stay(PEOPLE[MOVED_INTO[index]], from_month=6, from_day=13))
        if index == NEWCOMER_AT:
            stays.append(Stay(NEWCOMER, from_month=NEWCOMER_MONTH))
        yield _place(index, company, index + 1, ELECTRIC_KINDS.get(index, "residential"), tuple(stays))


def _firms() -> Iterator[Point]:
    for index, (firm, kind) in enumerate(zip(FIRMS, FIRM_KINDS, strict=True)):
        company = CAPROCK if index < 4 else BAYOU
        yield _place(index, company, 501 + index, kind, (Stay(firm),), firm=True)


def _pipes() -> Iterator[Point]:
    for index, person in enumerate(PEOPLE[:4]):
        yield _pipe(MESQUITE, index, "gas", person)
        yield _pipe(BLUE_SPRING, index, "water", person)


def _pipe(company: Company, index: int, kind: Kind, person: Person) -> Point:
    return Point(
        company, 7001 + index, kind, _address(index), (Stay(person),), meters=(f"{kind[0].upper()}{81001 + index}",)
    )


def _place(
    index: int, company: Company, number: int, kind: Kind, stays: tuple[Stay, ...], *, firm: bool = False
) -> Point:
    exchanged = None if firm else EXCHANGED_MONTH.get(index)
    serial = f"{'C' if company is CAPROCK else 'B'}{11000 + number}"
    return Point(
        company,
        number,
        kind,
        stays[0].person.name if firm else _address(index),
        stays,
        retailers=_retailers(index),
        exchanged_month=exchanged,
        estimated=not firm and index in ESTIMATED,
        registered=not firm and index in REGISTERED,
        quality_measured=firm and index in QUALITY_MEASURED,
        vacant_days=0 if firm else VACANT_DAYS.get(index, 0),
        meters=(serial,) if exchanged is None else (serial, f"{serial}X"),
    )


def _retailers(index: int) -> tuple[tuple[int, int], ...]:
    """Every fifth switches once, every tenth twice."""
    first = index % len(RETAILERS)
    found = [(first, 0)]
    if index % 5 == 2:
        found.append(((first + 1) % len(RETAILERS), 5))
    if index % 10 == 2:
        found.append(((first + 2) % len(RETAILERS), 9))
    return tuple(found)


def _address(index: int) -> str:
    return f"{100 + 7 * index} {STREETS[index % len(STREETS)]}"
