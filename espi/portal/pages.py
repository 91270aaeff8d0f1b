"""Every page of the portal, once: what it takes to open it, and where the menu has it.

`PAGES` is the capability table of the web site. The menu is drawn from it; a request for an endpoint that is not in it
is refused, and so is one whose reader may not do what the page is for. Which meters a page then shows is not its
matter: that is the gate's (`espi.access.reach`).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, g, request, url_for

from espi import access
from espi.errors import Denied
from espi.portal import (
    access_log_page,
    account,
    alerts,
    apps,
    business,
    changes,
    company,
    company_addresses,
    company_deliveries,
    company_keys,
    company_log,
    company_users,
    completeness,
    compliance,
    consent,
    customer,
    desk,
    desk_asking,
    desk_look,
    developer,
    devices_home,
    heat_page,
    holders,
    invitation,
    notices,
    operator,
    operator_accounts,
    operator_parties,
    own_tokens,
    passkeys,
    reading_now,
    receipt_keys,
    recovery,
    registration,
    regulator,
    rep,
    rep_bulk,
    rep_history,
    rep_list,
    session,
    status,
    tdsp,
    tdsp_brand,
    tdsp_checks,
    tdsp_events,
    tdsp_files,
    tdsp_parked,
    third_parties,
    tour,
    trying,
    validator,
)
from espi.portal import help as help_pages
from espi.portal.language import say
from espi.portal.session import principal

ANYONE = "anyone"
LOGGED_IN = "whoever is logged in"


@dataclass(frozen=True)
class PortalPage:
    """An endpoint. opens: an action of `access.RULES` that its reader may do, `ANYONE` or `LOGGED_IN`.

    menu: its name in the menu, in English; "" is not listed. listed: the action that puts it into a reader's menu,
    where more readers may open it than are looking for it.
    """

    endpoint: str
    opens: str
    menu: str = ""
    listed: str = ""

    @property
    def open_to_all(self) -> bool:
        """Whether nobody need log in for it."""
        return self.opens == ANYONE

    def opens_for(self, reader: access.Principal) -> bool:
        """Whether a reader who is logged in may open it."""
        return self.opens in (ANYONE, LOGGED_IN) or access.may(reader, self.opens)

    def listed_for(self, reader: access.Principal) -> bool:
        """Whether a reader's menu has it."""
        return bool(self.menu) and self.opens_for(reader) and (not self.listed or access.may(reader, self.listed))


