"""My account: who one is, how one logs in, where one is logged in, and how to close it.

What could shut the owner out or let somebody else in takes the password again, and is told by mail.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyotp
import segno
from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup

from espi import access, sharing
from espi.access import needs_second_factor
from espi.clock import DAY_S
from espi.delivery import account_mails
from espi.errors import BadInput, Conflict, Denied
from espi.portal import devices, recovery_codes, session
from espi.portal.choosing import ADDRESS, chosen_password, prove
from espi.portal.language import LANGUAGES, say
from espi.portal.moments import moment
from espi.portal.session import login_id, principal, redirected
from espi.store import accounts, audit, directory, grants, one_time, passkeys, people
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

pages = Blueprint("account", __name__, url_prefix="/account")

SETTING_UP_S = 15 * 60
MOST_HOMES = 5
ISSUER = "Green Button"
RULE = "the account's own"


@pages.get("")
def overview() -> Response:
    """Everything about the account."""
    return _page()


@pages.post("/person")
def person() -> Response:
    """Change name and language."""
    language = request.form.get("language", "")
    full_name = " ".join(request.form.get("full_name", "").split())[:128]
    with site().database.write() as conn:
        accounts.set_person(conn, login_id(), full_name, language if language in LANGUAGES else "en")
        note(conn, "account:person")
    return redirected(url_for("account.overview", told="saved", language=language if language in LANGUAGES else None))


@pages.post("/address")
def address() -> Response:
    """Mail a link to a new address; nothing changes before it is opened."""
    here, email = site(), request.form.get("email", "").strip().casefold()
    if not ADDRESS.fullmatch(email) or len(email) > 254:
        return _page(say("The mail address looks like name@example.com."))
    try:
        prove()
    except BadInput as err:
        return _page(err.public)
    with here.database.write() as conn:
        own = accounts.account(conn, login_id())
        data = {"email": email}
        one_time.drop(conn, own.id, one_time.ADDRESS)
        token = one_time.add(conn, one_time.ADDRESS, now_s=here.now_s(), lasts_s=DAY_S, login_id=own.id, data=data)
        account_mails.post(conn, "address", (email, own.language), here.settings, f"account/address/{token}")
        note(conn, "account:address-asked")
    return redirected(url_for("account.overview", told="mailed"))


@pages.get("/address/<token>")
def address_page(token: str) -> Response:
    """The page behind the link; looking at it does not use the link up."""
    with site().database.read() as conn:
        found = one_time.look(conn, one_time.ADDRESS, token, site().now_s())
    return _address_page(token, str(found.data["email"]) if found else "")


@pages.post("/address/<token>")
def address_confirm(token: str) -> Response:
    """Take the new address; the old one is told."""
    here = site()
    try:
        with here.database.write() as conn:
            found = one_time.use_up(conn, one_time.ADDRESS, token, here.now_s())
            if found is None:
                return _address_page(token, "")
            before = accounts.account(conn, found.login_id)
            accounts.set_address(conn, before.id, str(found.data["email"]))
            account_mails.post(conn, "address_changed", (before.email, before.language), here.settings)
            _note_of(conn, before, "account:address", "a link sent by mail")
    except Conflict:
        return _address_page(token, "")
    lines = [say("From now on mails about your account go to %(email)s.", email=found.data["email"])]
    return Response(render_template("told.html", title=say("Your mail address is changed"), lines=lines))


@pages.post("/password")
def password() -> Response:
    """Change the password; all other sessions end, and the tokens of own programs where that is wished for."""
    here, own = site(), _own()
    try:
        prove()
        new = chosen_password(own.name, own.full_name, own.email)
    except BadInput as err:
        return _page(err.public)
    with here.database.write() as conn:
        people.set_password(conn, own.id, new)
        one_time.drop(conn, own.id, one_time.RECOVERY)
        if "end_tokens" in request.form:
            sharing.end_own(conn, principal(), here.settings)
        token = session.begin(conn, own, str(g.session_data.get(session.PROOF, session.PASSWORD)))
        account_mails.post(conn, "password", _to(own), here.settings, name=own.name)
        note(conn, "account:password")
    return session.with_new_session(redirected(url_for("account.overview", told="password")), token)


@pages.post("/code")
def code_start() -> Response:
    """Show the key of a phone's app, as a QR code and in letters; nothing changes before its first code is typed."""
    try:
        prove()
    except BadInput as err:
        return _page(err.public)
    return _code_page(pyotp.random_base32())


