from __future__ import annotations

import re
import unicodedata

import pytest
from flask import Flask

from espi.errors import BadInput
from espi.portal import session, validator
from espi.portal.guide import articles, finding, markup
from espi.portal.guide.articles import LANGUAGES, Article
from espi.portal.guide.contents import ALL, CONTENTS, TOPICS, Entry
from espi.portal.language import catalogue
from espi.portal.pages import BLUEPRINTS, PAGES
from tests.unit.portal.test_language import sentences

EIGHTH_GRADE = 8.0
EASY_SPANISH = 65.0
"""Fernandez Huerta's measure: 60 to 70 is what is read in the eighth and ninth school year, more is easier."""

NAMES = {"esiid", "kwh", "tdsp", "tdu", "utc", "lse", "xml", "csv", "json", "rep", "api", "oauth", "led", "dst"}
"""Words of the trade, which the glossary explains: each counts as one syllable."""

PAIRS = [(entry.id, language) for entry in CONTENTS for language in LANGUAGES]


def article(identity: str, language: str = "en") -> Article:
    return articles.shelf(language)[identity]


def text(identity: str, language: str) -> str:
    return (articles.FOLDER / language / f"{identity}.md").read_text("utf-8")


def said(one: Article) -> str:
    """Everything that a reader reads of an article."""
    parts = (f"{section.heading}. {_with_stops(section)}" for section in one.sections)
    return f"{one.title}. {' '.join(parts)}"


def _with_stops(section: articles.Section) -> str:
    texts = (markup.plain([articles.Block("p", (each,))]) for block in section.blocks for each in block.texts)
    return " ".join(each if each.endswith((".", "?", ":")) else f"{each}." for each in texts)


def words_of(prose: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", prose)


def sentence_count(prose: str) -> int:
    return len([each for each in re.split(r"[.?!:;]+(?:\s|$)", prose) if words_of(each)])


def english_syllables(word: str) -> int:
    if word.casefold() in NAMES:
        return 1
    plain = re.sub(r"(?<=[^aeiou])e(s|d)?$|(?<=[^aeiou])es$", "", word.casefold())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def spanish_syllables(word: str) -> int:
    """Vowels that stand together are one syllable, but for two strong ones or a weak one with an accent."""
    if word.casefold() in NAMES:
        return 1
    found = re.findall(r"[aeiouáéíóúü]+", re.sub(r"(?<=[qg])u(?=[eiéí])", "", word.casefold()))
    strong = sum(max(0, len(re.findall(r"[aeoáéíóú]", group)) - 1) for group in found)
    return max(1, len(found) + strong)


def grade(prose: str) -> float:
    """The school year for which an English text is (Flesch and Kincaid)."""
    words = words_of(prose)
    syllables = sum(map(english_syllables, words))
    return 0.39 * len(words) / sentence_count(prose) + 11.8 * syllables / len(words) - 15.59


def ease(prose: str) -> float:
    """How easy a Spanish text is (Fernandez Huerta)."""
    words = words_of(prose)
    syllables = sum(map(spanish_syllables, words))
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentence_count(prose)


def test_the_measures_tell_hard_texts_from_easy_ones() -> None:
    easy = "The cat sat on the mat. It was warm."
    hard = "Notwithstanding administrative considerations, unavailable capabilities necessitate remuneration."
    assert grade(easy) < EIGHTH_GRADE / 2
    assert grade(hard) > 2 * EIGHTH_GRADE
    assert [spanish_syllables(word) for word in ("energía", "guía", "aire", "que", "caos")] == [4, 2, 2, 1, 2]
    assert ease("El gato está en la casa. Hace sol.") > EASY_SPANISH + 25
    assert ease("La imposibilidad administrativa imposibilita considerablemente.") < EASY_SPANISH - 25


@pytest.mark.parametrize("identity", [entry.id for entry in CONTENTS])
def test_an_eighth_grader_can_read_it(identity: str) -> None:
    assert grade(said(article(identity))) <= EIGHTH_GRADE
    assert ease(said(article(identity, "es"))) >= EASY_SPANISH


def test_no_article_lies_about_that_is_not_in_the_contents() -> None:
    for language in LANGUAGES:
        found = {path.stem for path in (articles.FOLDER / language).iterdir()}
        assert found == {entry.id for entry in CONTENTS}
    assert len({entry.id for entry in CONTENTS}) == len(CONTENTS)


@pytest.mark.parametrize("identity", [entry.id for entry in CONTENTS])
def test_both_languages_have_the_same_parts_links_and_labels(identity: str) -> None:
    english, spanish = article(identity), article(identity, "es")
    assert [one.anchor for one in english.sections] == [one.anchor for one in spanish.sections]
    for here, there in zip(english.sections, spanish.sections, strict=True):
        assert [block.kind for block in here.blocks] == [block.kind for block in there.blocks], here.heading
        assert [len(block.texts) for block in here.blocks] == [len(block.texts) for block in there.blocks], here.heading
        assert sorted(markup.links(here.blocks)) == sorted(markup.links(there.blocks)), here.heading
        assert here.blocks, here.heading
    assert sorted(articles.labels(text(identity, "en"))) == sorted(articles.labels(text(identity, "es")))
    assert english.title != spanish.title
    assert english.words
    assert spanish.words


@pytest.mark.parametrize(("identity", "language"), PAIRS)
def test_every_link_leads_somewhere_without_an_argument(app_map: set[str], identity: str, language: str) -> None:
    for section in article(identity, language).sections:
        for target in markup.links(section.blocks):
            kind, _, name = target.partition(":")
            assert kind in {"help", "page"}, target
            if kind == "page":
                assert name in app_map, target
                continue
            other, _, anchor = name.partition("#")
            assert anchor in {"", *(one.anchor for one in article(other, language).sections)}, target


@pytest.fixture(scope="module")
def app_map() -> set[str]:
    """Endpoints of pages that need no more than their name to be opened."""
    app = Flask(__name__)
    for blueprint in (*BLUEPRINTS, session.pages, validator.pages):
        app.register_blueprint(blueprint)
    plain = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())}
    return plain & {page.endpoint for page in PAGES}