PAGES = (
    PortalPage("session.log_in_page", ANYONE),
    PortalPage("session.log_in", ANYONE),
    PortalPage("session.code_page", ANYONE),
    PortalPage("session.enter_code", ANYONE),
    PortalPage("session.log_out", ANYONE),
    PortalPage("register.start", ANYONE),
    PortalPage("register.register", ANYONE),
    PortalPage("register.confirm", ANYONE),
    PortalPage("register.make", ANYONE),
    PortalPage("register.add_page", "meter:add"),
    PortalPage("register.add", "meter:add"),
    PortalPage("recovery.ask_page", ANYONE),
    PortalPage("recovery.ask", ANYONE),
    PortalPage("recovery.show", ANYONE),
    PortalPage("recovery.set_password", ANYONE),
    PortalPage("account.person", LOGGED_IN),
    PortalPage("account.address", LOGGED_IN),
    PortalPage("account.address_page", ANYONE),
    PortalPage("account.address_confirm", ANYONE),
    PortalPage("account.password", LOGGED_IN),
    PortalPage("account.code_start", LOGGED_IN),
    PortalPage("account.code_made", LOGGED_IN),
    PortalPage("account.code_off", LOGGED_IN),
    PortalPage("account.new_codes", LOGGED_IN),
    PortalPage("account.end_session", LOGGED_IN),
    PortalPage("account.end_sessions", LOGGED_IN),
    PortalPage("account.switch", LOGGED_IN),
    PortalPage("account.close_page", "account:close"),
    PortalPage("account.close", "account:close"),
    PortalPage("passkeys.new", LOGGED_IN),
    PortalPage("passkeys.made", LOGGED_IN),
    PortalPage("passkeys.remove", LOGGED_IN),
    PortalPage("passkeys.log_in_page", ANYONE),
    PortalPage("passkeys.log_in", ANYONE),
    PortalPage("customer.home", LOGGED_IN, menu="Home"),
    PortalPage("customer.usage", "usage:read"),
    PortalPage("customer.download", "usage:download"),
    PortalPage("customer.receipt", "usage:download"),
    PortalPage("heat.year", "usage:read"),
    PortalPage("reading_now.overview", "usage:ask-now"),
    PortalPage("reading_now.ask", "usage:ask-now"),
    PortalPage("devices_home.overview", "device:state"),
    PortalPage("devices_home.add", "device:provision"),
    PortalPage("devices_home.remove", "device:provision"),
    PortalPage("alerts.overview", "alert:set", menu="Alerts"),
    PortalPage("alerts.save", "alert:set"),
    PortalPage("alerts.off", ANYONE),
    PortalPage("alerts.off_now", ANYONE),
    PortalPage("business.search", "usage:read"),
    PortalPage("completeness.overview", "completeness:read", menu="Completeness"),
    PortalPage("apps.overview", "access-log:read", menu="Who sees my data"),
    PortalPage("apps.details", "access-log:read"),
    PortalPage("apps.end", "access-log:read"),
    PortalPage("apps.ask_end_all", "access-log:read"),
    PortalPage("apps.end_all", "access-log:read"),
    PortalPage("apps.shorten", "access-log:read"),
    PortalPage("apps.renew", "access-log:read"),
    PortalPage("apps.receipt", "access-log:read"),
    PortalPage("invitation.show", ANYONE),
    PortalPage("invitation.answer", ANYONE),
    PortalPage("invitation.mine", "grant:accept"),
    PortalPage("invitation.answer_mine", "grant:accept"),
    PortalPage("access_log.overview", "access-log:read"),
    PortalPage("access_log.file", "access-log:read"),
    PortalPage("own_tokens.overview", "token:make"),
    PortalPage("own_tokens.make", "token:make"),
    PortalPage("own_tokens.end", "token:make"),
    PortalPage("holders.overview", "holder:invite"),
    PortalPage("holders.invite", "holder:invite"),
    PortalPage("holders.end", "holder:invite"),
    PortalPage("holders.show", ANYONE),
    PortalPage("holders.answer", ANYONE),
    PortalPage("receipt_keys.key_set", ANYONE),
    PortalPage("consent.ask", ANYONE),
    PortalPage("consent.answer", ANYONE),
    PortalPage("third_parties.overview", ANYONE),
    PortalPage("third_parties.scope_selection", ANYONE),
    PortalPage("third_parties.go_on", ANYONE),
    PortalPage("company.overview", "company:read", menu="Our company"),
    PortalPage("company_users.overview", "company:read"),
    PortalPage("company_users.invite", "colleague:manage"),
    PortalPage("company_users.withdraw", "colleague:manage"),
    PortalPage("company_users.change", "colleague:manage"),
    PortalPage("company_keys.overview", "company:read"),
    PortalPage("company_keys.roll", "client:manage"),
    PortalPage("company_keys.first", "client:manage"),
    PortalPage("company_keys.webhook", "client:manage"),
    PortalPage("company_keys.public", "client:manage"),
    PortalPage("company_addresses.overview", "event:read"),
    PortalPage("company_addresses.save", "client:manage"),
    PortalPage("company_addresses.again", "client:manage"),
    PortalPage("company_log.overview", "company:read"),
    PortalPage("company_deliveries.overview", "company:read"),
    PortalPage("company_deliveries.resend", "delivery:resend"),
    PortalPage("developer.start", ANYONE),
    PortalPage("developer.register", ANYONE),
    PortalPage("developer.console", "grant:invite", menu="Console"),
    PortalPage("trying.ping", "grant:invite"),
    PortalPage("trying.correct", "grant:invite"),
    PortalPage("trying.revoke", "grant:invite"),
    PortalPage("trying.expire", "grant:invite"),
    PortalPage("trying.fault", "grant:invite"),
    PortalPage("desk_asking.form", ANYONE),
    PortalPage("desk_asking.send", ANYONE),
    PortalPage("desk_asking.own", "ticket:open"),
    PortalPage("desk_asking.one", "ticket:open"),
    PortalPage("desk_asking.reply", "ticket:open"),
    PortalPage("desk_asking.by_link", ANYONE),
    PortalPage("desk_asking.reply_by_link", ANYONE),
    PortalPage("desk.queue", "ticket:answer", menu="Help desk"),
    PortalPage("desk.new", "ticket:answer"),
    PortalPage("desk.ticket", "ticket:answer"),
    PortalPage("desk.act", "ticket:answer"),
    PortalPage("desk.replies", "ticket:answer"),
    PortalPage("desk.change_reply", "ticket:answer"),
    PortalPage("desk_look.start", "case:open"),
    PortalPage("desk_look.look_up", "case:open"),
    PortalPage("desk_look.case", "case:read"),
    PortalPage("desk_look.act", "case:read"),
    PortalPage("notices.overview", ANYONE),
    PortalPage("notices.one", ANYONE),
    PortalPage("notices.atom", ANYONE),
    PortalPage("notices.rss", ANYONE),
    PortalPage("notices.by_mail", LOGGED_IN),
    PortalPage("notices.write", "notice:publish"),
    PortalPage("notices.publish", "notice:publish"),
    PortalPage("notices.end", "notice:publish"),
    PortalPage("status.overview", ANYONE),
    PortalPage("rep.overview", "served:read"),
    PortalPage("rep_list.overview", "served:read", menu="ESIIDs"),
    PortalPage("rep_list.file", "served:read"),
    PortalPage("rep_bulk.overview", "served:read", menu="Bulk files"),
    PortalPage("rep_bulk.ask", "bulk:ask"),
    PortalPage("rep_bulk.one", "served:read"),
    PortalPage("rep_bulk.cancel", "bulk:ask"),
    PortalPage("rep_bulk.sums", "served:read"),
    PortalPage("rep_bulk.file", "served:read"),
    PortalPage("rep_history.overview", "served:read", menu="History"),
    PortalPage("rep_history.ask", "history:ask"),
    PortalPage("regulator.overview", "totals:read", menu="Market reports"),
    PortalPage("regulator.one", "totals:read"),
    PortalPage("regulator.file", "totals:read"),
    PortalPage("compliance.overview", ANYONE, menu="How the rules are met", listed="totals:read"),
    PortalPage("compliance.file", ANYONE),
    PortalPage("changes.overview", ANYONE, menu="Change requests", listed="proposal:write"),
    PortalPage("changes.atom", ANYONE),
    PortalPage("changes.one", ANYONE),
    PortalPage("changes.write", "proposal:write"),
    PortalPage("changes.submit", "proposal:write"),
    PortalPage("changes.comment", "proposal:write"),
    PortalPage("changes.withdraw", "proposal:write"),
    PortalPage("changes.vote", "proposal:vote"),
    PortalPage("changes.call", "proposal:decide"),
    PortalPage("changes.decide", "proposal:decide"),
    PortalPage("operator.overview", "job:manage", menu="Operations"),
    PortalPage("operator.work", "job:manage"),
    PortalPage("operator.again", "job:manage"),
    PortalPage("operator.files", "job:manage"),
    PortalPage("operator.retry", "job:manage"),
    PortalPage("operator_parties.overview", "standing:decide"),
    PortalPage("operator_parties.one", "standing:decide"),
    PortalPage("operator_parties.act", "standing:decide"),
    PortalPage("operator_parties.own", "standing:appeal", menu="Standing"),
    PortalPage("operator_parties.appeal", "standing:appeal"),
    PortalPage("operator_accounts.overview", "account:manage"),
    PortalPage("operator_accounts.act", "account:manage"),
    PortalPage("operator_accounts.proposals", "role:grant"),
    PortalPage("operator_accounts.propose", "role:grant"),
    PortalPage("operator_accounts.decide", "role:grant"),
    PortalPage("operator_accounts.welcome", ANYONE),
    PortalPage("operator_accounts.begin", ANYONE),
    PortalPage("validator.start", ANYONE),
    PortalPage("validator.judged", ANYONE),
    PortalPage("validator.report_style", ANYONE),
    PortalPage("tdsp.overview", "file:send"),
    PortalPage("tdsp_files.overview", "file:send", menu="Files"),
    PortalPage("tdsp_files.send", "file:send"),
    PortalPage("tdsp_files.one", "file:send"),
    PortalPage("tdsp_files.act", "file:send"),
    PortalPage("tdsp_files.answer", "file:send"),
    PortalPage("tdsp_parked.overview", "file:send", menu="Unknown meters"),
    PortalPage("tdsp_parked.act", "file:send"),
    PortalPage("tdsp_checks.overview", "vee:read", menu="Validation"),
    PortalPage("tdsp_checks.rule", "vee:read"),
    PortalPage("tdsp_events.overview", "market-event:read", menu="Market events"),
    PortalPage("tdsp_events.one", "market-event:read"),
    PortalPage("tdsp_brand.overview", "brand:change", menu="Your brand"),
    PortalPage("tdsp_brand.change", "brand:change"),
    PortalPage("tdsp_brand.style", ANYONE),
    PortalPage("tdsp_brand.logo", ANYONE),
    PortalPage("account.overview", LOGGED_IN, menu="My account"),
    PortalPage("help.overview", ANYONE, menu="Help"),
    PortalPage("help.article", ANYONE),
    PortalPage("tour.show", LOGGED_IN),
    PortalPage("tour.go", LOGGED_IN),
)

