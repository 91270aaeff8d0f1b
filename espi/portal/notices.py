"""Notices: planned outages, incidents, new features. A banner while they stand, a page, Atom and RSS, and by mail."""

from __future__ import annotations

import datetime as dt

from feedgen.feed import FeedGenerator
from flask import Blueprint, Response, g, render_template, request, url_for

from espi import access, helpdesk
from espi.clock import zone
from espi.errors import BadInput
from espi.portal import desk_words
from espi.portal.language import chosen, say
from espi.portal.session import principal, redirected
from espi.sharing import mails
from espi.store import notices as stored
from espi.store.notices import Notice, Written
from espi.web.site import site

pages = Blueprint("notices", __name__)

FEED_LENGTH = 30
MOST_BANNERS = 2
URGENT = {stored.INCIDENT: 0, stored.OUTAGE: 1}


@pages.app_context_processor
def _banners() -> dict[str, object]:
    return {"banners": g.get("banners", [])}


@pages.before_app_request
def _look() -> None:
    """Find what stands before every page, for the frame to show it."""
    if request.method != "GET" or request.blueprint in {None, "notices"}:
        return
    with site().database.read() as conn:
        found = stored.standing(conn, site().now_s())
    found.sort(key=lambda each: (URGENT.get(each.kind, 2), each.starts_s))
    g.banners = [shown(each) for each in found[:MOST_BANNERS]]


def shown(notice: Notice) -> dict[str, object]:
    """A notice in the reader's language."""
    now_s, language = site().now_s(), chosen()
    return {
        "id": notice.id,
        "kind": kinds()[notice.kind],
        "urgent": notice.kind in URGENT,
        "emergency": notice.emergency,
        "component": components().get(notice.component, ""),
        "title": notice.title(language),
        "text": notice.text(language),
        "from": desk_words.moment(notice.starts_s),
        "until": desk_words.moment(notice.ends_s),
        "published": desk_words.moment(notice.published_s),
        "stands": notice.ends_s > now_s,
        "timed": notice.kind in URGENT,
    }


def kinds() -> dict[str, str]:
    """Kinds of notices."""
    return {
        stored.OUTAGE: say("Planned outage"),
        stored.INCIDENT: say("Incident"),
        stored.FEATURE: say("New feature"),
        stored.CHANGE: say("Change"),
    }


def components() -> dict[str, str]:
    """Parts of the system."""
    return {
        stored.WEB: say("Web site and API"),
        stored.INTAKE: say("Data from the utilities"),
        stored.DELIVERY: say("Messages to apps and companies"),
        stored.JOBS: say("Work in the background"),
    }


@pages.get("/notices")
def overview() -> Response:
    """All notices, those that stand first."""
    with site().database.read() as conn:
        found = [shown(each) for each in stored.notices(conn)]
        own = desk_words.login_id()
        by_mail = stored.reads_by_mail(conn, own) if own else False
        address = desk_words.own_address(conn)
    page = render_template(
        "notices.html",
        standing=[each for each in found if each["stands"]],
        over=[each for each in found if not each["stands"]],
        by_mail=by_mail,
        address=address,
        publishes=bool(own) and access.may(principal(), "notice:publish"),
        told=_told(),
    )
    return Response(page)


@pages.get("/notices/<int(max=999999999):notice_id>")
def one(notice_id: int) -> Response:
    """One notice."""
    with site().database.read() as conn:
        found = shown(stored.notice(conn, notice_id))
    publishes = bool(desk_words.login_id()) and access.may(principal(), "notice:publish")
    return Response(render_template("notice.html", notice=found, publishes=publishes))


@pages.get("/notices.atom")
def atom() -> Response:
    """The newest notices as Atom (RFC 4287)."""
    return Response(_feed().atom_str(pretty=True), content_type="application/atom+xml; charset=utf-8")


@pages.get("/notices.rss")
def rss() -> Response:
    """The newest notices as RSS 2.0."""
    return Response(_feed().rss_str(pretty=True), content_type="application/rss+xml; charset=utf-8")


