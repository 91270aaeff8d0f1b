"""A forgotten password: a link by mail, good once and for half an hour. Asking tells nobody who has an account."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.access import Principal, Role
from espi.delivery import account_mails, recovering
from espi.errors import BadInput
from espi.portal import devices
from espi.portal.choosing import chosen_password
from espi.portal.language import say
from espi.portal.session import redirected
from espi.sharing import own
from espi.store import accounts, audit, jobs, one_time, people, quotas
from espi.web.site import site

pages = Blueprint("recovery", __name__, url_prefix="/recover")

HOUR_S = 3600
MOST_OF_NETWORK = 20


@pages.get("")
def ask_page() -> Response:
    """Ask for the user name or mail address."""
    return Response(render_template("recover.html"))


@pages.post("")
def ask() -> Response:
    """Queue the mail. The answer is the same for everybody: whether there is such an account is looked up later."""
    here = site()
    now_s = here.now_s()
    name = request.form.get("name", "").strip()[:256]
    with here.database.write() as conn:
        network = f"recovery/network/{devices.network(request.remote_addr)}"
        if quotas.add_use(conn, network, now_s - now_s % HOUR_S) <= MOST_OF_NETWORK:
            jobs.add_job(conn, recovering.KIND, {"name": name.casefold() if "@" in name else name}, now_s=now_s)
    lines = [
        say("If there is an account of that name and it has a mail address, a mail with a link is on its way."),
        say("The link works for 30 minutes and only once. If nothing comes, look into your spam folder."),
    ]
    return Response(render_template("told.html", title=say("Look into your mail"), lines=lines))


@pages.get("/<token>")
def show(token: str) -> Response:
    """The page behind the link. Looking at it does not use the link up."""
    with site().database.read() as conn:
        found = one_time.look(conn, one_time.RECOVERY, token, site().now_s())
        about = accounts.account(conn, found.login_id) if found else None
    return _set_page(token, about) if about else _over_page()


@pages.post("/<token>")
def set_password(token: str) -> Response:
    """Set the new password; all sessions end, and a second factor stays what it was."""
    here = site()
    with here.database.read() as conn:
        found = one_time.look(conn, one_time.RECOVERY, token, here.now_s())
        about = accounts.account(conn, found.login_id) if found else None
    if about is None:
        return _over_page()
    try:
        password = chosen_password(about.name, about.full_name, about.email)
        with here.database.write() as conn:
            used = one_time.use_up(conn, one_time.RECOVERY, token, here.now_s())
            if used is not None:
                people.set_password(conn, about.id, password)
                if "end_tokens" in request.form:
                    own.end_own(conn, _principal(about), here.settings)
                one_time.drop(conn, about.id, one_time.RECOVERY)
                to = about.email or about.name, about.language
                account_mails.post(conn, "password", to, here.settings, name=about.name)
                audit.record(
                    conn,
                    at_s=here.now_s(),
                    actor=f"{about.role}:{about.party_id}:{about.name}",
                    action="account:password",
                    target=f"login {about.id}",
                    rule="a link sent by mail",
                    allowed=True,
                )
    except BadInput as err:
        return _set_page(token, about, err.public)
    return redirected(url_for("session.log_in_page", told="password")) if used else _over_page()


def _principal(about: accounts.Account) -> Principal:
    return Principal(Role(about.role), about.party_id, "a link sent by mail", about.name)


def _set_page(token: str, about: accounts.Account, refused: str = "") -> Response:
    may_have_tokens = access.may(_principal(about), "token:make")
    page = render_template(
        "recover_set.html", token=token, name=about.name, refused=refused, may_have_tokens=may_have_tokens
    )
    return Response(page, 400 if refused else 200)


def _over_page() -> Response:
    page = render_template(
        "told.html",
        title=say("This link does not work any more"),
        lines=[say("This link was used already, or it is older than 30 minutes. Ask for a new one.")],
        to=url_for("recovery.ask_page"),
        to_name=say("Forgot your password?"),
    )
    return Response(page, 404)
