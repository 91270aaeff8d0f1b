"""Registration: who knows the ESIID, the meter number and the REP of a home, and gets mail, makes an account for it.

Whatever is wrong gets one refusal, after the same work. It does not matter who lived there before: the tenancy that
the market has told of counts, so a new tenant's registration opens nothing of the former tenant's, and the other way
round. Wrong answers are counted by network; somebody else's many wrong ones never shut out who comes from a network
of his own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, log
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.delivery import account_mails
from espi.errors import BadInput, Conflict, EspiError, NotFound
from espi.portal import devices, session
from espi.portal.choosing import ADDRESS, chosen_password
from espi.portal.language import LANGUAGES, chosen, say
from espi.portal.session import principal, redirected
from espi.store import accounts, audit, directory, invitations, one_time, people, quotas
from espi.store.turns import take_turn
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.invitations import Premise

pages = Blueprint("register", __name__)

LASTS_S = DAY_S
HOUR_S = 3600
MOST_WRONG_OF_NETWORK = 20
MOST_WRONG_OF_PAIR = 5
MANY_WRONG_OF_ESIID = 50
MOST_MAILS, MOST_LINKS = 5, 10
"""To one address, and about one home, in a day."""
RULE = "ESIID, meter number and REP"


@dataclass(frozen=True)
class Facts:
    """What somebody says of a home. rep: the name or certificate number of the REP, as he chose or typed it."""

    esiid: str
    meter: str
    rep: str

    @classmethod
    def typed(cls) -> Facts:
        """As they stand in the form, without the spaces and hyphens that people put between digits."""
        esiid, meter, rep = (request.form.get(name, "").strip() for name in ("esiid", "meter", "rep"))
        return cls(re.sub(r"[\s\-']", "", esiid), re.sub(r"\s", "", meter), rep)


class TooOften(EspiError):
    """Too many wrong answers came from one network."""

    status = 429
    code = "too_many_requests"
    public = "That was wrong too often from your network. Wait an hour and try again, with your bill at hand."


@pages.get("/register")
def start() -> Response:
    """The form, with where to find what it asks for."""
    return _form_page()


@pages.post("/register")
def register() -> Response:
    """Check the facts and mail a link. Whatever is wrong with them is refused in the same words."""
    email, facts = request.form.get("email", "").strip().casefold(), Facts.typed()
    if not ADDRESS.fullmatch(email) or len(email) > 254 or not all(vars(facts).values()):
        return _form_page(say("Fill in every field. The mail address looks like name@example.com."), 400)
    try:
        with site().database.write() as conn:
            premise = _free(conn, facts)
            if premise is not None:
                _mail_link(conn, premise, facts, email)
    except TooOften as err:
        return _form_page(say(err.public), err.status)
    return _sent_page(email) if premise else _form_page(_refusal(), 400)


@pages.get("/register/<token>")
def confirm(token: str) -> Response:
    """The page behind the link: choose a password. Looking at it does not use the link up."""
    with site().database.read() as conn:
        found = one_time.look(conn, one_time.REGISTRATION, token, site().now_s())
    return _confirm_page(token, found) if found else _over_page()


@pages.post("/register/<token>")
def make(token: str) -> Response:
    """Make the account, if everything still holds, and log its owner in."""
    here = site()
    with here.database.read() as conn:
        found = one_time.look(conn, one_time.REGISTRATION, token, here.now_s())
    if found is None:
        return _over_page()
    try:
        password = chosen_password(str(found.data["email"]), request.form.get("full_name", ""))
        with here.database.write() as conn:
            used = one_time.use_up(conn, one_time.REGISTRATION, token, here.now_s())
            started = _make(conn, used, password) if used else ""
    except BadInput as err:
        return _confirm_page(token, found, err.public)
    except Conflict:
        return _over_page()
    return session.with_new_session(redirected(url_for("customer.home")), started) if started else _over_page()


@pages.get("/account/meters")
def add_page() -> Response:
    """The same form, for who has an account."""
    return _form_page(adds=True)


@pages.post("/account/meters")
def add() -> Response:
    """Add a meter to the account, by the same three facts."""
    facts, asker = Facts.typed(), principal()
    here = site()
    with here.database.write() as conn:
        access.require(conn, asker, "meter:add", settings=here.settings, target="account")
        try:
            premise = _free(conn, facts, asker)
        except TooOften as err:
            return _form_page(say(err.public), err.status, adds=True)
        told = _take_in(conn, premise, asker) if premise else ""
    if not told:
        return _form_page(_refusal(), 400, adds=True)
    return redirected(url_for("account.overview", told=told))


def _free(conn: Conn, facts: Facts, asker: Principal | None = None) -> Premise | None:
    """The home that the facts name, if nobody else has an account for whoever lives there; counted if not.

    Every way to a refusal does the same work. `TooOften` once a network was wrong too often.
    """
    take_turn(conn)
    now_s = site().now_s()
    network, esiid = (_hash(each) for each in (devices.network(request.remote_addr), facts.esiid))
    hour_s, day_s = now_s - now_s % HOUR_S, now_s - now_s % DAY_S
    counted = (
        (f"registration/network/{network}", hour_s),
        (f"registration/esiid/{esiid}", day_s),
        (f"registration/pair/{network}/{esiid}", day_s),
    )
    of_network, of_esiid, of_pair = (quotas.used(conn, *each) for each in counted)
    tries = 1 if of_esiid >= MANY_WRONG_OF_ESIID else MOST_WRONG_OF_PAIR
    if of_network >= MOST_WRONG_OF_NETWORK or of_pair >= tries:
        log.warn(log.Event.CHECKS_BLOCKED, registration=True)
        raise TooOften
    premise = invitations.premise(conn, facts.esiid, facts.meter, facts.rep, now_s)
    owner = accounts.owner_of(conn, premise.customer_id if premise else 0)
    if premise is not None and (owner is None or (asker and owner == session.login_id())):
        return premise
    for each in counted:
        quotas.add_use(conn, *each)
    _note(conn, "registration:check", "nobody", "premise", allowed=False)
    return None


def _mail_link(conn: Conn, premise: Premise, facts: Facts, email: str) -> None:
    """Mail how to go on: the link, or that there is an account with this address. The page shows the same for both."""
    here = site()
    now_s = here.now_s()
    to, four = (email, chosen()), premise.esiid[-4:]
    day_s = now_s - now_s % DAY_S
    if quotas.add_use(conn, f"registration/sent/{_hash(facts.esiid)}", day_s) > MOST_LINKS:
        raise TooOften
    if quotas.add_use(conn, f"registration/mail/{_hash(email)}", day_s) > MOST_MAILS:
        return
    if accounts.account_named(conn, email):
        account_mails.post(conn, "known", to, here.settings, four=four)
        return
    data = {"email": email, **vars(facts), "customer": premise.customer_id, "language": chosen()}
    token = one_time.add(conn, one_time.REGISTRATION, now_s=now_s, lasts_s=LASTS_S, data=data)
    account_mails.post(conn, "confirm", to, here.settings, f"register/{token}", four=four)
    _note(conn, "registration:mailed", "nobody", f"usage point {premise.usage_point_id}")


def _make(conn: Conn, used: one_time.OneTime, password: str) -> str:
    """The token of a new account's first session. `Conflict` if the home or the name is another's meanwhile."""
    take_turn(conn)
    here, data = site(), used.data
    premise = invitations.premise(conn, data["esiid"], data["meter"], data["rep"], here.now_s())
    if premise is None or premise.customer_id != data["customer"] or accounts.owner_of(conn, premise.customer_id):
        raise Conflict(detail="who lives there changed, or has an account")
    email, language = str(data["email"]), request.form.get("language", chosen())
    login_id = people.add_login(
        conn,
        email,
        password,
        Role.customer,
        premise.customer_id,
        language=language if language in LANGUAGES else "en",
        full_name=" ".join(request.form.get("full_name", "").split())[:128],
        email=email,
    )
    made = accounts.account(conn, login_id)
    _note(conn, "account:made", f"{made.role}:{made.party_id}:{made.name}", f"login {login_id}")
    facts = {"four": premise.esiid[-4:], "name": made.name}
    account_mails.post(conn, "welcome", (email, made.language), here.settings, **facts)
    return session.begin(conn, made, session.PASSWORD)


def _take_in(conn: Conn, premise: Premise, asker: Principal) -> str:
    """Let the account speak for the customer of a home too: "added", or "there" if he is its own already."""
    here, login_id = site(), session.login_id()
    if premise.customer_id in accounts.parties_of(conn, login_id):
        return "there"
    accounts.add_party(conn, login_id, premise.customer_id, here.now_s())
    _note(conn, "account:meter-added", str(asker), f"usage point {premise.usage_point_id}")
    own = accounts.account(conn, login_id)
    to = own.email or own.name, own.language
    account_mails.post(conn, "added", to, here.settings, four=premise.esiid[-4:])
    return "added"


def _note(conn: Conn, action: str, actor: str, target: str, *, allowed: bool = True) -> None:
    audit.record(conn, at_s=site().now_s(), actor=actor, action=action, target=target, rule=RULE, allowed=allowed)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _refusal() -> str:
    return say(
        "We could not match this. Check all three against your last bill. If you have just moved in, or changed your "
        "provider, try again in two days. If somebody has an account for this meter already, log in with that one."
    )


def _form_page(refused: str = "", status: int = 200, *, adds: bool = False) -> Response:
    with site().database.read() as conn:
        sellers = directory.reps(conn), directory.utilities(conn)
    form = {name: request.form.get(name, "") for name in ("esiid", "meter", "rep", "email")}
    page = render_template(
        "register.html", refused=refused, form=form, reps=sellers[0], utilities=sellers[1], adds=adds
    )
    return Response(page, status)


def _sent_page(email: str) -> Response:
    return Response(render_template("told.html", title=say("Look into your mail"), lines=_sent_lines(email)))


def _sent_lines(email: str) -> list[str]:
    return [
        say("We have sent a mail to %(email)s. Open the link in it to go on.", email=email),
        say("The link works for 24 hours and only once. If nothing comes in ten minutes, look into your spam folder."),
    ]


def _confirm_page(token: str, found: one_time.OneTime, refused: str = "") -> Response:
    shown: dict[str, Any] = {"email": found.data["email"], "four": str(found.data["esiid"])[-4:]}
    form = {name: request.form.get(name, "") for name in ("full_name", "language")}
    page = render_template("register_confirm.html", token=token, form=form, refused=refused, **shown)
    return Response(page, 400 if refused else 200)


def _over_page() -> Response:
    lines = [say("This link was used already, or it is too old. Begin again; it takes two minutes.")]
    page = render_template(
        "told.html",
        title=say("This link does not work any more"),
        lines=lines,
        to=url_for("register.start"),
        to_name=say("Make an account"),
    )
    return Response(page, NotFound.status)
