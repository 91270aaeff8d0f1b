"""The third party's web site: connecting, charts, the timeline, and the endpoint that notifications come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, redirect, render_template, request, url_for

from examples.third_party import feed
from examples.third_party.chart import bars
from examples.third_party.custodian import Custodian, Refused
from examples.third_party.memory import Connection, Memory
from examples.third_party.news import News

NOTIFICATION_LIMIT_BYTES = 1024 * 1024
SHOWN_DAYS = 60
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Choice:
    """Something a customer may share: a scope, and what we want it for."""

    scope: str
    words: str


_TERMS = "IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
CHOICES = (
    Choice(f"FB=1_3_4_5_13_31_35_37_39_44;{_TERMS}", "Power I used, every quarter of an hour"),
    Choice(f"FB=1_3_4_5_8_13_15_31_35_37_39_44;{_TERMS}", "Power I used and sent back, and my bills"),
    Choice(f"FB=1_3_4_5_10_11_13_31_35_37_39_44;{_TERMS}", "Power, gas and water"),
)


def make(custodian: Custodian, memory: Memory, own: str) -> Flask:
    """The web site. own: what its addresses start with, as the customer's browser and the custodian reach them."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = NOTIFICATION_LIMIT_BYTES
    site = Site(custodian, memory, own)
    app.add_url_rule("/", view_func=site.home)
    app.add_url_rule("/scopes", view_func=site.scopes)
    app.add_url_rule("/connect", view_func=site.connect, methods=["POST"])
    app.add_url_rule("/callback", view_func=site.callback)
    app.add_url_rule("/fetch", view_func=site.fetch, methods=["POST"])
    app.add_url_rule("/notify", view_func=site.notify, methods=["POST"])
    app.register_error_handler(Refused, _refused)
    app.after_request(_close)
    return app


class Site:
    """The pages, and what they work with."""

    def __init__(self, custodian: Custodian, memory: Memory, own: str) -> None:
        self.custodian, self.memory, self.own = custodian, memory, own
        self.news = News(custodian, memory)

    def home(self) -> str:
        """Who is connected, their readings, and what happened."""
        with self.memory.lock:
            shown = [_shown(each) for each in self.memory.connections.values()]
            told, start = self.memory.timeline, self.memory.client.get("dataCustodianScopeSelectionScreenURI")
            return render_template("home.html", connections=shown, timeline=told, choices=CHOICES, start=start)

    def scopes(self) -> str:
        """Scope selection: the custodian may send a customer here with the scopes that it offers us."""
        words = {choice.scope: choice.words for choice in CHOICES}
        offered = request.args.getlist("scope")
        choices = [Choice(scope, words.get(scope, scope)) for scope in offered] or CHOICES
        return render_template("scopes.html", choices=choices)

    def connect(self) -> Any:
        """Send the customer to the custodian, to say what we may read."""
        return redirect(self.custodian.ask(request.form["scope"], self.own + url_for("callback")), 303)

    def callback(self) -> Any:
        """The customer is back, with a code or with the reason why there is none."""
        if "code" not in request.args:
            why = request.args.get("error", "unclear")
            self.memory.note("bad", f"The customer was asked; the answer is {why}.")
            return redirect(url_for("home"), 303)
        connection = self.custodian.answered(request.args.get("state", ""), request.args["code"])
        self.memory.note("good", f"Connected. Granted: {connection.scope}")
        self._read(connection)
        return redirect(url_for("home"), 303)

    def fetch(self) -> Any:
        """Read everything of a connection again."""
        connection = self.memory.connections.get(request.form["resource"])
        if connection is not None:
            self._read(connection)
        return redirect(url_for("home"), 303)

    def notify(self) -> tuple[str, int]:
        """Where the custodian posts a BatchList. It holds addresses, never data, so anybody may knock here."""
        try:
            self.news.take(request.get_data())
        except feed.NotUnderstood as err:
            return str(err), 400
        return "", 200

    def _read(self, connection: Connection) -> None:
        try:
            self.news.read(connection, connection.resource)
        except Refused as err:
            self.memory.note("bad", str(err))
        self.memory.keep()


def _refused(error: Refused) -> tuple[str, int]:
    return render_template("refused.html", words=str(error)), 502


def _close(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(connection: Connection) -> dict[str, Any]:
    return {
        "resource": connection.resource,
        "scope": connection.scope,
        "state": connection.state,
        "series": [_drawn(one) for one in connection.series.values() if one.blocks],
    }


def _drawn(one: feed.Series) -> dict[str, Any]:
    blocks = sorted(one.blocks.values(), key=lambda block: block.start_s)
    days = [(block.day, one.shown(block.total)) for block in blocks[-SHOWN_DAYS:]]
    last = blocks[-1]
    hours = [(f"{(start - last.start_s) / 3600:.2f} h", one.shown(value)) for start, _duration, value in last.readings]
    title = "" if one.title == "MeterReading" else one.title
    name = ", ".join(filter(None, (one.place, title, one.flow)))
    return {
        "name": name,
        "unit": one.unit,
        "count": sum(len(block.readings) for block in blocks),
        "total": f"{one.shown(sum(block.total for block in blocks)):,.2f}",
        "days": bars(days, one.unit, f"{name}, by day"),
        "last_day": last.day,
        "hours": bars(hours, one.unit, f"{name}, {last.day}"),
    }
