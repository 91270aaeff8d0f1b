"""Alerts: what a customer wants to be told of his meters, what he was told, and the link that turns one off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, usage
from espi.clock import zone
from espi.delivery.alert_texts import amount_text
from espi.delivery.alerts import opened
from espi.errors import BadInput
from espi.formats import units
from espi.portal import words
from espi.portal.customer import service_name, title_of
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import alerts, audit, directory, people
from espi.store.alerts import DAY, KINDS, MONTH, SILENT, UNUSUAL, Alert, AlertRule
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

pages = Blueprint("alerts", __name__, url_prefix="/alerts")

ACTION = "alert:set"
MOST_TOLD = 40
MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Meter:
    """A meter's form. limits: what stands in the fields, by kind; on: which kinds are wanted."""

    path_id: int
    title: str
    service: str
    last_four: str
    unit: str
    on: frozenset[str]
    limits: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """Something that the customer was told. period, date: the view that shows it."""

    path_id: int
    title: str
    name: str
    text: str
    period: str
    date: str
    mailed: bool


@pages.get("")
def overview() -> Response:
    """What one is told of, and what one was told."""
    me = principal()
    with site().database.read() as conn:
        reach = access.reach(conn, me, ACTION, settings=site().settings, target="alerts")
        points = directory.usage_points(conn, reach)
        own = alerts.rules(conn, reach, me.id)
        meters = [
            _meter(conn, reach, point, [rule for rule in own if rule.usage_point_id == point.id]) for point in points
        ]
        by_id = {point.id: point for point in points}
        told = [_told(by_id[each.usage_point_id], each) for each in alerts.alerts(conn, reach, me.id, MOST_TOLD)]
        address = people.mail_address(conn, me.role, me.id)
    page = render_template(
        "alerts.html", meters=meters, told=told, address=address[0] if address else "", saved="saved" in request.args
    )
    return Response(page)


@pages.post("/<int(max=999999999999999):path_id>")
def save(path_id: int) -> Response:
    """Take down what one wants to be told of a meter."""
    me = principal()
    with site().database.write() as conn:
        reach = access.reach(conn, me, ACTION, settings=site().settings, target=f"usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        meter = usage.meter_of(conn, reach, point)
        channel = meter.used or meter.surplus
        wanted = [kind for kind in KINDS if request.form.get(kind)]
        if wanted and channel is None:
            raise BadInput("This meter has sent nothing yet, so there is nothing to watch.")
        for kind in KINDS:
            alerts.drop_rule(conn, point.id, me.id, kind)
        for kind in wanted:
            most = _limit(kind, meter) if kind in (DAY, MONTH) else 0
            number = channel.number if channel else 0
            alerts.put_rule(
                conn,
                AlertRule(point.id, me.id, kind, number, meter.unit, meter.power_of_ten, most, site().now_s()),
            )
        audit.record(
            conn,
            at_s=site().now_s(),
            actor=str(me),
            action=ACTION,
            target=f"usage point {path_id}",
            rule=reach.rule,
            allowed=True,
            detail={"kinds": wanted},
        )
    return redirected(url_for("alerts.overview", saved=1))


@pages.get("/off/<token>")
def off(token: str) -> Response:
    """Ask once more before an alert is turned off: programs that look into mails follow links too."""
    _point, _customer, kind = opened(site().database, token)
    return Response(render_template("alert_off.html", name=_name(kind), done=False))


@pages.post("/off/<token>")
def off_now(token: str) -> Response:
    """Turn an alert off: by the page's button, or a mail program's own (RFC 8058). The address is the proof."""
    point, customer, kind = opened(site().database, token)
    with site().database.write() as conn:
        if alerts.drop_rule(conn, point, customer, kind):
            audit.record(
                conn,
                at_s=site().now_s(),
                actor=f"customer:{customer}",
                action=ACTION,
                target=f"alert {kind}",
                rule="the signed link of a mail",
                allowed=True,
                detail={"off": kind},
            )
    return Response(render_template("alert_off.html", name=_name(kind), done=True))


def _limit(kind: str, meter: usage.Meter) -> int:
    """The amount in a field, in the channel's unit."""
    try:
        given = Decimal(request.form.get(f"{kind}-most", "").strip().replace(",", ""))
    except InvalidOperation:
        given = Decimal(0)
    if not given.is_finite() or not 0 < given <= MOST_UNITS:
        raise BadInput("Give the amount as a number above 0, such as 40.")
    return units.amount(int((given * 1000).to_integral_value()), meter.unit, meter.power_of_ten)


def _meter(conn: Conn, reach: Reach, point: UsagePoint, own: list[AlertRule]) -> Meter:
    meter = usage.meter_of(conn, reach, point)
    limits = {
        rule.kind: words.amount(units.thousandths(rule.most, rule.uom, rule.power_of_ten), 1).removesuffix(".0")
        for rule in own
        if rule.most
    }
    kinds = frozenset(rule.kind for rule in own)
    unit = units.NAMES.get(meter.unit, ("", 0))[0]
    return Meter(
        point.path_id, title_of(point), service_name(point.service_kind), point.esiid[-4:], unit, kinds, limits
    )


def _name(kind: str) -> str:
    return {
        DAY: say("A day above your limit"),
        MONTH: say("A month above your limit"),
        UNUSUAL: say("A day of unusual use"),
        SILENT: say("A silent meter"),
    }[kind]


def _told(point: UsagePoint, each: Alert) -> Told:
    much, against = (amount_text(value, each.uom, each.power_of_ten) for value in (each.amount, each.against))
    when = zone(point.utility.zone).day_of(each.found_s)
    texts = {
        DAY: say("%(much)s on %(day)s; your limit is %(against)s", much=much, day=words.day(each.day), against=against),
        MONTH: say(
            "%(much)s in %(month)s by %(day)s; your limit is %(against)s",
            much=much,
            month=words.month(each.day, inside=True),
            day=words.day(when),
            against=against,
        ),
        UNUSUAL: say(
            "%(much)s on %(day)s; on the same weekday it is %(against)s as a rule",
            much=much,
            day=words.day(each.day),
            against=against,
        ),
        SILENT: say("Nothing has come since %(day)s", day=words.day(each.day)),
    }
    period = "month" if each.kind == MONTH else "day"
    return Told(
        point.path_id, title_of(point), _name(each.kind), texts[each.kind], period, words.iso(each.day), each.mailed
    )
