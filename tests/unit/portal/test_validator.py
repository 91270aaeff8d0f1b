from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from conformance.samples import catalogue
from espi.app import create_app
from espi.config import Settings
from espi.portal import judging, validator
from espi.store.database import Database

ORIGIN = "https://localhost"
GOOD = catalogue.good("electricity")
EDGE = "a-part-ends-here"
HALF = GOOD[: len(GOOD) // 2]


@pytest.fixture
def serve(settings: Settings, database: Database) -> Callable[..., Flask]:
    """The server, with other settings if need be."""
    return lambda **changes: create_app(replace(settings, **changes), database=database)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are put for a while."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def check(
    app: Flask,
    content: bytes | None,
    *,
    name: str = "July.xml",
    language: str = "en",
    earlier: bytes | None = None,
    **fields: str,
) -> TestResponse:
    """Send the form as a browser does."""
    client = Client(app)
    page = client.get(f"/validate?language={language}", base_url=ORIGIN).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    files = {"file": (name, content), "earlier": ("June.xml", earlier)}
    parts = [(f'name="{field}"', text.encode()) for field, text in {"csrf_token": token[1], **fields}.items()]
    parts += [
        (f'name="{field}"; filename="{named}"', data) for field, (named, data) in files.items() if data is not None
    ]
    body = b"".join(
        f"--{EDGE}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n" for head, data in parts
    )
    return client.post(
        f"/validate?language={language}",
        base_url=ORIGIN,
        data=body + f"--{EDGE}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={EDGE}",
        headers={"Referer": ORIGIN},
    )


def test_a_good_file_is_told_to_be_good(serve: Callable[..., Flask]) -> None:
    answer = check(serve(), GOOD)
    assert answer.status_code == 200
    assert "All that is required and applies holds." in answer.text
    assert '<div class="kit" lang="en">' in answer.text
    assert "July.xml" in answer.text


def test_a_broken_file_is_told_what_breaks_it(serve: Callable[..., Flask]) -> None:
    answer = check(serve(), HALF)
    assert answer.status_code == 200
    assert "1 requirement does not hold." in answer.text
    assert "XSD001" in answer.text


def test_the_page_around_the_report_speaks_spanish(serve: Callable[..., Flask]) -> None:
    answer = check(serve(), HALF, language="es")
    assert "1 requisito no se cumple." in answer.text
    assert "El informe está en inglés." in answer.text


@pytest.mark.parametrize(
    ("form", "kind", "start"), [("json", "application/json", "{"), ("html", "text/html", "<!doctype")]
)
def test_the_report_comes_as_a_file_if_wished(serve: Callable[..., Flask], form: str, kind: str, start: str) -> None:
    answer = check(serve(), GOOD, form=form)
    assert answer.mimetype == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="conformance.{form}"'
    assert answer.text.startswith(start)


def test_blocks_and_an_earlier_file_are_judged_with(serve: Callable[..., Flask]) -> None:
    answer = check(serve(), GOOD, form="json", blocks="1, 4, 5", earlier=GOOD)
    (subject,) = json.loads(answer.text)["subjects"]
    assert subject["claimed_blocks"] == [1, 4, 5]
    assert not [one for one in subject["results"] if "No earlier file" in one["why"]]


def test_nothing_is_kept(serve: Callable[..., Flask], temporary: Path) -> None:
    check(serve(), GOOD * 20)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (None, {}, "Choose a file first."),
        (GOOD, {"blocks": "one"}, "Write function blocks as numbers"),
        (GOOD, {"blocks": "1,77"}, "There is no function block 77."),
    ],
    ids=["no file", "no numbers", "no such block"],
)
def test_what_cannot_be_done_is_told_in_the_form(
    serve: Callable[..., Flask], content: bytes | None, fields: dict[str, str], told: str
) -> None:
    answer = check(serve(), content, **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert "<form" in answer.text


def test_a_file_beyond_the_limit_is_refused(serve: Callable[..., Flask]) -> None:
    answer = check(serve(validate_max_mb=1), b"x" * (1 << 21))
    assert answer.status_code == 413
    assert "1 megabytes at most" in answer.text


def test_other_forms_stay_small(serve: Callable[..., Flask]) -> None:
    answer = Client(serve()).post("/login", base_url=ORIGIN, data={"login": "x" * 100_000})
    assert answer.status_code == 413


def test_a_form_without_its_token_is_refused(serve: Callable[..., Flask]) -> None:
    answer = Client(serve()).post("/validate", base_url=ORIGIN, data={"file": (io.BytesIO(GOOD), "x.xml")})
    assert answer.status_code == 400
    assert "too old or was not ours" in answer.text


def test_a_name_leads_nowhere_and_is_shown_as_text(serve: Callable[..., Flask]) -> None:
    for name in ("../../<script>.xml", "--help"):
        answer = check(serve(), HALF, name=name)
        assert answer.status_code == 200
        assert "<script" not in answer.text


def test_an_address_has_its_share_of_an_hour(serve: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator, "FILES_AN_HOUR", 1)
    app = serve()
    assert check(app, None).status_code == 400
    refused = check(app, GOOD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]


def test_no_more_are_judged_at_once_than_there_are_turns(
    serve: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(judging, "_turns", taken)
    monkeypatch.setattr(judging, "PATIENCE_S", 0.01)
    answer = check(serve(), GOOD)
    assert answer.status_code == 503
    assert "Try again in a minute." in answer.text


@pytest.mark.parametrize("limit", ["MEMORY_MB", "WHOLE_S"])
def test_a_file_that_takes_too_much_is_given_up(
    serve: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(judging, limit, {"MEMORY_MB": 40, "WHOLE_S": 0.01}[limit])
    answer = check(serve(), GOOD)
    assert answer.status_code == 400
    assert "more time or memory" in answer.text


def test_a_fault_of_the_kit_is_not_blamed_on_the_file(
    serve: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "PROCESSOR_S", "no number")
    answer = check(serve(), GOOD)
    assert answer.status_code == 500
    assert "quote the request id" in answer.text


def test_the_kit_gets_no_secret_of_ours(
    serve: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[dict[str, str]] = []
    run = subprocess.run

    def watched(*words: object, **given: object) -> object:
        seen.append(given["env"])  # type: ignore[arg-type]
        return run(*words, **given)  # type: ignore[call-overload]

    monkeypatch.setenv("ESPI_SECRET_KEY", "nobody may know")
    monkeypatch.setattr(judging.subprocess, "run", watched)
    check(serve(), HALF)
    assert [sorted(each) for each in seen] == [["PATH", "PYTHONPATH"]]


def test_the_page_can_be_switched_off(serve: Callable[..., Flask]) -> None:
    client = Client(serve(validate_max_mb=0))
    assert client.get("/validate", base_url=ORIGIN).status_code == 404
    assert "/validate" not in client.get("/login", base_url=ORIGIN).text
    assert "/validate" in Client(serve()).get("/login", base_url=ORIGIN).text


def test_the_style_of_the_report_is_served(serve: Callable[..., Flask]) -> None:
    answer = Client(serve()).get("/validate/report.css", base_url=ORIGIN)
    assert answer.mimetype == "text/css"
    assert ".kit" in answer.text
