"""The compliance matrix: what is asked, where it is met, and what shows it. As a page for everybody, and as a file."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, current_app, render_template, request, url_for

from espi.errors import BadInput
from espi.portal.language import say
from espi.portal.requirements import MET, MISSING, PART, REQUIREMENTS, STATES, Requirement
from espi.store.market_reports import safe

pages = Blueprint("compliance", __name__, url_prefix="/compliance")


@pages.get("")
def overview() -> Response:
    """Every requirement; of one state where it is asked for."""
    state = request.args.get("state", "")
    if state not in {"", *STATES}:
        raise BadInput("Choose a state from the list.")
    wanted = [each for each in REQUIREMENTS if state in {"", each.state}]
    page = render_template(
        "compliance.html",
        sources=[
            (source, [_line(each) for each in wanted if each.source == source])
            for source in dict.fromkeys(each.source for each in wanted)
        ],
        states=states(),
        counts={each: sum(one.state == each for one in REQUIREMENTS) for each in STATES},
        state=state,
    )
    return Response(page)


@pages.get("/matrix.csv")
def file() -> Response:
    """The same as a file for spreadsheets."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow([say("Source"), say("Asked for"), say("State"), say("Where it is met"), say("What shows it")])
    for each in REQUIREMENTS:
        shown = "; ".join(f"{kind} {name}" for kind, name in each.evidence())
        cells = (each.source, say(each.asks), states()[each.state], say(each.how), shown)
        lines.writerow([safe(cell) for cell in cells])
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="compliance.csv"'
    return answer


def states() -> dict[str, str]:
    """States of requirements."""
    return {MET: say("Met"), PART: say("Met in part"), MISSING: say("Not met yet")}


def _line(each: Requirement) -> dict[str, object]:
    return {
        "id": each.id,
        "asks": say(each.asks),
        "how": say(each.how),
        "state": states()[each.state],
        "met": each.state == MET,
        "missing": each.state == MISSING,
        "tests": each.tests,
        "docs": each.docs,
        "pages": [_address(endpoint) for endpoint in each.pages],
    }


def _address(endpoint: str) -> tuple[str, str]:
    """A page's path as people know it, and its address where it has no further arguments."""
    rule = next(current_app.url_map.iter_rules(endpoint))
    return rule.rule.replace("int(max=999999999999999):", ""), "" if rule.arguments else url_for(endpoint)
