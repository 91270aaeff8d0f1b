"""The operator's first page: what waits for him; jobs and files with what hangs, failed and can be tried again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.errors import Conflict
from espi.helpdesk import standing
from espi.portal import desk_words
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import audit, claims, desk, events, health, jobs, staff
from espi.store.claims import Claim
from espi.store.database import Conn
from espi.store.third_parties import REVIEW, third_parties
from espi.web.site import site

pages = Blueprint("operator", __name__, url_prefix="/operator")

MOST = 50
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class File:
    """A file that is being loaded or cannot be. share: per cent that is read. rest: how long it takes still."""

    id: int
    name: str
    state: str
    size: str
    share: int
    rest: str
    process: str
    error: str


@pages.get("")
def overview() -> Response:
    """What waits, each with its number and its page."""
    now_s = site().now_s()
    with site().database.read() as conn:
        _require(conn, "the operator's first page")
        counts, files = jobs.counts(conn), health.file_counts(conn)
        parties = third_parties(conn)
        waits = {
            "tickets": desk.counts(conn, now_s),
            "review": sum(each.status == REVIEW for each in parties),
            "appeals": sum(standing.waits(conn, each.id) for each in parties),
            "roles": sum(each.state == staff.PENDING for each in staff.proposals(conn)),
            "failed": counts.get(jobs.FAILED, 0),
            "stuck": health.stuck(conn, now_s),
            "aside": files.get(claims.SET_ASIDE, 0),
        }
    return Response(render_template("operator.html", waits=waits))


@pages.get("/jobs")
def work() -> Response:
    """Jobs by kind and state, those that failed for good, those whose workers fell silent; and deliveries given up."""
    now_s = site().now_s()
    with site().database.read() as conn:
        _require(conn, "jobs")
        counted = health.job_counts(conn)
        failed = jobs.jobs(conn, state=jobs.FAILED, limit=MOST)
        running = jobs.jobs(conn, state=jobs.RUNNING, limit=MOST)
        oldest = health.oldest_due_s(conn, now_s)
        lost = events.deliveries(conn, state="given_up", limit=MOST)
        names = {each.id: each.name for each in third_parties(conn)}
    page = render_template(
        "operator_jobs.html",
        counted=[(each.kind, _states().get(each.state, each.state), each.number) for each in counted],
        failed=[(each.id, each.kind, each.attempts, each.error, _at(each.finished_s)) for each in failed],
        running=[
            (each.kind, f"{each.done}/{each.total}" if each.total else "", each.claimed_until_s < now_s, each.attempts)
            for each in running
        ],
        oldest=desk_words.span(now_s - oldest) if oldest is not None else "",
        lost=[(each.id, names.get(each.third_party_id, ""), each.attempts, _at(each.due_s)) for each in lost],
        told=_told(),
    )
    return Response(page)


@pages.post("/jobs")
def again() -> Response:
    """Let a job that failed, or a delivery that was given up, be tried again."""
    now_s, form = site().now_s(), request.form
    with site().database.write() as conn:
        _require(conn, "trying again")
        if form.get("delivery"):
            key = form.get("delivery", 0, int)
            events.resend(conn, key, now_s)
            _note(conn, f"delivery {key}")
        else:
            key = form.get("job", 0, int)
            if not health.put_back_job(conn, key, now_s):
                raise Conflict("This job has not failed, or is gone.")
            _note(conn, f"job {key}")
    return redirected(url_for("operator.work", told="again"))


@pages.get("/files")
def files() -> Response:
    """Files that wait, are being loaded, with how long that takes still, or are set aside."""
    with site().database.read() as conn:
        _require(conn, "files")
        loading = claims.claims(conn, states=(claims.LOADING,))
        aside = claims.claims(conn, states=(claims.SET_ASIDE,))
        waiting = health.file_counts(conn).get(claims.WAITING, 0)
    now_s = site().now_s()
    page = render_template(
        "operator_files.html",
        loading=[_file(each, now_s) for each in loading],
        aside=[_file(each, now_s) for each in aside],
        waiting=waiting,
        told=_told(),
    )
    return Response(page)


@pages.post("/files")
def retry() -> Response:
    """Let a file that was set aside be loaded again."""
    name = request.form.get("name", "")
    with site().database.write() as conn:
        _require(conn, f"file {name}")
        if not name or not claims.retry(conn, name, site().now_s()):
            raise Conflict("This file is not set aside.")
        _note(conn, f"file {name}")
    return redirected(url_for("operator.files", told="again"))


def _file(each: Claim, now_s: int) -> File:
    run_s = max(1, now_s - each.began_s)
    rest = ""
    if each.state == claims.LOADING:
        known = each.done > 0
        rest = desk_words.span((each.size - each.done) * run_s // each.done) if known else say("not known yet")
        if each.claimed_until_s < now_s:
            rest = say("its loader is silent")
    return File(
        id=each.id,
        name=each.name,
        state=each.state,
        size=f"{each.size / MEGABYTE:,.1f} MB",
        share=100 * each.done // each.size if each.size else 0,
        rest=rest,
        process=each.process,
        error=each.error,
    )


def _states() -> dict[str, str]:
    return {
        jobs.WAITING: say("waiting"),
        jobs.RUNNING: say("running"),
        jobs.DONE: say("done"),
        jobs.FAILED: say("failed"),
    }


def _at(instant: int | None) -> str:
    return desk_words.moment(instant) if instant else ""


def _told() -> str:
    return say("It is tried again now.") if request.args.get("told") == "again" else ""


def _require(conn: Conn, target: str) -> None:
    access.require(conn, principal(), "job:manage", settings=site().settings, target=target)


def _note(conn: Conn, target: str) -> None:
    audit.record(
        conn,
        at_s=site().now_s(),
        actor=str(principal()),
        action="job:retry",
        target=target,
        rule="espi.portal.operator",
        allowed=True,
    )