def test_every_button_that_is_named_stands_on_a_page() -> None:
    named = {label for entry in CONTENTS for label in articles.labels(text(entry.id, "en"))}
    assert named - sentences() == set()


def test_a_label_is_read_in_the_language_of_the_article() -> None:
    spanish = said(article("corrections", "es"))
    assert catalogue("es").gettext("Download My Data") in spanish
    assert "==" not in spanish


def test_every_page_of_the_menu_is_explained() -> None:
    assert [page.endpoint for page in PAGES if page.menu and not explained(page.endpoint)] == []


def explained(endpoint: str) -> bool:
    return any(entry.explains(endpoint) for entry in CONTENTS)


def test_what_is_explained_is_there() -> None:
    blueprints = {page.endpoint.split(".")[0] for page in PAGES}
    endpoints = {page.endpoint for page in PAGES}
    named = {name for entry in CONTENTS for name in entry.pages}
    assert {name for name in named if name not in endpoints and name.removesuffix(".*") not in blueprints} == set()


def test_every_role_has_a_guide_and_questions() -> None:
    for role in ALL:
        own = [entry for entry in CONTENTS if entry.roles == (role,)]
        assert [entry.id for entry in own if entry.id.startswith("guide-")], role
        assert [entry.id for entry in own if entry.id.startswith("questions-")], role
    assert {entry.topic for entry in CONTENTS} == set(TOPICS)


def test_what_is_marked_becomes_html_and_nothing_else_does() -> None:
    one = articles.read(
        Entry("x", "start", ()),
        "en",
        "# T\nWords: w\n\nSee **a <b>** and `c<d>`, [here](help:chart), [nowhere](page:none.such) <script>&\n\n"
        "## H {h}\n1. one\n   goes on\n2. two\n",
    )
    addresses = {"help:chart": "/help/chart"}
    html = markup.html(one.lead.blocks, lambda target: addresses.get(target, ""))
    assert html == (
        "<p>See <strong>a &lt;b&gt;</strong> and <code>c&lt;d&gt;</code>, "
        '<a href="/help/chart">here</a>, nowhere &lt;script&gt;&amp;</p>'
    )
    assert markup.html(one.sections[1].blocks, str) == "<ol><li>one goes on</li><li>two</li></ol>"
    assert markup.plain(one.lead.blocks).startswith("See a <b> and c<d>, here, nowhere")


@pytest.mark.parametrize(
    "wrong", ["", "No title\nWords: w\n\nx\n", "# T\nx\n\ny\n", "# T\nWords: w\n\n## No anchor\nx\n"]
)
def test_an_article_that_is_not_written_as_articles_are_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput):
        articles.read(Entry("x", "start", ()), "en", wrong)


def first(asked: str, language: str, role: str = "customer") -> str:
    found = finding.find(asked, language, role)
    return found[0].article.id if found else ""


@pytest.mark.parametrize(
    ("asked", "language", "found"),
    [
        ("solar panels", "en", "solar"),
        ("PANEL SOLAR", "es", "solar"),
        ("paneles", "es", "solar"),
        ("batteries", "en", "solar"),
        ("olvide mi contrasena", "es", "account"),
        ("códigos del teléfono", "es", "logging-in"),
        ("phishing", "es", "scams"),
        ("estafas", "en", "scams"),
        ("daylight saving", "en", "clock-changes"),
        ("what can I do with the file in Excel?", "en", "files"),
        ("¿quién puede ver mis datos?", "es", "privacy"),
        ("estimat", "en", "corrections"),
    ],
)
def test_a_reader_finds_by_his_own_words(asked: str, language: str, found: str) -> None:
    assert first(asked, language) == found


def test_what_was_found_is_shown_in_the_readers_language_at_the_right_part() -> None:
    hit = finding.find("net metering", "es")[0]
    assert hit.article.language == "es"
    assert finding.find("gift cards", "es")[0].section.anchor == "never"


def test_a_reader_of_a_role_finds_its_articles_first() -> None:
    assert first("late data", "en", "tdsp") in {"questions-tdsp", "completeness"}
    assert first("faq", "en", "rep") == "questions-rep"


@pytest.mark.parametrize("asked", ["", "   ", "the of and", "qwxyz", "%"])
def test_words_that_say_nothing_find_nothing(asked: str) -> None:
    assert finding.find(asked, "en") == []


def test_accents_capitals_and_plurals_do_not_matter() -> None:
    assert finding.stems("Luces LUZ") == finding.stems("luz luces")
    assert finding.stems("facturación") == finding.stems(unicodedata.normalize("NFD", "FACTURACION"))
    assert finding.stems("batteries") == finding.stems("battery")
