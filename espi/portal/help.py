"""Help: what each page is about, articles by topic and role, a search through all of them, and the words explained."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from markupsafe import Markup
from werkzeug.routing import BuildError

from espi.errors import NotFound
from espi.portal.guide import articles, finding, markup
from espi.portal.guide.articles import Article, Section
from espi.portal.guide.contents import ALL, CONTENTS, CUSTOMER, TOPICS
from espi.portal.language import chosen, say
from espi.web.site import site

pages = Blueprint("help", __name__)

MOST_LETTERS = 200
EXCERPT = 180
CONTACT = "desk_asking.form"
"""The help desk's form, where there is one."""


@dataclass(frozen=True)
class Found:
    """A line of search results."""

    title: str
    heading: str
    href: str
    excerpt: str


@pages.record_once
def _read_all(_state: object) -> None:
    """Read and index every article at the start, so that a bad one stops it."""
    for language in articles.LANGUAGES:
        finding.index(language)


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {"page_help": page_help}


@pages.get("/help")
def overview() -> Response:
    """All articles by topic for a role, or what was found for the words looked for."""
    asked = " ".join(request.args.get("q", "")[:MOST_LETTERS].split())
    role = _role()
    page = render_template(
        "help.html",
        asked=asked,
        found=[_found(hit) for hit in finding.find(asked, chosen(), role)] if asked else [],
        role=role,
        roles=list(role_names().items()),
        topics=_topics(role),
        contact=contact(),
    )
    return Response(page)


@pages.get("/help/<name>")
def article(name: str) -> Response:
    """An article; the glossary among them."""
    shown = articles.shelf(chosen()).get(name)
    if shown is None:
        raise NotFound(detail=f"no help article {name}")
    more = [each for each in _shelf(_role()) if each.entry.topic == shown.entry.topic and each.id != shown.id]
    page = render_template(
        "help_article.html",
        article=shown,
        topic=topic_names()[shown.entry.topic],
        lead=_html(shown.lead),
        sections=[(each.anchor, each.heading, _html(each)) for each in shown.sections[1:]],
        more=[(each.title, _href(each)) for each in more],
        contact=contact(),
    )
    return Response(page)


def page_help() -> list[dict[str, object]]:
    """What explains the page that is being drawn, for the role of its reader; without such, for any."""
    endpoint = request.endpoint or ""
    every = [each for each in articles.shelf(chosen()).values() if each.entry.explains(endpoint)]
    ours = [each for each in every if _role() in each.entry.roles] or every[:1]
    return [
        {
            "title": each.title,
            "href": _href(each),
            "lead": _html(each.lead),
            "sections": [(part.heading, _href(each, part)) for part in each.sections[1:]],
        }
        for each in ours
    ]


def contact() -> tuple[str, bool]:
    """Where to ask a person: the help desk's form and True, or a mail address and False."""
    if CONTACT in current_app.view_functions:
        return url_for(CONTACT), True
    return f"mailto:{parseaddr(site().settings.mail_from)[1]}", False


def role_names() -> dict[str, str]:
    """The roles as readers know them."""
    names = {
        "customer": say("Customers"),
        "rep": say("Retail companies (REPs)"),
        "third_party": say("Apps and services"),
        "tdsp": say("Utilities"),
        "regulator": say("Regulators"),
        "operator": say("Help desk"),
    }
    return {role: names[role] for role in ALL}


def topic_names() -> dict[str, str]:
    """The topics as readers know them."""
    names = {
        "start": say("Start here"),
        "numbers": say("Your numbers"),
        "files": say("Files"),
        "sharing": say("Sharing and privacy"),
        "changes": say("When things change"),
        "work": say("Step by step at work"),
        "questions": say("Questions and words"),
    }
    return {topic: names[topic] for topic in TOPICS}


def _role() -> str:
    """Whose help it is: as asked for, else the reader's own, else a customer's."""
    login = g.get("login")
    asked = request.args.get("for", "") if request.blueprint == pages.name else ""
    return next((role for role in (asked, login.role if login else "") if role in ALL), CUSTOMER)


def _shelf(role: str) -> list[Article]:
    every = articles.shelf(chosen())
    return [every[entry.id] for entry in CONTENTS if role in entry.roles]


def _topics(role: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Topics with title, address and first words of their articles."""
    names = topic_names()
    shown = {
        topic: [(each.title, _href(each), _short(each.lead)) for each in _shelf(role) if each.entry.topic == topic]
        for topic in TOPICS
    }
    return [(names[topic], listed) for topic, listed in shown.items() if listed]


def _found(hit: finding.Hit) -> Found:
    return Found(hit.article.title, hit.section.heading, _href(hit.article, hit.section), _short(hit.section))


def _short(section: Section) -> str:
    text = markup.plain(section.blocks)
    return text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"


def _href(shown: Article, section: Section | None = None) -> str:
    return url_for("help.article", name=shown.id, _anchor=section.anchor or None if section else None)


def _html(section: Section) -> Markup:
    return markup.html(section.blocks, leads)


def leads(target: str) -> str:
    """The address of a link in an article; "" where there is no such page here."""
    kind, _, name = target.partition(":")
    if kind == "help":
        identity, _, anchor = name.partition("#")
        return url_for("help.article", name=identity, _anchor=anchor or None)
    try:
        return url_for(name)
    except BuildError:
        return ""