@pages.post("/notices/mail")
def by_mail() -> Response:
    """Choose, or choose no longer, to get notices by mail."""
    wants = request.form.get("wants") == "1"
    with site().database.write() as conn:
        if wants and not desk_words.own_address(conn):
            raise BadInput("We do not know your mail address. Add it to your account first.")
        stored.set_reader(conn, desk_words.login_id(), site().now_s(), wants=wants)
    return redirected(url_for("notices.overview", told="mail" if wants else "no-mail"))


@pages.get("/notices/new")
def write() -> Response:
    """The form of a new notice."""
    return _form({})


@pages.post("/notices/new")
def publish() -> Response:
    """Publish it, or say what is not right about it."""
    given = {name: request.form.get(name, "").strip() for name in request.form}
    try:
        with site().database.write() as conn:
            made = helpdesk.publish(conn, _written(given), settings=site().settings, actor=principal())
    except BadInput as wrong:
        return _form(given, wrong.public)
    return redirected(url_for("notices.one", notice_id=made.id))


@pages.post("/notices/<int(max=999999999):notice_id>/end")
def end(notice_id: int) -> Response:
    """Let it stand no longer."""
    with site().database.write() as conn:
        helpdesk.withdraw(conn, notice_id, settings=site().settings, actor=principal())
    return redirected(url_for("notices.one", notice_id=notice_id))


def _feed() -> FeedGenerator:
    language = chosen()
    with site().database.read() as conn:
        found = stored.notices(conn, FEED_LENGTH)
    base = site().settings.base_url
    feed = FeedGenerator()
    feed.id(f"{base}/notices")
    feed.title(say("Notices: your energy data"))
    feed.description(say("Planned outages, incidents and new features"))
    feed.language(language)
    feed.link(href=f"{base}/notices", rel="alternate")
    feed.link(href=f"{base}{request.path}", rel="self")
    feed.author(name=say("Your energy data"))
    feed.generator("espi")
    feed.updated(_utc(max((each.updated_s for each in found), default=0)))
    for each in found:
        entry = feed.add_entry(order="append")
        entry.id(f"urn:uuid:{each.uuid}")
        entry.guid(f"urn:uuid:{each.uuid}", permalink=False)
        entry.title(f"{kinds()[each.kind]}: {each.title(language)}")
        entry.link(href=f"{base}/notices/{each.id}", rel="alternate")
        entry.description(each.text(language))
        entry.content(each.text(language), type="text")
        entry.category(term=each.kind, label=kinds()[each.kind])
        entry.published(_utc(each.published_s))
        entry.updated(_utc(each.updated_s))
    return feed


def _utc(instant: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, dt.UTC)


def _form(given: dict[str, str], refused: str = "") -> Response:
    page = render_template(
        "notice_form.html",
        given=given,
        refused=refused,
        kinds=kinds(),
        components=components(),
        hours=site().settings.notice_hours,
    )
    return Response(page, 400 if refused else 200)


def _written(given: dict[str, str]) -> Written:
    return Written(
        kind=given.get("kind", ""),
        component=given.get("component", ""),
        emergency=given.get("emergency") == "1",
        title_en=given.get("title_en", ""),
        title_es=given.get("title_es", ""),
        text_en=given.get("text_en", ""),
        text_es=given.get("text_es", ""),
        starts_s=_instant(given.get("starts", "")),
        ends_s=_instant(given.get("ends", "")),
    )


def _instant(text: str) -> int:
    """A wall-clock time as forms send it: 2026-11-25T06:00."""
    try:
        local = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("Say from when until when the notice holds.") from None
    return zone(mails.ZONE).wall_s(local.replace(tzinfo=None))


def _told() -> str:
    said = {
        "mail": say("You will get new notices by mail."),
        "no-mail": say("You will not get notices by mail any more."),
    }
    return said.get(request.args.get("told", ""), "")
