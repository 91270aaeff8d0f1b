"""English and Spanish: which one a reader gets, and the catalogue of Spanish sentences.

The catalogue is `translations/es.po`, read at start: there is nothing to compile. Sentences in the code are English.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, request, url_for

LANGUAGES = {"en": "English", "es": "Español"}
LOCALES = {"en": "en_US", "es": "es_US"}
COOKIE = "__Host-language"
ARGUMENT = "language"
YEAR_S = 365 * 86_400

CATALOGUES = Path(__file__).parent / "translations"


@cache
def catalogue(language: str) -> NullTranslations:
    """The sentences of a language; English needs none."""
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        sentences = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, sentences)
    compiled.seek(0)
    return Translations(compiled)


class Sentences(flask_babel.Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel's domain, fed from the catalogue as it stands in the repository."""

    def get_translations(self) -> NullTranslations:
        """The sentences in the reader's language."""
        return catalogue(chosen())


class Babel(flask_babel.Babel):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel with our catalogues."""

    domain_instance = Sentences()


def chosen() -> str:
    """The reader's language: as asked for now, as asked for before, as his login says, or as his browser prefers."""
    known: str | None = g.get("language")
    if known is not None:
        return known
    login = g.get("login")
    wishes = (
        request.args.get(ARGUMENT),
        request.cookies.get(COOKIE),
        login.language if login else None,
        request.accept_languages.best_match(list(LANGUAGES)),
    )
    g.language = found = next((wish for wish in wishes if wish in LANGUAGES), "en")
    return found


def attach(app: Flask) -> None:
    """Let the application speak both languages, and remember a choice."""
    Babel(app, locale_selector=lambda: LOCALES[chosen()])
    app.context_processor(lambda: {"language": chosen(), "languages": LANGUAGES, "in_language": in_language})

    @app.after_request
    def remember(response: Response) -> Response:
        wish = request.args.get(ARGUMENT)
        if wish in LANGUAGES:
            response.set_cookie(COOKIE, wish, max_age=YEAR_S, secure=True, httponly=True, samesite="Lax")
        response.headers.setdefault("Content-Language", chosen())
        return response


def in_language(language: str) -> str:
    """The address of the present page in another language."""
    if request.endpoint is None or request.method != "GET":
        return url_for("customer.home", language=language)
    values: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), ARGUMENT: language}
    return url_for(request.endpoint, **values)


def say(sentence: str, **values: object) -> str:
    """An English sentence in the reader's language."""
    said: str = flask_babel.gettext(sentence, **values)
    return said


def count(one: str, many: str, number: int, **values: object) -> str:
    """A sentence about a number of things in the reader's language; `%(num)s` is the number."""
    said: str = flask_babel.ngettext(one, many, number, **values)
    return said
