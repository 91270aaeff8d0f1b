"""Help on every page, help that is searched, and a tour with the reader's own numbers."""

from __future__ import annotations

import html
import re

import pytest

from espi.portal.guide.contents import CONTENTS
from tests.journeys.conftest import Reader


def shown(page: str) -> str:
    """The words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_stranger_finds_help_on_the_login_page_and_reads_on(reader: Reader) -> None:
    page = reader.get("/login").text
    assert "Help with this page" in page
    assert 'href="/help/logging-in"' in page
    article = reader.get("/help/logging-in")
    assert article.status_code == 200
    assert '<h2 id="refused">' in article.text


def test_every_article_opens_in_both_languages(reader: Reader) -> None:
    for entry in CONTENTS:
        english, spanish = (reader.get(f"/help/{entry.id}?language={each}") for each in ("en", "es"))
        assert english.status_code == spanish.status_code == 200
        assert "==" not in shown(spanish.text)
        assert "](" not in shown(english.text) + shown(spanish.text)
    assert reader.get("/help/none-such").status_code == 404


def test_a_reader_searches_and_lands_on_the_part_that_answers(reader: Reader) -> None:
    page = reader.get("/help?q=gift+cards").text
    assert 'href="/help/scams#never"' in page
    spanish = shown(reader.get("/help?q=paneles&language=es").text)
    assert "Energía solar" in spanish


def test_whoever_finds_nothing_is_led_on(reader: Reader) -> None:
    page = reader.get("/help?q=%3Cqwxyz%3E").text
    assert "Nothing was found for “&lt;qwxyz&gt;”." in page
    assert "pick a topic below" in page
    assert re.search(r'href="(/contact|mailto:[^"]+)"', page)


def test_the_help_is_that_of_the_readers_role_or_of_the_one_he_asks_for(reader: Reader) -> None:
    assert 'href="/help/questions-customer"' in reader.get("/help").text
    reader.log_in("bluebonnet")
    own = reader.get("/help").text
    assert 'href="/help/questions-rep"' in own
    assert 'href="/help/questions-customer"' not in own
    assert 'href="/help/questions-tdsp"' in reader.get("/help?for=tdsp").text


def test_a_link_to_a_page_that_is_not_here_is_plain_words(reader: Reader) -> None:
    page = reader.get("/help/guide-third-party").text
    assert "For developers" in page
    assert "](" not in page


def test_a_newcomer_is_offered_the_tour_until_he_declines(ada: Reader) -> None:
    assert "Take the tour" in ada.get("/").text
    ended = ada.fill_in("/tour", "/tour", step="1", go="end")
    assert ended.headers["Location"] == "/"
    assert "Take the tour" not in ada.get("/").text
    assert "Take the tour" in ada.get("/help").text


def test_the_tour_shows_his_own_numbers_and_remembers_where_he_was(ada: Reader) -> None:
    pages = [shown(ada.get("/tour").text)]
    assert "Step 1 of" in pages[0]
    steps = int(pages[0].split("Step 1 of ")[1].split()[0])
    for step in range(1, steps):
        to = ada.fill_in("/tour", "/tour", step=str(step), go="next").headers["Location"]
        assert to == f"/tour?step={step + 1}"
        pages.append(shown(ada.get("/tour").text))
        assert f"Step {step + 1} of {steps}" in pages[-1]
    told = " ".join(pages)
    assert re.search(r"On \w+, June \d+, 2025 you used [\d.]+\skWh", told)
    assert "12 Analytical Way" in told
    assert "At the moment no app sees your data." in told
    assert ada.fill_in("/tour", "/tour", step=str(steps), go="next").headers["Location"] == "/"
    assert "Step 1 of" in shown(ada.get("/tour").text)


@pytest.mark.parametrize("name", ["bluebonnet", "clerk", "regulator"])
def test_every_role_has_a_tour_of_its_own(reader: Reader, name: str) -> None:
    reader.log_in(name)
    first = shown(reader.get("/tour").text)
    steps = int(first.split("Step 1 of ")[1].split()[0])
    pages = [reader.get(f"/tour?step={step}") for step in range(1, steps + 1)]
    assert {page.status_code for page in pages} == {200}
    told = " ".join(shown(page.text) for page in pages)
    assert ("How complete the data are" in told) == (name != "bluebonnet")
    assert ("this meter measured" in told) == (name == "bluebonnet")
    assert "you used" not in told


def test_a_step_that_is_not_there_is_refused(ada: Reader) -> None:
    assert ada.fill_in("/tour", "/tour", step="99").status_code == 400
    assert ada.get("/tour?step=99").status_code == 200
