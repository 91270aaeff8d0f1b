"""A utility shows itself to its customers: on their pages and below their mails, as they can read it."""

from __future__ import annotations

import io
import re

from flask import Flask
from werkzeug.test import TestResponse

from espi import jobs
from espi.delivery import mail
from espi.store import jobs as outbox
from espi.store import people
from espi.web.site import EXTENSION, Site
from tests.factories import NOW_S
from tests.journeys.conftest import ORIGIN, Reader
from tests.journeys.test_tdsp_files import clerk
from tests.unit.portal.test_png import picture

__all__ = ["clerk"]

GIVEN = {
    "name": "Lone Star",
    "colour": "#0B5394",
    "dark_colour": "",
    "phone": "(512) 555-0100",
    "outage_phone": "+1 512 555 0199",
    "mail": "ask@lonestar.example",
}


def change(reader: Reader, logo: bytes = b"", **fields: str) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/tdsp/brand").text)
    assert token
    data: dict[str, object] = {"csrf_token": token[1], **GIVEN, **fields}
    if logo:
        data["logo"] = (io.BytesIO(logo), "logo.png")
    return reader.client.post("/tdsp/brand", base_url=ORIGIN, data=data)


def test_customers_see_the_brand_of_their_utility(app: Flask, clerk: Reader) -> None:
    ada = Reader(app)
    ada.log_in("ada")
    assert "ownbrand" not in ada.get("/account").text
    assert change(clerk, picture()).headers["Location"] == "/tdsp/brand?told=changed"
    page = ada.get("/account").text
    assert "Power off? Call +1 512 555 0199" in page
    assert "<dd>ada</dd>" in page.replace("\n", ""), "what the page itself says stays"
    assert "Questions: (512) 555-0100" in page
    (style,) = re.findall(r'href="(/brand/\d+\.css\?v=\d+)"', page)
    (logo,) = re.findall(r'src="(/brand/\d+\.png\?v=\d+)" alt="Lone Star"', page)
    css = ada.get(style)
    assert css.content_type == "text/css; charset=utf-8"
    assert "--green:#0b5394;" in css.text
    assert ada.get(logo).data == picture()
    assert "default-src 'none'" in ada.get("/account").headers["Content-Security-Policy"]
    rep = Reader(app)
    rep.log_in("bluebonnet")
    assert "ownbrand" not in rep.get("/account").text, "it is for customers"
    assert "/brand/1.png" not in Reader(app).get("/login").text
    change(clerk, no_logo="1")
    assert "ownlogo" not in ada.get("/account").text
    assert ada.get(logo).status_code == 404


def test_what_customers_could_not_read_is_refused_with_a_way_out(app: Flask, clerk: Reader) -> None:
    pale = change(clerk, colour="#ffcc00")
    assert pale.status_code == 400
    nearest = re.search(r"(#[0-9a-f]{6}) can be\.", pale.text)
    assert nearest
    assert 'value="(512) 555-0100"' in pale.text, "what was typed is still there"
    assert change(clerk, colour=nearest[1]).status_code == 303
    for wrong in (
        {"colour": "red"},
        {"dark_colour": "#000000"},
        {"name": " "},
        {"phone": "call me"},
        {"mail": "nobody"},
        {"outage_phone": "512 Bcc: x"},
    ):
        assert change(clerk, **wrong).status_code == 400, wrong
    svg = change(clerk, b"<svg onload='x()'/>")
    assert svg.status_code == 400
    assert "An SVG picture can hold programs" in svg.text
    assert change(clerk, bytes(400_000)).status_code == 413


def test_the_mails_of_its_customers_end_with_whom_to_call(app: Flask, clerk: Reader) -> None:
    site: Site = app.extensions[EXTENSION]
    change(clerk)
    with site.database.write() as conn:
        ada = people.party_named(conn, "customer", "ada")
        job = outbox.add_job(
            conn,
            "mail.send",
            {"to": "ada@example.com", "subject": "x", "text": "Hello.\n", "language": "es", "customer": ada},
            now_s=NOW_S,
        )
    written = mail.written(jobs.Context(site.settings, site.database), job).get_content()
    assert written == (
        "Hello.\n\n-- \nLone Star\n¿Sin luz? Llame al +1 512 555 0199\n"
        "Preguntas: (512) 555-0100, ask@lonestar.example\n"
    )
