"""The desk of the demonstration market: questions of every kind of caller, notices, a look-up, a proposed role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi import helpdesk
from espi.access import Principal, Role
from espi.clock import DAY_S, Clock
from espi.demo.roster import PEOPLE
from espi.store import desk, staff
from espi.store.notices import FEATURE, INTAKE, OUTAGE, Written

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

HOUR_S = 3600
OPERATIONS = Principal(Role.operator, 0, "password and code", "operations")
HELPDESK = Principal(Role.operator, 0, "password and code", "helpdesk")


@dataclass(frozen=True)
class Call:
    """A question. who: the login that asks, "" for somebody without one. hours: how long ago. answer: the desk's."""

    number: str
    kind: str
    who: str
    category: str
    hours: int
    subject: str
    text: str
    answer: str = ""
    solved: bool = False
    language: str = "en"


CALLS = (
    Call(
        "T-2222222",
        "customer",
        PEOPLE[1].login,
        "missing",
        30,
        "Two days of last week are empty",
        "My chart has no bars for two days of last week. I was at home and the lights were on.",
    ),
    Call(
        "T-3333333",
        "customer",
        PEOPLE[2].login,
        "sharing",
        50,
        "¿Cómo dejo de compartir?",
        "Quiero que una aplicación ya no vea mis datos. ¿Dónde lo hago?",
        "Abra “Quién ve mis datos”, elija la aplicación y oprima “Dejar de compartir”. Tiene efecto al instante.",
        solved=True,
        language="es",
    ),
    Call(
        "T-4444444",
        "rep",
        "lantern",
        "api",
        5,
        "History of new customers",
        "How far back may we ask for the history of a home that switched to us last week?",
    ),
    Call(
        "T-5555555",
        "third_party",
        "quiet",
        "account",
        20,
        "When will we be approved?",
        "We registered Quiet Hours. What is still missing?",
        "Two lines of the checklist wait for you: see the page Standing. We have checked your company already.",
    ),
    Call(
        "T-6666666",
        "tdsp",
        "caprock",
        "download",
        2,
        "A file was refused as a whole",
        "Our file of last night came back with F1. It has fewer records than the limit.",
    ),
    Call(
        "T-7777777",
        "regulator",
        "commission",
        "other",
        9,
        "Completeness of the last quarter",
        "Where do we find the completeness of the last quarter as a file?",
    ),
    Call(
        "T-8888888",
        "person",
        "",
        "meter",
        60,
        "Somebody else has my meter",
        "I moved in last month, and the site says that I cannot register.",
    ),
)


def add(conn: Conn, settings: Settings) -> None:
    """Put all of it there, the same every time."""
    for call in CALLS:
        _ask(conn, call, settings)
    _look_up(conn, settings)
    _publish(conn, settings)
    helpdesk.propose(
        conn,
        "night.desk@example.com",
        email="night.desk@example.com",
        language="en",
        role="operator",
        party_id=0,
        reason="She takes over the help desk at night from next month.",
        settings=_ago(settings, 3),
        actor=OPERATIONS,
    )


def _ask(conn: Conn, call: Call, settings: Settings) -> None:
    login = next((each for each in staff.logins(conn, text=call.who) if each.name == call.who), None)
    asked = helpdesk.Asked(
        kind=call.kind,
        subject=call.subject,
        text=call.text,
        category=call.category,
        login_id=login.id if login else 0,
        name=call.who or "J. Doe",
        email="" if login else "j.doe@example.com",
        language=call.language,
    )
    ticket = helpdesk.open_ticket(conn, asked, settings=_ago(settings, call.hours), number=call.number)
    if call.answer:
        then = _ago(settings, call.hours - 1)
        helpdesk.answer(conn, ticket, HELPDESK, call.answer, settings=then, solved=call.solved)
    elif call.kind == "tdsp":
        helpdesk.note(conn, ticket, HELPDESK, "Asked operations for the response file.", settings=_ago(settings, 1))


def _look_up(conn: Conn, settings: Settings) -> None:
    ticket = desk.ticket(conn, CALLS[0].number)
    helpdesk.look_up(
        conn,
        HELPDESK,
        "ticket",
        ticket.number,
        ticket=ticket.number,
        reason="Asked why two days of last week are empty",
        settings=_ago(settings, 4),
    )


def _publish(conn: Conn, settings: Settings) -> None:
    now_s = settings.clock.now_s()
    hour = now_s - now_s % HOUR_S
    outage = Written(
        kind=OUTAGE,
        component=INTAKE,
        title_en="Data of one night comes later",
        title_es="Los datos de una noche llegan más tarde",
        text_en="We move the loading of the utilities' files to new machines. Data of that night "
        "appears some hours later than you are used to. Nothing is lost, and the rest of the site works.",
        text_es="Pasamos la carga de los archivos de las empresas a equipos nuevos. Los datos de esa noche "
        "aparecen unas horas más tarde de lo normal. No se pierde nada y el resto del sitio funciona.",
        starts_s=hour + 4 * DAY_S,
        ends_s=hour + 4 * DAY_S + 6 * HOUR_S,
    )
    feature = Written(
        kind=FEATURE,
        title_en="A whole year at a glance",
        title_es="Un año entero de un vistazo",
        text_en="The page of a meter now has a picture of the year, hour by hour: you see at once when you use much.",
        text_es="La página de un medidor tiene ahora una imagen del año, hora por hora: "
        "se ve enseguida cuándo usa más.",
        starts_s=hour - 20 * DAY_S,
        ends_s=hour - 6 * DAY_S,
    )
    for written, days, uuid in (
        (feature, 20, "5a0c4f0e-6c1b-4b57-9a58-0d1f5a4e7001"),
        (outage, 1, "5a0c4f0e-6c1b-4b57-9a58-0d1f5a4e7002"),
    ):
        helpdesk.publish(conn, written, settings=_ago(settings, days * 24), actor=OPERATIONS, uuid=uuid)


def _ago(settings: Settings, hours: int) -> Settings:
    """The settings as if it were some hours ago."""
    return replace(settings, clock=Clock(fixed_s=settings.clock.now_s() - hours * HOUR_S))
