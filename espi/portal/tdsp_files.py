"""A utility's files: sending them in the browser, how far each is, what became of it, and the response file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from espi.errors import Conflict, NotFound
from espi.intake import response, upload
from espi.intake.report import Counts, FileReport
from espi.portal import desk_words, tdsp_words
from espi.portal.language import count, say
from espi.portal.session import principal, redirected
from espi.store import claims, queue, sent_files, uploads
from espi.store.claims import Claim
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.store.queue import ReceivedFile
from espi.store.uploads import Upload
from espi.web.site import site

pages = Blueprint("tdsp_files", __name__, url_prefix="/tdsp/files")

MOST = 100
MOST_REFUSED = 200
FORM_BYTES = 64 * 1024
SENT, RECEIVED, WANTED = "s", "r", "w"
"""How a file's number in an address begins: sent in the browser, come otherwise, wanted but not come in yet."""
DOOR_CODE = "F2"


@dataclass(frozen=True)
class Line:
    """A file in the list. look: on, bad or nothing. share: per cent read; rest: how long it takes still."""

    key: str
    name: str
    state: str
    look: str
    when: str
    told: str
    when_s: int
    share: int | None = None
    rest: str = ""


@dataclass(frozen=True)
class Sent:
    """A file whichever way it came, as far as each part of it is known."""

    upload: Upload | None = None
    file: ReceivedFile | None = None
    claim: Claim | None = None

    @property
    def key(self) -> str:
        """Its number in addresses."""
        if self.upload:
            return f"{SENT}{self.upload.id}"
        return f"{RECEIVED}{self.file.id}" if self.file else f"{WANTED}{self.claim.id if self.claim else 0}"

    @property
    def name(self) -> str:
        """What it is called."""
        return next(each.name for each in (self.upload, self.file, self.claim) if each)

    @property
    def state(self) -> str:
        """How far it is: of the upload while it has not become a file, of the claim while it is worked on."""
        if self.upload and self.upload.state in {uploads.ARRIVING, uploads.REFUSED, uploads.CANCELLED}:
            return self.upload.state
        if self.claim and self.claim.state != claims.DONE:
            return self.claim.state
        return self.file.state if self.file else claims.WAITING

    @property
    def since_s(self) -> int:
        """When it came."""
        if self.upload:
            return self.upload.sent_s
        return self.file.received_s if self.file else self.claim.told_s if self.claim else 0

    @property
    def counts(self) -> Counts:
        """What became of its blocks."""
        return Counts.of(self.file.counts) if self.file else Counts()


@pages.before_app_request
def make_room() -> None:
    """A form with files is larger than others."""
    if request.endpoint == "tdsp_files.send":
        request.max_content_length = site().settings.max_upload_mb * 1024 * 1024 + FORM_BYTES


@pages.get("")
def overview() -> Response:
    """The form to send files, and the files there are."""
    return _list_page("")


