from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from espi import errors
from espi.portal import language
from espi.portal.pages import PAGES

PORTAL = Path(language.__file__).parent
PLACES = re.compile(r"%\((\w+)\)s")


def sentences() -> set[str | tuple[str, ...]]:
    """Every sentence that the portal's code and pages say, by the functions that translate."""
    found = extract_from_dir(
        PORTAL,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "say": None, "count": (1, 2)},
    )
    said = {sentence for _file, _line, sentence, _comments, _context in found}
    return said | {page.menu for page in PAGES if page.menu}


def spanish() -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    with (PORTAL / "translations" / "es.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def test_every_sentence_of_the_portal_is_there_in_spanish() -> None:
    assert sentences() - set(spanish()) == set()


def test_every_public_message_of_an_error_is_there_in_spanish() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.EspiError)]
    assert {kind.public for kind in kinds} - set(spanish()) == set()


def test_a_translation_keeps_the_places_to_fill_in() -> None:
    for english, said in spanish().items():
        forms = zip(english, said, strict=True) if isinstance(english, tuple) else [(english, said)]
        for here, there in forms:
            assert there, english
            assert set(PLACES.findall(here)) == set(PLACES.findall(str(there))), english


def test_a_language_nobody_translated_is_english() -> None:
    assert language.catalogue("xx").gettext("Log in") == "Log in"
    assert language.catalogue("es").gettext("Log in") == "Iniciar sesión"