BLUEPRINTS = (
    registration.pages,
    recovery.pages,
    account.pages,
    passkeys.pages,
    customer.pages,
    heat_page.pages,
    reading_now.pages,
    devices_home.pages,
    alerts.pages,
    business.pages,
    completeness.pages,
    consent.pages,
    third_parties.pages,
    apps.pages,
    invitation.pages,
    access_log_page.pages,
    own_tokens.pages,
    holders.pages,
    receipt_keys.pages,
    company.pages,
    company_users.pages,
    company_keys.pages,
    company_addresses.pages,
    company_log.pages,
    company_deliveries.pages,
    developer.pages,
    trying.pages,
    desk_asking.pages,
    desk.pages,
    desk_look.pages,
    notices.pages,
    status.pages,
    rep.pages,
    rep_list.pages,
    rep_bulk.pages,
    rep_history.pages,
    regulator.pages,
    changes.pages,
    compliance.pages,
    operator.pages,
    operator_accounts.pages,
    operator_parties.pages,
    help_pages.pages,
    tour.pages,
    tdsp.pages,
    tdsp_files.pages,
    tdsp_parked.pages,
    tdsp_checks.pages,
    tdsp_events.pages,
    tdsp_brand.pages,
)
"""The portal's pages beside those of `session` and `validator`, which attach themselves."""

