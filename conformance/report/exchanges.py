"""The requests of a run in the HTML report, with their answers; secrets are masked already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.report.html import Html, el, joined
from conformance.verdict import Verdict

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange


def requests(verdict: Verdict, prefix: str) -> Html | None:
    """Every request that was made, folded, each with an address that findings lead to."""
    if not verdict.exchanges:
        return None
    shown = [_exchange(one, prefix) for one in verdict.exchanges]
    return joined(el("h3", "Requests and answers"), el("div", shown, class_="card requests"))


def _exchange(exchange: Exchange, prefix: str) -> Html:
    status = str(exchange.status) if exchange.status else "no answer"
    return el(
        "details",
        el(
            "summary",
            el("span", f"{exchange.number}", class_="number"),
            el("code", exchange.step) if exchange.step else None,
            el("code", f"{exchange.method} {exchange.url}", class_="text"),
            el("span", f"{status} {exchange.reason}".rstrip(), class_="status"),
        ),
        el(
            "div",
            el("p", exchange.error) if exchange.error else None,
            el("p", "Request", class_="eyebrow"),
            _message(exchange.request_headers, exchange.request_body),
            el("p", f"Answer {status} after {exchange.seconds:.3f} s, {exchange.size_bytes:,} bytes", class_="eyebrow"),
            _message(exchange.response_headers, exchange.response_body),
            el("p", "SHA-256 of the body: ", el("code", exchange.sha256), class_="soft") if exchange.sha256 else None,
            class_="inside",
            id=f"{prefix}x{exchange.number}",
        ),
    )


def _message(headers: Sequence[tuple[str, str]], body: str) -> Html:
    """What was said: the headers folded, unless there is no body to see."""
    told = el("pre", "\n".join(f"{name}: {value}" for name, value in headers), tabindex="0")
    folded = el("details", el("summary", f"{len(headers)} headers"), told, class_="more", open=not body)
    return joined(folded if headers else None, el("pre", body, tabindex="0") if body else None)