@pages.post("")
def send() -> Response:
    """Take files in, each for itself, and show the one, or the list."""
    given = [each for each in request.files.getlist("file") if each.filename]
    if not given:
        return _list_page(say("Choose a file first."), 400)
    here = site()
    numbers = []
    for each in given:
        with here.database.write() as conn:
            utility = tdsp_words.require(conn, f"send {(each.filename or '')[:100]}")
        numbers.append(
            upload.receive(
                here.database,
                utility,
                cast("BinaryIO", each.stream),
                each.filename or "",
                sent_by=principal().name,
                most=here.settings.max_upload_mb << 20,
                now_s=here.now_s(),
            )
        )
    if len(numbers) == 1:
        return redirected(url_for("tdsp_files.one", key=f"{SENT}{numbers[0]}"))
    return redirected(url_for("tdsp_files.overview", told="sent"))


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Say how large a file may be."""
    most = site().settings.max_upload_mb
    told = say(
        "That is more than %(most)s megabytes at once. Pack the file with gzip, send it in parts, or put it into your "
        "folder of the inbox.",
        most=most,
    )
    return _list_page(told, 413)


@pages.get("/<key>")
def one(key: str) -> Response:
    """One file: how far it is, what was loaded and what was not, why, and what to do."""
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, f"file {key}")
        found = _found(conn, utility, key)
        refused = queue.refused(conn, found.file.id) if found.file else []
    kind = found.file.kind if found.file else ""
    events = kind == "market-events"
    problem = found.upload.problem if found.upload else ""
    if not problem and found.state == queue.REFUSED:
        problem = "content"
    page = render_template(
        "tdsp_file.html",
        file=line(utility, found),
        kind=tdsp_words.kind_name(kind),
        size=tdsp_words.size(found.upload.size) if found.upload and found.upload.size else "",
        by=found.upload.sent_by if found.upload else "",
        remark=tdsp_words.of_problem(problem, utility),
        reason=_reason(found),
        counts=_facts(found.counts, events=events) if found.state == queue.LOADED else [],
        parked=found.counts.parked,
        refused=[(each, tdsp_words.of_code(each.code, events=events)) for each in refused[:MOST_REFUSED]],
        more=max(0, len(refused) - MOST_REFUSED),
        events=events,
        answered=found.state in {queue.LOADED, queue.REFUSED},
        may_retry=found.state == claims.SET_ASIDE,
        may_cancel=bool(found.upload) and found.state in {claims.WAITING, claims.SET_ASIDE},
        open=found.state in {claims.WAITING, claims.LOADING},
        told=_told(),
    )
    return Response(page)


@pages.post("/<key>")
def act(key: str) -> Response:
    """Try a file again that was set aside, or take one back that waits."""
    now_s, wish = site().now_s(), request.form.get("act", "")
    with site().database.write() as conn:
        utility = tdsp_words.require(conn, f"{wish[:16]} file {key}")
        found = _found(conn, utility, key)
        if wish == "cancel":
            if not (found.upload and uploads.cancel(conn, found.upload.id, now_s)):
                raise Conflict("It is too late to take this file back: it is being loaded, or loaded already.")
        elif found.upload and found.state == claims.SET_ASIDE:
            uploads.retry(conn, found.upload.id, now_s)
        elif found.state != claims.SET_ASIDE or not claims.retry(conn, found.name, now_s):
            raise Conflict("This file is not set aside.")
    return redirected(url_for("tdsp_files.one", key=key, told="cancelled" if wish == "cancel" else "again"))


@pages.get("/<key>/response.csv")
def answer(key: str) -> Response:
    """The response file."""
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, f"response to file {key}")
        found = _found(conn, utility, key)
        if found.file:
            report = replace(FileReport.of(conn, found.file), name=found.name)
        elif found.upload and found.upload.state == uploads.REFUSED:
            report = FileReport(found.name, 0, code=DOOR_CODE, reason=found.upload.reason)
        else:
            raise NotFound(detail=f"file {key} has no response yet")
    made = Response(response.write(report), content_type="text/csv; charset=utf-8")
    made.headers.set("Content-Disposition", "attachment", filename=response.response_name(found.name))
    return made


def sent_lately(conn: Conn, utility: Utility, limit: int = MOST) -> list[Sent]:
    """The files of a utility, whichever way they came, the last first."""
    own = uploads.uploads_of(conn, utility.id, limit)
    open_claims = uploads.claims_of(conn, [each.id for each in own if each.state == uploads.WANTED])
    came = sent_files.received(conn, utility.id, limit=limit)
    by_id = {each.id: each for each in came}
    missing = {each.file_id for each in own if each.file_id} - set(by_id)
    by_id |= {each: queue.file(conn, each) for each in missing if each}
    found = [Sent(each, by_id.get(each.file_id or 0), open_claims.get(each.id)) for each in own]
    taken = {each.file_id for each in own}
    keys = {each.key for each in own}
    under_way = [each for each in sent_files.open_claims(conn, utility.duns) if each.key not in keys]
    names = {each.name for each in under_way} | {each.name for each in own if each.state == uploads.WANTED}
    found += [Sent(claim=each) for each in under_way]
    found += [
        Sent(file=each)
        for each in came
        if each.id not in taken and not (each.state == queue.LOADING and each.name in names)
    ]
    return sorted(found, key=lambda each: -each.since_s)[:limit]


def line(utility: Utility, found: Sent) -> Line:
    """A file as the list shows it."""
    state, counts = found.state, found.counts
    bad = state in {queue.REFUSED, claims.SET_ASIDE} or bool(counts.refused)
    made = Line(
        key=found.key,
        name=found.name,
        state=say("Loaded in part") if counts.refused and state == queue.LOADED else tdsp_words.state_name(state),
        look="bad" if bad else "on" if state == queue.LOADED else "",
        when=tdsp_words.moment(utility, found.since_s),
        told=tdsp_words.outcome(counts.refused, counts.parked) if state == queue.LOADED else "",
        when_s=found.since_s,
    )
    if found.claim is None or state != claims.LOADING:
        return made
    return replace(made, share=_share(found.claim), rest=_rest(found.claim))


def _share(claim: Claim) -> int:
    return 100 * claim.done // claim.size if claim.size else 0


def _rest(claim: Claim) -> str:
    now_s = site().now_s()
    if claim.claimed_until_s < now_s:
        return say("its loader is silent")
    if not claim.done:
        return say("not known yet")
    run_s = max(1, now_s - claim.began_s)
    return desk_words.span((claim.size - claim.done) * run_s // claim.done)


def _list_page(refused: str, status: int = 200) -> Response:
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, "files")
        found = sent_lately(conn, utility)
    page = render_template(
        "tdsp_files.html",
        files=[line(utility, each) for each in found],
        utility=utility,
        most=site().settings.max_upload_mb,
        refused=refused,
        told=_told(),
    )
    return Response(page, status)


def _found(conn: Conn, utility: Utility, key: str) -> Sent:
    """A utility's own file by its number in addresses; `NotFound` for another's as for none."""
    number = int(key[1:]) if key[1:].isascii() and key[1:].isdigit() and len(key) < 17 else 0
    if key.startswith(SENT) and number:
        own = uploads.upload(conn, number)
        if own.utility_id == utility.id:
            file = queue.file(conn, own.file_id) if own.file_id else None
            return Sent(own, file, uploads.claims_of(conn, [own.id]).get(own.id))
    elif key.startswith(RECEIVED) and number and sent_files.is_own(conn, utility.id, number):
        return Sent(file=queue.file(conn, number))
    elif key.startswith(WANTED):
        for claim in sent_files.open_claims(conn, utility.duns):
            if claim.id == number:
                return Sent(claim=claim)
    raise NotFound(detail=f"{utility.name} has no file {key}")


def _reason(found: Sent) -> str:
    """Why it was refused whole or set aside, as the response file or the log has it."""
    if found.upload and found.upload.reason:
        return found.upload.reason
    if found.state == claims.SET_ASIDE and found.claim:
        return found.claim.error
    return str(found.file.counts.get("reason", "")) if found.file else ""


def _facts(counts: Counts, *, events: bool) -> Iterable[tuple[str, str]]:
    """The counts in words; those that are nothing are left out, but for what was accepted and refused."""
    names: dict[str, str] = {
        "loaded": say("New"),
        "replaced": say("Put in place of what was there"),
        "unchanged": say("Known already"),
        "older": say("Older than what is there"),
        "parked": say("Wait for their meter"),
        "refused": say("Refused"),
    }
    all_of_them: dict[str, Any] = asdict(counts)
    whole = count("%(num)s event", "%(num)s events", counts.blocks) if events else None
    yield say("In the file"), whole or count("%(num)s meter-day", "%(num)s meter-days", counts.blocks)
    for name, said in names.items():
        if all_of_them[name] or name in {"loaded", "refused"}:
            yield said, f"{all_of_them[name]:,}"


def _told() -> str:
    said = {
        "sent": say("The files are here. They are loaded one after the other."),
        "again": say("It is tried again now."),
        "cancelled": say("The file was taken back. Nothing of it was loaded, and it is gone from here."),
    }
    return said.get(request.args.get("told", ""), "")
