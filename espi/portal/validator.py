"""The public validator: a file is dropped, the conformance kit judges it, its report comes back. Nothing is kept."""

from __future__ import annotations

import base64
import re

from flask import Blueprint, Flask, Response, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from conformance.blocks import NAMES
from conformance.report.page import style
from espi.errors import BadInput, EspiError, NotFound
from espi.portal import judging
from espi.portal.judging import Busy, Judgment
from espi.portal.language import count, say
from espi.store import quotas
from espi.web.site import site

pages = Blueprint("validator", __name__, url_prefix="/validate")

FILES_AN_HOUR = 60
"""Files of one address that are judged within an hour."""
HOUR_S = 3600
FORM_BYTES = 64 * 1024
"""What the form may have beside its files."""
RETRY_S = 60
STYLE_S = 86_400
BLOCKS = re.compile(r"(?a:\d{1,2}([\s,]+\d{1,2}){0,60})?")
NUMBER = re.compile(r"(?a:\d+)")
FORMS = {"json": ("application/json", "conformance.json"), "html": ("text/html", "conformance.html")}


class TooMany(EspiError):
    """The address has had its share of this hour."""

    status = 429
    code = "too_many"
    public = "Too many files came from your address within this hour. Try again in the next."


def attach(app: Flask) -> None:
    """Add the page, let its form be as large as its files may be, and say to all pages whether it is there.

    Call it before anything that reads forms.
    """

    @app.before_request
    def make_room() -> None:
        """A form with files is larger than others."""
        if request.endpoint == "validator.judged":
            request.max_content_length = site().settings.validate_max_mb * 1024 * 1024 + FORM_BYTES

    app.context_processor(lambda: {"validates": site().settings.validate_max_mb > 0})
    app.register_blueprint(pages)


@pages.before_request
def only_if_offered() -> None:
    """Answer as if the page were not there, where it is not offered."""
    if site().settings.validate_max_mb <= 0:
        raise NotFound


@pages.get("")
def start() -> Response:
    """What is checked, and the form that takes a file."""
    return _page("")


@pages.post("")
def judged() -> Response:
    """The report on a file, on the page or as a file."""
    try:
        _count()
        found = _judge()
    except (BadInput, Busy, TooMany) as err:
        refused = _page(say(err.public), err.status)
        if err.status != BadInput.status:
            refused.headers["Retry-After"] = str(RETRY_S)
        return refused
    form = request.form.get("form", "")
    if form in FORMS:
        kind, name = FORMS[form]
        head = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(found.json if form == "json" else found.page, mimetype=kind, headers=head)
    return Response(
        render_template(
            "validated.html",
            report=Markup(found.fragment),  # noqa: S704  the kit escapes what it puts in
            told=_told(found),
            good=found.data["outcome"] == "pass",
            files={form: _link(found, form) for form in FORMS},
            names={form: name for form, (_kind, name) in FORMS.items()},
        )
    )


@pages.get("/report.css")
def report_style() -> Response:
    """The style of the kit's report."""
    return Response(style(), mimetype="text/css", headers={"Cache-Control": f"public, max-age={STYLE_S}"})


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Say how large a file may be."""
    most = site().settings.validate_max_mb
    return _page(say("The file is too large: %(most)s megabytes at most are checked here.", most=most), 413)


def _page(refused: str, status: int = 200) -> Response:
    most = site().settings.validate_max_mb
    return Response(render_template("validate.html", refused=refused, most=most), status)


def _count() -> None:
    here = site()
    hour_s = here.now_s() // HOUR_S * HOUR_S
    with here.database.write() as conn:
        used = quotas.add_use(conn, f"validate/{request.remote_addr}", hour_s)
    if used > FILES_AN_HOUR:
        raise TooMany


def _judge() -> Judgment:
    file, earlier = _sent("file"), _sent("earlier")
    if file is None:
        raise BadInput(say("Choose a file first."))
    return judging.judge(file, earlier, _blocks())


def _blocks() -> str:
    written = request.form.get("blocks", "").strip()
    numbers = NUMBER.findall(written) if BLOCKS.fullmatch(written) else ()
    if written and not numbers:
        raise BadInput(say("Write function blocks as numbers with commas between them, such as 1,4,5."))
    for number in numbers:
        if int(number) not in NAMES:
            raise BadInput(say("There is no function block %(number)s.", number=number))
    return ",".join(numbers)


def _sent(name: str) -> FileStorage | None:
    file = request.files.get(name)
    return file if file is not None and file.filename else None


def _told(found: Judgment) -> str:
    (subject,) = found.data["subjects"]
    figures = subject["required"]
    if figures["fail"]:
        return count("%(num)s requirement does not hold.", "%(num)s requirements do not hold.", figures["fail"])
    if figures["pass"] and subject["outcome"] == "pass":
        return say("All that is required and applies holds.")
    return say("Nothing that is required failed, and not everything could be judged.")


def _link(found: Judgment, form: str) -> str:
    """The report as an address that holds it, so that nothing needs to be kept here for a download."""
    kind, _name = FORMS[form]
    text = found.json if form == "json" else found.page
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