@pages.post("/code/made")
def code_made() -> Response:
    """Take the app, once it has shown a right code."""
    try:
        secret = str(_signer().loads(request.form.get("key", ""), max_age=SETTING_UP_S))
    except BadData:
        return _page(say("That took too long. Begin again."))
    step = session.step_of(secret, request.form.get("code", ""))
    if step is None:
        return _code_page(secret, say("That code is not right, or it is too old. Type the one the app shows now."))
    with site().database.write() as conn:
        accounts.set_code_secret(conn, login_id(), secret, step)
        codes = recovery_codes.make(conn, login_id())
        tell_factor(conn, "account:code-on")
    return _codes_page(codes)


@pages.post("/code/off")
def code_off() -> Response:
    """Do without the phone's app, where that is not the last second factor of somebody who needs one."""
    try:
        prove()
        with site().database.write() as conn:
            own = accounts.account(conn, login_id())
            check_factor_left(own.role, left=len(passkeys.passkeys_of(conn, own.id)))
            accounts.set_code_secret(conn, own.id, "", 0)
            tell_factor(conn, "account:code-off")
    except BadInput as err:
        return _page(err.public)
    return redirected(url_for("account.overview", told="factor"))


@pages.post("/codes")
def new_codes() -> Response:
    """Make new recovery codes, which end those before."""
    try:
        prove()
    except BadInput as err:
        return _page(err.public)
    with site().database.write() as conn:
        codes = recovery_codes.make(conn, login_id())
        tell_factor(conn, "account:recovery-codes")
    return _codes_page(codes)


@pages.post("/sessions/end")
def end_session() -> Response:
    """End one session, wherever it is."""
    with site().database.write() as conn:
        accounts.end_session(conn, login_id(), request.form.get("session", ""))
        note(conn, "account:session-ended")
    return redirected(url_for("account.overview", told="ended"))


@pages.post("/sessions/end-others")
def end_sessions() -> Response:
    """End all sessions but this one."""
    with site().database.write() as conn:
        accounts.end_sessions(conn, login_id(), but=request.cookies.get(session.COOKIE, ""))
        note(conn, "account:sessions-ended")
    return redirected(url_for("account.overview", told="ended"))


@pages.post("/home")
def switch() -> Response:
    """Look at the homes of another customer number of the same person."""
    here, wanted = site(), request.form.get("customer", 0, int)
    with here.database.write() as conn:
        if wanted not in accounts.parties_of(conn, login_id()):
            raise Denied(detail="not a customer of this login", status=404)
        data = {**g.session_data, session.PARTY: wanted}
        people.touch_session(conn, request.cookies[session.COOKIE], here.now_s(), data)
    return redirected(url_for("customer.home"))


@pages.get("/close")
def close_page() -> Response:
    """What happens when the account is closed."""
    return _close_page()


@pages.post("/close")
def close() -> Response:
    """Close the account: sharing ends, sessions end, and what was known of its owner for logging in is deleted."""
    here, own, asker = site(), _own(), principal()
    try:
        prove()
    except BadInput as err:
        return _close_page(err.public)
    with here.database.write() as conn:
        access.require(conn, asker, "account:close", settings=here.settings, target=f"login {own.id}")
        for customer_id in accounts.parties_of(conn, own.id):
            for grant in grants.running_of_customer(conn, customer_id):
                sharing.end(conn, grant, "customer", settings=here.settings, actor=asker)
        sharing.holders.end_of_account(
            conn, accounts.parties_of(conn, own.id), settings=here.settings, actor=str(asker)
        )
        account_mails.post(conn, "closed", _to(own), here.settings)
        note(conn, "account:closed")
        accounts.drop_account(conn, own.id)
    return session.forgotten(redirected(url_for("session.log_in_page", told="closed")))


def note(conn: Conn, action: str) -> None:
    """Put on record what somebody changed of his own account."""
    audit.record(
        conn,
        at_s=site().now_s(),
        actor=str(principal()),
        action=action,
        target=f"login {login_id()}",
        rule=RULE,
        allowed=True,
    )


def tell_factor(conn: Conn, action: str) -> None:
    """Put on record, and tell by mail, that something was changed in how one logs in."""
    own = accounts.account(conn, login_id())
    account_mails.post(conn, "factor", _to(own), site().settings, name=own.name)
    note(conn, action)


def check_factor_left(role: str, *, left: int) -> None:
    """`BadInput` where the last second factor of somebody who needs one would go. left: how many stay."""
    if needs_second_factor(role) and not left:
        raise BadInput(say("Your role takes a second factor. Set up another one first."))


def _note_of(conn: Conn, own: accounts.Account, action: str, rule: str) -> None:
    actor = f"{own.role}:{own.party_id}:{own.name}"
    target = f"login {own.id}"
    audit.record(conn, at_s=site().now_s(), actor=actor, action=action, target=target, rule=rule, allowed=True)


