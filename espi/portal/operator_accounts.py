"""Accounts with unlock and disable, roles by four eyes, and how a new member of staff begins."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, helpdesk
from espi.errors import BadInput, Conflict, NotFound
from espi.helpdesk import roles
from espi.portal import desk_words
from espi.portal.language import LANGUAGES, say
from espi.portal.session import principal, redirected
from espi.store import audit, directory, people, staff
from espi.store.database import Conn
from espi.store.third_parties import third_parties
from espi.web.site import site

pages = Blueprint("operator_accounts", __name__)


@pages.get("/operator/accounts")
def overview() -> Response:
    """Logins by name. Customers' are found by looking them up with a reason; here are those of companies and staff."""
    asked = request.args.get("text", "").strip()
    with site().database.read() as conn:
        _require(conn, "account:manage", "logins")
        found = [each for each in staff.logins(conn, text=asked, limit=200) if access.needs_second_factor(each.role)]
        parties = _parties(conn)
    page = render_template(
        "operator_accounts.html",
        logins=found,
        kinds=desk_words.kinds(),
        parties=parties,
        text=asked,
        own=principal().name,
        told=say("Done.") if request.args.get("told") else "",
    )
    return Response(page)


@pages.post("/operator/accounts")
def act() -> Response:
    """Unlock, disable or enable a login; never one's own."""
    form, here, who = request.form, site(), principal()
    what, key = form.get("what", ""), form.get("login", 0, int)
    with here.database.write() as conn:
        _require(conn, "account:manage", f"login {key}")
        login = staff.login_of(conn, key)
        if not access.needs_second_factor(login.role):
            raise NotFound(detail=f"login {key} is a customer's, which takes a case")
        if login.name == who.name:
            raise Conflict("Nobody changes his own login here. Ask another operator.")
        changes = {"unlock": staff.unlock_login, "disable": people.disable_login, "enable": staff.enable_login}
        if what not in changes:
            raise BadInput("Choose what to do.")
        changes[what](conn, key)
        audit.record(
            conn,
            at_s=here.now_s(),
            actor=str(who),
            action=f"account:{what}",
            target=f"login {login.name}",
            rule="espi.portal.operator_accounts",
            allowed=True,
        )
    return redirected(url_for("operator_accounts.overview", told=what))


@pages.get("/operator/roles")
def proposals() -> Response:
    """Who should get which role: what waits for a second operator, and what was decided."""
    with site().database.read() as conn:
        _require(conn, "role:grant", "proposals")
        return Response(_proposals(conn, {}))


@pages.post("/operator/roles")
def propose() -> Response:
    """Propose a role for somebody else."""
    given = {name: request.form.get(name, "").strip() for name in ("name", "email", "language", "for", "reason")}
    role, _, party = given["for"].partition(":")
    with site().database.write() as conn:
        _require(conn, "role:grant", f"login {given['name']}")
        if given["for"] not in _parties(conn):
            raise BadInput("Choose what the login is for.")
        try:
            helpdesk.propose(
                conn,
                given["name"],
                email=given["email"],
                language=given["language"] if given["language"] in LANGUAGES else "en",
                role=role,
                party_id=int(party),
                reason=given["reason"],
                settings=site().settings,
                actor=principal(),
            )
        except BadInput as wrong:
            return Response(_proposals(conn, given, wrong.public), 400)
    return redirected(url_for("operator_accounts.proposals", told="proposed"))


@pages.post("/operator/roles/<int(max=999999999):proposal_id>")
def decide(proposal_id: int) -> Response:
    """Approve or refuse what another operator proposed."""
    approved, answer = request.form.get("what") == "approve", request.form.get("answer", "")
    with site().database.write() as conn:
        helpdesk.decide(
            conn, proposal_id, approved=approved, answer=answer, settings=site().settings, actor=principal()
        )
    return redirected(url_for("operator_accounts.proposals", told="decided"))


@pages.get("/staff/<token>")
def welcome(token: str) -> Response:
    """The page behind the link in a welcome mail: choose a password, set up the app that makes codes."""
    return _welcome(token)


@pages.post("/staff/<token>")
def begin(token: str) -> Response:
    """Make the login."""
    form = request.form
    if form.get("password") != form.get("again"):
        return _welcome(token, say("The two passwords are not the same."))
    try:
        with site().database.write() as conn:
            roles.begin(conn, token, form.get("password", ""), form.get("code", ""), settings=site().settings)
    except BadInput as wrong:
        return _welcome(token, say(wrong.public))
    return redirected(url_for("session.log_in_page"))


def _welcome(token: str, refused: str = "") -> Response:
    with site().database.read() as conn:
        found = roles.welcome(conn, token, site().now_s())
    if found is None:
        raise NotFound("This link is over or was used. Ask for a new one.")
    secret = str(found.data["secret"])
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    page = render_template("operator_welcome.html", name=found.data["name"], secret=groups, refused=refused)
    return Response(page, 400 if refused else 200)


def _proposals(conn: Conn, given: dict[str, str], refused: str = "") -> str:
    parties, mine = _parties(conn), principal().name
    rows = [
        {
            "id": each.id,
            "login": each.login_name,
            "for": parties.get(f"{each.role}:{each.party_id}", each.role),
            "reason": each.reason,
            "by": each.proposed_by,
            "at": desk_words.moment(each.proposed_s),
            "waits": each.state == staff.PENDING,
            "own": mine in {each.proposed_by, each.login_name},
            "state": _states()[each.state],
            "decided": each.decided_by,
            "answer": each.answer,
        }
        for each in staff.proposals(conn)
    ]
    told = say("Done.") if request.args.get("told") else ""
    return render_template(
        "operator_roles.html", rows=rows, parties=parties, given=given, names=LANGUAGES, refused=refused, told=told
    )


def _states() -> dict[str, str]:
    return {
        staff.PENDING: say("Waits for another operator"),
        staff.APPROVED: say("Approved"),
        staff.REFUSED: say("Refused"),
    }


def _parties(conn: Conn) -> dict[str, str]:
    """Whom a login can speak for: role and number, and what it is called."""
    kinds = desk_words.kinds()
    found = {"operator:0": kinds["operator"], "regulator:0": kinds["regulator"]}
    found |= {f"tdsp:{each.id}": f"{kinds['tdsp']}: {each.name}" for each in directory.utilities(conn)}
    found |= {f"rep:{each.id}": f"{kinds['rep']}: {each.name}" for each in directory.reps(conn)}
    return found | {f"third_party:{each.id}": f"{kinds['third_party']}: {each.name}" for each in third_parties(conn)}


def _require(conn: Conn, action: str, target: str) -> None:
    access.require(conn, principal(), action, settings=site().settings, target=target)
