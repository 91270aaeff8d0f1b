"""Who and what there is in the demonstration market: companies, people, points of delivery. Nobody in it is real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "residential", "time-of-use", "solar", "solar-net", "commercial", "demand", "temperature", "gas", "water"
]

ZONE = "America/Chicago"


@dataclass(frozen=True)
class Company:
    """A utility. ids: what its usage points' ids begin with, and how many digits they have."""

    name: str
    duns: str
    service_kind: int
    id_prefix: str
    id_digits: int

    def usage_point(self, number: int) -> str:
        """The id of one of its usage points."""
        return f"{self.id_prefix}{number:0{self.id_digits - len(self.id_prefix)}d}"


CAPROCK = Company("Caprock Wires", "900100001", 0, "1099801", 17)
BAYOU = Company("Bayou Delivery", "900100002", 0, "1099802", 22)
MESQUITE = Company("Mesquite Gas", "900100003", 1, "30", 10)
BLUE_SPRING = Company("Blue Spring Water", "900100004", 2, "50", 10)
COMPANIES = (CAPROCK, BAYOU, MESQUITE, BLUE_SPRING)


@dataclass(frozen=True)
class Retailer:
    """A REP. certificate: the regulator's number."""

    name: str
    duns: str
    certificate: str


RETAILERS = (
    Retailer("Lantern Retail Energy", "900200001", "90001"),
    Retailer("Cicada Power", "900200002", "90002"),
    Retailer("Riverbend Electric", "900200003", "90003"),
)

COMPANY_NAMES = (
    "Pecan Street Bakery",
    "Llano Cold Storage",
    "Magnolia Laundry",
    "Ten Bells School",
    "Cypress Machine Works",
    "Prairie Dog Books",
    "Gulfview Clinic",
)
PEOPLE_NAMES = (
    ("Maria", "Alvarez"),
    ("James", "Whitfield"),
    ("Linh", "Tran"),
    ("Grace", "Okafor"),
    ("Peter", "Novak"),
    ("Rosa", "Delgado"),
    ("Samuel", "Brooks"),
    ("Anita", "Rao"),
    ("Tom", "Gallagher"),
    ("Yusuf", "Demir"),
    ("Clara", "Jensen"),
    ("Diego", "Fuentes"),
    ("Emily", "Carter"),
    ("Kofi", "Mensah"),
    ("Hannah", "Weiss"),
    ("Luis", "Ortega"),
    ("Nora", "Lindqvist"),
    ("Marcus", "Bell"),
    ("Sofia", "Rossi"),
    ("Daniel", "Kim"),
    ("Ruth", "Hartley"),
    ("Omar", "Haddad"),
    ("Julia", "Petrov"),
    ("Walter", "Schmidt"),
    ("Isabel", "Cruz"),
    ("Andre", "Dubois"),
    ("Mei", "Chen"),
    ("Patrick", "Doyle"),
    ("Elena", "Vargas"),
    ("George", "Papas"),
    ("Fatima", "Zahra"),
    ("Henry", "Walsh"),
    ("Carmen", "Reyes"),
    ("Victor", "Hugo-Ruiz"),
    ("Alice", "Morgan"),
    ("Ben", "Sato"),
    ("Dolores", "Pena"),
    ("Ivan", "Kozlov"),
    ("Martha", "Green"),
    ("Noah", "Fischer"),
)
SPANISH = frozenset({"Rosa Delgado", "Diego Fuentes", "Luis Ortega", "Carmen Reyes"})


@dataclass(frozen=True)
class Person:
    """A retail customer, natural or not. login: his name on the portal. kind: `CustomerKind` of the standard."""

    name: str
    login: str
    kind: str = "residential"

    @property
    def language(self) -> str:
        """The language he reads."""
        return "es" if self.name in SPANISH else "en"


PEOPLE = tuple(Person(f"{first} {last}", first.lower()) for first, last in PEOPLE_NAMES)
FIRMS = tuple(
    Person(name, name.split()[0].lower() + "-" + name.split()[-1].lower(), "commercialIndustrial")
    for name in COMPANY_NAMES
)


NEWCOMER = Person("Nina Field", "")
"""Lives somewhere and has no account yet: whoever tries things out can make it."""


@dataclass(frozen=True)
class Stay:
    """A customer's time at a point: from month to month of the period, counted from 0, and how many days into them."""

    person: Person
    from_month: int = 0
    from_day: int = 0


@dataclass(frozen=True)
class Point:
    """A point of delivery.

    stays: who lived there, each until the next one moved in; `vacant_days` lie between. retailers: indexes of
    `RETAILERS` with the month they begin in. exchanged_month: when the meter was exchanged. estimated: whether its
    readings come in as estimates for some days each month. registered: whether its dial is read at midnight.
    meters: serial numbers, in the order in which they hung there.
    """

    company: Company
    number: int
    kind: Kind
    title: str
    stays: tuple[Stay, ...]
    retailers: tuple[tuple[int, int], ...] = ()
    exchanged_month: int | None = None
    estimated: bool = False
    quality_measured: bool = False
    registered: bool = False
    vacant_days: int = 0
    meters: tuple[str, ...] = ()

    @property
    def esiid(self) -> str:
        """Its id as everybody knows it."""
        return self.company.usage_point(self.number)
