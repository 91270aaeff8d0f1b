"""The report as JSON: stable, for programs and for comparing with a later one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.outcome import Outcome
from conformance.report.whole import Report, untested
from conformance.run import Result
from conformance.suite import Evidence
from conformance.verdict import BlockStanding, Verdict, counts

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange

FORMAT = "green-button-conformance-report/1"


def as_json(report: Report) -> str:
    """The report as a JSON text; two runs of the same judgment differ in `made_at` and `seconds` only."""
    return json.dumps(as_data(report), ensure_ascii=False, indent=1) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as what JSON can hold."""
    return {
        "format": FORMAT,
        "kit": report.version,
        "made_at": report.made_at,
        "outcome": report.outcome,
        "subjects": [_subject(verdict) for verdict in report.verdicts],
        **({"comparison": _comparison(report)} if report.comparison else {}),
    }


def _comparison(report: Report) -> dict[str, Any]:
    assert report.comparison is not None  # noqa: S101  the caller asked
    changes = [
        {"subject": one.subject, "id": one.id, "before": one.before, "after": one.after, "change": one.word}
        for one in report.comparison.changes
    ]
    return {"made_at": report.comparison.made_at, "changes": changes}


def _subject(verdict: Verdict) -> dict[str, Any]:
    return {
        "subject": verdict.subject,
        "kind": verdict.kind,
        "outcome": verdict.outcome,
        "seconds": round(verdict.seconds, 3),
        "facts": dict(verdict.facts),
        "claimed_blocks": None if verdict.claimed is None else sorted(verdict.claimed),
        "satisfied_blocks": sorted(verdict.satisfied),
        "required": _counts(verdict.required),
        "optional": _counts(verdict.optional),
        "blocks": [_block(one) for one in verdict.blocks],
        "results": [_result(one) for one in verdict.results],
        "results_of_blocks_not_claimed": [_result(one) for one in verdict.beyond],
        "not_judged": [{"id": one.id, "block": one.block, "why": one.untested} for one in untested(verdict)],
        "exchanges": [_exchange(one) for one in verdict.exchanges],
    }


def _counts(results: Iterable[Result]) -> dict[str, int]:
    found = counts(results)
    return {outcome.value: found[outcome] for outcome in Outcome}


def _block(block: BlockStanding) -> dict[str, Any]:
    return {
        "block": block.block,
        "title": block.title,
        "claimed": block.claimed,
        "standing": block.standing,
        "outcomes": _counts(block.results),
    }


def _result(result: Result) -> dict[str, Any]:
    demand = result.requirement
    return {
        "id": demand.id,
        "also": list(demand.also),
        "block": demand.block,
        "text": demand.text,
        "strength": demand.strength,
        "source": demand.source,
        "outcome": result.outcome,
        "why": result.why,
        "finding_count": result.finding_count,
        "findings": [
            {"message": one.message, "evidence": [_evidence(piece) for piece in one.evidence]}
            for one in result.findings
        ],
        "evidence": [_evidence(piece) for piece in result.evidence],
        "exchanges": [one.number for one in result.exchanges],
    }


def _evidence(piece: Evidence) -> dict[str, Any]:
    found = {"title": piece.title, "text": piece.text, "line": piece.line, "path": piece.path}
    return {**found, "exchange": piece.exchange}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "number": exchange.number,
        "step": exchange.step,
        "method": exchange.method,
        "url": exchange.url,
        "request_headers": [list(one) for one in exchange.request_headers],
        "request_body": exchange.request_body,
        "status": exchange.status,
        "reason": exchange.reason,
        "response_headers": [list(one) for one in exchange.response_headers],
        "response_body": exchange.response_body,
        "size_bytes": exchange.size_bytes,
        "sha256": exchange.sha256,
        "error": exchange.error,
    }
