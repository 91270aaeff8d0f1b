"""Third parties' standing: the operator approves, suspends with notice, answers appeals; the third party is heard."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, helpdesk
from espi.errors import BadInput
from espi.helpdesk import standing as life
from espi.portal import desk_words
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import standing as stored
from espi.store import third_parties
from espi.store.database import Conn
from espi.store.third_parties import ON_HOLD, PRODUCTION, REVIEW, WITHDRAWN, ThirdParty
from espi.web.site import site

pages = Blueprint("operator_parties", __name__)

PARTY = "/operator/third-parties/<int(max=999999999999999):path_id>"


@pages.get("/operator/third-parties")
def overview() -> Response:
    """All third parties, those that wait for something first."""
    with site().database.read() as conn:
        _require(conn, "third parties")
        found = [_row(conn, each) for each in third_parties.third_parties(conn)]
    found.sort(key=lambda row: (not row["waits"], str(row["name"])))
    return Response(render_template("operator_parties.html", parties=found))


@pages.get(PARTY)
def one(path_id: int) -> Response:
    """One of them: its checklist, its steps, and what can be done."""
    with site().database.read() as conn:
        _require(conn, f"third party {path_id}")
        party = third_parties.third_party_by_path_id(conn, path_id)
        page = render_template(
            "operator_party.html",
            party=party,
            row=_row(conn, party),
            items=[(each, _items()[each.key], _waits_for(each.waits_for)) for each in helpdesk.checklist(conn, party)],
            ready=all(each.done for each in helpdesk.checklist(conn, party)),
            steps=_steps(conn, party),
            may_suspend=party.status == PRODUCTION,
            may_lift=life.last_step(conn, party) is not None,
            appeal=life.waits(conn, party.id),
            in_review=party.status == REVIEW,
            days=site().settings.suspension_days,
            refused="",
        )
    return Response(page)


@pages.post(PARTY)
def act(path_id: int) -> Response:
    """Tick a line, approve, suspend, answer an appeal."""
    form, here, who = request.form, site(), principal()
    what, reason = form.get("what", ""), form.get("reason", "")
    with here.database.write() as conn:
        _require(conn, f"third party {path_id}")
        party = third_parties.third_party_by_path_id(conn, path_id)
        if what in {"tick", "untick"}:
            helpdesk.check(conn, party, form.get("item", ""), done=what == "tick", settings=here.settings, actor=who)
        elif what == "approve":
            helpdesk.approve(conn, party, settings=here.settings, actor=who)
        elif what in {"notice", "suspend"}:
            at_once = what == "suspend"
            helpdesk.notice_suspension(conn, party, reason, settings=here.settings, actor=who, at_once=at_once)
        elif what in {"lift", "uphold"}:
            helpdesk.judge(conn, party, reason, grant=what == "lift", settings=here.settings, actor=who)
        else:
            raise BadInput("Choose what to do.")
    return redirected(url_for("operator_parties.one", path_id=path_id))


@pages.get("/standing")
def own() -> Response:
    """A third party's own standing, for whoever is logged in for it."""
    with site().database.read() as conn:
        party = _own(conn)
        page = render_template(
            "operator_standing.html",
            row=_row(conn, party),
            items=[(each, _items()[each.key], _waits_for(each.waits_for)) for each in helpdesk.checklist(conn, party)],
            in_review=party.status == REVIEW,
            last=life.last_step(conn, party),
            steps=_steps(conn, party),
            may_appeal=life.may_appeal(conn, party),
            told=say("Sent. Another operator than the one who suspended reads it.") if request.args.get("told") else "",
        )
    return Response(page)


@pages.post("/standing")
def appeal() -> Response:
    """Appeal against a suspension."""
    with site().database.write() as conn:
        party = _own(conn)
        helpdesk.appeal(conn, party, request.form.get("text", ""), settings=site().settings, actor=principal())
    return redirected(url_for("operator_parties.own", told="sent"))


def _own(conn: Conn) -> ThirdParty:
    access.require(conn, principal(), "standing:appeal", settings=site().settings, target="own standing")
    return third_parties.third_party(conn, principal().id)


def _row(conn: Conn, party: ThirdParty) -> dict[str, object]:
    last = life.last_step(conn, party)
    waits = party.status == REVIEW or life.waits(conn, party.id)
    noticed = last is not None and last.what == stored.NOTICED and party.status == PRODUCTION
    state = _states().get(party.status, "")
    if noticed and last is not None and last.effective_s:
        state = say("In service; will be suspended on %(when)s", when=desk_words.moment(last.effective_s))
    return {
        "name": party.name,
        "path_id": party.path_id,
        "state": state,
        "on": party.status == PRODUCTION,
        "waits": waits,
        "appeal": life.waits(conn, party.id),
        "since": desk_words.moment(party.updated_s) if party.updated_s else "",
        "reason": last.reason if last else "",
    }


def _steps(conn: Conn, party: ThirdParty) -> list[tuple[str, str, str, str]]:
    """What happened: when, what, by whom, why; the last first."""
    said = {
        stored.CHECKED: say("Checked"),
        stored.UNCHECKED: say("Check taken back"),
        stored.APPROVED: say("Approved"),
        stored.NOTICED: say("Notice of suspension"),
        stored.SUSPENDED: say("Suspended"),
        stored.APPEALED: say("Appealed"),
        stored.UPHELD: say("Appeal not granted"),
        stored.REINSTATED: say("In service again"),
    }
    return [
        (
            desk_words.moment(each.at_s),
            f"{said[each.what]}: {_items().get(each.item, each.item)}" if each.item else said[each.what],
            each.actor,
            each.reason,
        )
        for each in reversed(stored.steps(conn, party.id))
    ]


def _states() -> dict[int, str]:
    return {
        REVIEW: say("In review"),
        PRODUCTION: say("In service"),
        ON_HOLD: say("Suspended"),
        WITHDRAWN: say("Withdrawn"),
    }


def _items() -> dict[str, str]:
    return {
        "site": say("Names its web site"),
        "contacts": say("Names whom to write to"),
        "purpose": say("Says what it does with the data"),
        "addresses": say("Its return addresses begin with https://"),
        "notify": say("Says where news about data is sent"),
        "identity": say("We know which company it is"),
        "terms": say("It agreed to the rules"),
        "contact": say("Its contact answered us"),
        "security": say("It tried the sandbox and keeps its secrets well"),
    }


def _waits_for(who: str) -> str:
    return {life.THEM: say("Waits for the third party"), life.US: say("Waits for us")}.get(who, "")


def _require(conn: Conn, target: str) -> None:
    access.require(conn, principal(), "standing:decide", settings=site().settings, target=target)
