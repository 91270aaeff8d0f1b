from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from espi.delivery import post as posting
from espi.delivery.post import post
from espi.jobs import Context
from tests.listener import Listener


def test_a_post_arrives_with_its_headers_and_length(context: Context, listener: Listener) -> None:
    answer = post(f"{listener.url}/notify?x=1", b"<a/>", {"Content-Type": "application/atom+xml"}, context.settings)
    assert (answer.status, answer.accepted, answer.text) == (200, True, "")
    (got,) = listener.posted
    assert (got.path, got.body) == ("/notify?x=1", b"<a/>")
    assert got.headers["content-type"] == "application/atom+xml"
    assert got.headers["content-length"] == "4"
    assert got.headers["host"] == listener.url.removeprefix("https://")
    assert "authorization" not in got.headers


def test_how_the_answer_begins_is_kept_and_no_more(context: Context, listener: Listener) -> None:
    listener.answer = lambda _posted: (503, {}, b"busy\r\n\x1b[31m" + b"x" * 100_000)
    answer = post(listener.url, b"", {}, context.settings)
    assert answer.status == 503
    assert answer.text.startswith("busy   [31mxxx")
    assert len(answer.text) <= 512


def test_a_redirect_is_not_followed(context: Context, listener: Listener) -> None:
    listener.answer = lambda _posted: (302, {"Location": listener.url + "/inside"}, b"")
    answer = post(listener.url, b"", {}, context.settings)
    assert (answer.status, answer.accepted) == (302, False)
    assert "Redirects" in answer.text
    assert len(listener.posted) == 1


def test_a_private_address_is_not_called(context: Context, listener: Listener) -> None:
    answer = post(listener.url, b"", {}, replace(context.settings, notify_private=False))
    assert (answer.status, answer.text) == (0, "The address leads into a private network.")
    assert listener.posted == []


def test_the_call_goes_to_the_address_that_was_checked_whatever_the_name_stands_for_later(
    context: Context, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: Any, **named: Any) -> Any:
        looked_up.append(host)
        return real("127.0.0.1" if len(looked_up) == 1 or host == "127.0.0.1" else "127.0.0.2", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert post(listener.url, b"", {}, context.settings).accepted
    names = [host for host in looked_up if host != "127.0.0.1"]
    assert names == ["localhost"], "the name is looked up once"


def test_a_certificate_of_another_name_or_of_an_unknown_authority_is_refused(
    context: Context, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "TLS" in post(listener.url, b"", {}, replace(context.settings, trust_ca="")).text
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **named: real("127.0.0.1", *rest, **named))
    answer = post(listener.url.replace("localhost", "third.example"), b"", {}, context.settings)
    assert answer.status == 0
    assert "TLS" in answer.text
    assert listener.posted == []


def test_where_nobody_listens_the_answer_says_so(context: Context) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        answer = post(f"https://localhost:{held.getsockname()[1]}/", b"", {}, context.settings)
    assert (answer.status, answer.text) == (0, "Nobody takes connections there.")


def test_who_answers_too_slowly_is_hung_up_on(
    context: Context, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "WHOLE_S", 0.3)

    def slowly(_posted: object) -> tuple[int, dict[str, str], bytes]:
        time.sleep(1.5)
        return 200, {}, b""

    listener.answer = slowly
    began = time.monotonic()
    assert post(listener.url, b"", {}, context.settings).status == 0
    assert time.monotonic() - began < 1.4
