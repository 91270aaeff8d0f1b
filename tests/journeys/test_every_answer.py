from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from espi.app import create_app
from espi.config import Settings
from espi.errors import WrongSchema
from tests.journeys.conftest import Reader, World


@pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/nowhere", "/static/portal.css"])
def test_every_answer_has_the_security_headers_and_a_request_id(reader: Reader, path: str) -> None:
    headers = reader.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Referrer-Policy"] == "same-origin"
    assert len(headers["X-Request-Id"]) == 16


def test_pages_about_a_person_are_kept_in_no_cache(ada: Reader, world: World) -> None:
    for path in ("/", f"/usage/{world.home}", f"/usage/{world.home}/download?from=2025-06-01&to=2025-06-01"):
        assert ada.get(path).headers["Cache-Control"] == "no-store"


def test_a_person_gets_an_error_page_with_the_request_id(ada: Reader) -> None:
    answer = ada.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such thing here." in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_program_gets_a_problem_body_with_the_request_id(reader: Reader) -> None:
    answer = reader.get("/", Accept="application/json")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answer.data)
    assert body["code"] == "unauthorized"
    assert body["request_id"] == answer.headers["X-Request-Id"]


def test_a_method_that_is_not_allowed_says_which_are(ada: Reader, world: World) -> None:
    answer = ada.fill_in("/", f"/usage/{world.home}")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_form_that_is_too_large_is_refused(reader: Reader) -> None:
    assert reader.fill_in("/login", "/login", login="a" * 100_000, password="x").status_code == 413


def test_a_failure_shows_nothing_and_logs_no_values(app: Flask, reader: Reader) -> None:
    @app.get("/broken")
    def broken() -> str:
        password = "hunter2"
        raise RuntimeError(f"it was {password}")

    with capture_logs(processors=[merge_contextvars]) as logged:
        answer = reader.get("/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    failed = next(each for each in logged if each["event"] == "request.failed")
    assert failed["error"] == "RuntimeError"
    assert failed["request_id"] == answer.headers["X-Request-Id"]
    assert "hunter2" not in str(logged)


def test_health_and_readiness_need_no_login(reader: Reader) -> None:
    assert reader.get("/healthz").get_json() == {"status": "ok"}
    assert reader.get("/readyz").get_json() == {"status": "ready"}


def test_a_database_of_another_version_is_not_served(settings: Settings, tmp_path: Path) -> None:
    empty = replace(settings, database_url=f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(WrongSchema) as refused:
        create_app(empty)
    assert "espi init" in refused.value.public


def test_the_access_log_names_the_route_and_not_the_meter(ada: Reader, world: World) -> None:
    with capture_logs() as logged:
        ada.get(f"/usage/{world.home}")
    (line,) = logged
    assert line["route"].startswith("/usage/<")
    assert line["status"] == 200
    assert str(world.home) not in str(line)


def test_what_a_user_types_comes_back_escaped(reader: Reader) -> None:
    answer = reader.fill_in("/login", "/login", login='"><script>alert(1)</script>', password="x")
    assert "<script>" not in answer.text
