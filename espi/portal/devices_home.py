"""Devices at home: which are on a meter's network, how far each is on its way in or out, adding and removing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.access import Principal
from espi.clock import Zone, zone
from espi.errors import BadInput, Conflict
from espi.han import devices
from espi.han.devices import Listed
from espi.portal import words
from espi.portal.customer import title_of
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import devices as store
from espi.store import directory
from espi.store.devices import Device
from espi.web.site import site

pages = Blueprint("devices_home", __name__, url_prefix="/usage/<int(max=999999999999999):path_id>/devices")

MINUTE_S = 60
FORGOTTEN = ("code",)
"""What of a refused form is not shown again."""


@dataclass(frozen=True)
class Shown:
    """A device as the page shows it. look: the class of its mark. note: what that means and what to do next."""

    number: int
    name: str
    kind: str
    eui64: str
    state: str
    look: str
    note: str
    since: str
    heard: str
    may_go: bool


@pages.get("")
def overview(path_id: int) -> Response:
    """The devices of a meter, and the form for another."""
    return _page(path_id, {})


@pages.post("")
def add(path_id: int) -> Response:
    """Let a device join. What was entered is checked first; the code is never shown again."""
    form = request.form
    try:
        with site().database.write() as conn:
            me = principal()
            reach = access.reach(conn, me, devices.PROVISION, settings=site().settings, target=f"usage point {path_id}")
            point = directory.usage_point(conn, reach, path_id=path_id)
            devices.provision(
                conn,
                me,
                point.esiid,
                eui64=form.get("eui64", ""),
                code=form.get("code", ""),
                kind=form.get("kind", ""),
                name=form.get("name", ""),
                settings=site().settings,
            )
    except (BadInput, Conflict) as err:
        kept = {name: value for name, value in form.items() if name not in FORGOTTEN}
        return _page(path_id, kept, err.public, err.status)
    return redirected(url_for("devices_home.overview", path_id=path_id))


@pages.post("/<int(max=999999999999999):number>/remove")
def remove(path_id: int, number: int) -> Response:
    """Let a device leave."""
    with site().database.write() as conn:
        devices.remove(conn, principal(), number, settings=site().settings)
    return redirected(url_for("devices_home.overview", path_id=path_id))


def _page(path_id: int, form: Mapping[str, str], refused: str = "", status: int = 200) -> Response:
    me, now_s = principal(), site().now_s()
    with site().database.read() as conn:
        reach = access.reach(conn, me, devices.SEE, settings=site().settings, target=f"usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        found = devices.listed(conn, me, point.esiid, settings=site().settings)
    where, limits = zone(point.utility.zone), devices.limits_of(point.utility.dialect)
    page = render_template(
        "devices_home.html",
        point=point,
        title=title_of(point),
        network=bool(devices.head_end_name(point.utility.dialect)),
        devices=[_shown(each, me, where, limits.join_window_s, now_s) for each in reversed(found)],
        kinds=kinds(),
        most=limits.devices_a_meter,
        window=limits.join_window_s // MINUTE_S,
        may_add=access.may(me, devices.PROVISION),
        form=form,
        refused=say(refused) if refused else "",
    )
    return Response(page, status=status)


def kinds() -> dict[str, str]:
    """The kinds of devices in words."""
    return {
        "display": say("Display"),
        "thermostat": say("Thermostat"),
        "water heater": say("Water heater"),
        "pool pump": say("Pool pump"),
        "appliance": say("Household appliance"),
        "switch": say("Switch"),
        "car charger": say("Car charger"),
    }


def _shown(one: Listed, me: Principal, where: Zone, window_s: int, now_s: int) -> Shown:
    each = one.device
    mine = not access.sends_to_enrolled(me) or access.provider(me) in {sender.provider for sender in one.senders}
    state, look, note = _told(each, window_s, now_s)
    known = kinds()[each.kind]
    return Shown(
        number=each.number,
        name=known if each.name == each.kind else each.name,
        kind=known,
        eui64=each.eui64,
        state=state,
        look=look,
        note=note,
        since=_moment(where, each.state_s),
        heard=_moment(where, each.contact_s) if each.contact_s is not None else "",
        may_go=mine and each.state in store.LIVING,
    )


def _told(each: Device, window_s: int, now_s: int) -> tuple[str, str, str]:
    if each.state == store.JOIN_OPEN:
        left = max(0, each.state_s + window_s - now_s + MINUTE_S - 1) // MINUTE_S
        note = say("Switch the device on near the meter and let it search. %(minutes)s minutes are left.", minutes=left)
        return say("The meter is waiting for it"), "wait", note
    if each.state == store.FAILED:
        return say("It did not join"), "bad", _failures().get(each.failure, say("Add it once more."))
    return {
        store.REQUESTED: (say("Asked"), "wait", say("We are telling the meter about your device.")),
        store.KEY_SENT: (say("The meter knows it"), "wait", say("The meter will open its network soon.")),
        store.JOINED: (say("Joined"), "wait", say("It and the meter are agreeing on their keys.")),
        store.KEY_ESTABLISHED: (say("Joined"), "wait", say("Nearly there.")),
        store.ACTIVE_STATE: (say("Connected"), "on", ""),
        store.LOST: (say("Not heard of"), "bad", say("For a day nothing came from it. Is it switched on and near?")),
        store.LEAVING: (say("Leaving"), "wait", say("We are telling the meter to forget it.")),
        store.LEFT: (say("Removed"), "off", ""),
        store.NOT_LEFT: (say("Could not be removed"), "bad", say("The meter did not answer. Write to the help desk.")),
    }[each.state]


def _failures() -> dict[str, str]:
    again = say("Add it once more.")
    return {
        "bad-install-code": say("The meter did not take its install code. Check it and add the device once more."),
        "meter-unreachable": f"{say('The meter could not be reached.')} {again}",
        "join-timeout": f"{say('It did not come in time.')} {again}",
        "key-establishment-failed": f"{say('It and the meter could not agree on keys.')} {again}",
        "device-limit": say("The meter holds no more devices. Remove one first."),
    }


def _moment(where: Zone, at_s: int) -> str:
    return f"{words.day(where.day_of(at_s), 'medium')}, {words.time_of_day(where, at_s)}"