_ACCOUNT = frozenset({"account", "passkeys", "session"})
_BY_ENDPOINT = {page.endpoint: page for page in PAGES}
_OURS = frozenset(blueprint.name for blueprint in (*BLUEPRINTS, session.pages, validator.pages))


def attach(app: Flask) -> None:
    """Add all pages, the guard before them, and the menu on them."""
    session.attach(app)
    app.before_request(_guard)
    validator.attach(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"menu": menu()})


def menu() -> list[dict[str, object]]:
    """The reader's menu: name, address, and whether he is there."""
    if not g.get("login"):
        return []
    reader = principal()
    return [
        {"name": say(page.menu), "href": url_for(page.endpoint), "here": page.endpoint == request.endpoint}
        for page in PAGES
        if page.listed_for(reader)
    ]


def _guard() -> Response | None:
    """Refuse what the table does not open for the reader. Raises `NotLoggedIn` or `Denied`.

    Who lacks the second factor that his role takes is sent to where he sets one up.
    """
    endpoint = request.endpoint or ""
    if request.blueprint not in _OURS:
        return None
    page = _BY_ENDPOINT.get(endpoint)
    if page is None:
        raise Denied(detail=f"{endpoint} is in no row of PAGES", status=403)
    if not page.open_to_all and not page.opens_for(principal()):
        raise Denied(detail=f"{endpoint} needs {page.opens}", status=403)
    if not page.open_to_all and request.blueprint not in _ACCOUNT and session.lacks_second_factor():
        return session.redirected(url_for("account.overview"))
    return None