def _own() -> accounts.Account:
    with site().database.read() as conn:
        return accounts.account(conn, login_id())


def _to(own: accounts.Account) -> tuple[str, str]:
    return own.email or own.name, own.language


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"code of login {login_id()}")


def page_with(refused: str) -> Response:
    """The page of the account, saying why something was not done."""
    return _page(refused)


def _page(refused: str = "") -> Response:
    here = site()
    now_s, settings = here.now_s(), here.settings
    with here.database.read() as conn:
        own = accounts.account(conn, login_id())
        keys = passkeys.passkeys_of(conn, own.id)
        idle_s, limit_s = settings.session_idle_minutes * 60, settings.session_hours * 3600
        running = accounts.sessions(conn, own.id, now_s - idle_s, now_s - limit_s)
        shown: dict[str, Any] = {
            "own": own,
            "codes_left": accounts.recovery_codes_left(conn, own.id),
            "keys": [_key(one) for one in keys],
            "sessions": [_session(one) for one in running if session.OWED not in one.data],
            "homes": _homes(conn, own),
        }
    asker = principal()
    page = render_template(
        "account.html",
        refused=refused,
        told=_told(),
        must=session.lacks_second_factor(),
        adds=access.may(asker, "meter:add"),
        may_have_tokens=access.may(asker, "token:make"),
        closes=access.may(asker, "account:close"),
        present_home=asker.id,
        **shown,
    )
    return Response(page, 400 if refused else 200)


def _homes(conn: Conn, own: accounts.Account) -> list[dict[str, Any]]:
    """The customers that the account speaks for, each by the homes that he has or had; nothing where it is one."""
    parties = accounts.parties_of(conn, own.id)
    if len(parties) < 2:
        return []
    found = []
    for party in parties:
        asker = replace(principal(), id=party)
        reach = access.reach(conn, asker, "usage:read", settings=site().settings, target="own homes")
        found.append(
            {"id": party, "titles": [point.title for point in directory.usage_points(conn, reach)[:MOST_HOMES]]}
        )
    return found


def _key(one: passkeys.Passkey) -> dict[str, Any]:
    used = moment(one.used_s) if one.used_s else say("never")
    return {"id": one.id, "name": one.name, "made": moment(one.made_s), "used": used, "synced": one.synced}


def _session(one: accounts.OpenSession) -> dict[str, Any]:
    browser, machine = str(one.data.get("browser", "")), str(one.data.get("machine", ""))
    where = say("%(browser)s on %(machine)s", browser=browser, machine=machine) if browser and machine else ""
    return {
        "key": one.key,
        "where": where or browser or machine or say("An unknown browser"),
        "network": devices.in_words(str(one.data.get("network", ""))),
        "since": moment(one.started_s),
        "used": moment(one.used_s),
        "this": one.key == people.session_key(request.cookies.get(session.COOKIE, "")),
    }


def _told() -> str:
    told = {
        "added": say("The meter was added. Choose below whose meters you look at."),
        "there": say("You see this meter already. It is on your first page."),
        "saved": say("Saved."),
        "mailed": say("We have sent a mail to the new address. Open the link in it to change the address."),
        "password": say("Your password is changed. You were logged out everywhere else."),
        "factor": say("Saved. How you log in has changed."),
        "ended": say("The session has ended."),
    }
    return told.get(request.args.get("told", ""), "")


def _code_page(secret: str, refused: str = "") -> Response:
    link = pyotp.TOTP(secret).provisioning_uri(name=_own().name, issuer_name=ISSUER)
    drawn = io.BytesIO()
    segno.make(link, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff"
    )
    # CSP lets no style attribute be; segno writes none. The drawing is ours, so it may stand in the page as it is.
    picture = Markup(drawn.getvalue().decode())  # noqa: S704 - made here of letters and digits
    page = render_template(
        "account_code.html",
        picture=picture,
        secret=" ".join(re.findall(".{1,4}", secret)),
        link=link,
        key=_signer().dumps(secret),
        refused=refused,
    )
    return Response(page, 400 if refused else 200)


def _codes_page(codes: list[str]) -> Response:
    return Response(render_template("account_codes.html", codes=codes))


def _close_page(refused: str = "") -> Response:
    return Response(render_template("account_close.html", refused=refused), 400 if refused else 200)


def _address_page(token: str, email: str) -> Response:
    if email:
        return Response(render_template("account_address.html", token=token, email=email))
    lines = [say("This link was used already, or it is too old, or the address is another account's.")]
    page = render_template("told.html", title=say("This link does not work any more"), lines=lines)
    return Response(page, 404)
