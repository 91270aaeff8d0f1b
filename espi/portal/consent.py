"""The consent page: a third party has sent a customer here, who says what it gets, or no (RFC 6749, 4.1).

Whatever is wrong with the request is said before anybody logs in. The grant and the code are one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from espi import access, sharing
from espi import scope as scopes
from espi.clock import zone
from espi.errors import BadInput, EspiError, NotFound
from espi.oauth import authorize, pushed
from espi.oauth.authorize import AuthorizationRequest, SentBack
from espi.portal import customer, sample, scope_words, words
from espi.portal.invitation import described
from espi.portal.language import chosen, count, say
from espi.portal.session import ask_to_log_in, principal, redirected
from espi.scope import MONTH_S, Scope
from espi.sharing import MONTHS, Terms
from espi.store import directory, parties
from espi.web.site import site

if TYPE_CHECKING:
    from espi.access import Principal
    from espi.store.clients import Client
    from espi.store.directory import UsagePoint

pages = Blueprint("consent", __name__)

PUSHED = "pushed"
PUSHED_WITHIN_S = 3600
"""How long a customer may take to log in and decide on a request that was pushed."""

HISTORY_MONTHS = (24, 12, 6, 3, 1)
DAY_S = 86_400


@pages.errorhandler(SentBack)
def send_back(error: SentBack) -> Response:
    """Answer a faulty request at the client's own address."""
    return Response(status=302, headers={"Location": error.location})


@pages.get("/oauth/authorize")
def ask() -> Response:
    """Who asks, for what, how far back and how long, with a sample; and two buttons alike."""
    if "request_uri" in request.args:
        return _unpacked(request.args["request_uri"])
    asked = _asked()
    if g.login is None:
        return ask_to_log_in()
    return _page(asked, principal())


@pages.post("/oauth/authorize")
def answer() -> Response:
    """Share what was chosen, or nothing, and send the customer back."""
    asked, asker = _asked(), principal()
    wanted = request.form.get("answer", "")
    try:
        location = _accept(asked, asker) if wanted == "yes" else _reject(asked, asker, wanted)
    except (BadInput, NotFound) as err:
        return _page(asked, asker, refused=err)
    return Response(status=302, headers={"Location": location})


def _asked() -> AuthorizationRequest:
    """The request, checked."""
    here = site()
    given = {name: request.args.getlist(name) for name in request.args}
    with here.database.read() as conn:
        client = authorize.client_of(conn, given)
        if PUSHED in given:
            kept = _unsealed(given[PUSHED][0], client)
            return authorize.check(conn, client, kept, here.settings, by_push=True)
        return authorize.check(conn, client, given, here.settings)


def _unpacked(request_uri: str) -> Response:
    """Take a pushed request, once, and carry it along in the address, signed, while the customer decides."""
    here = site()
    with here.database.write() as conn:
        client = authorize.client_of(conn, {"client_id": request.args.getlist("client_id")})
        kept = pushed.resolve(conn, client, request_uri, here.settings)
        pushed.use(conn, client, request_uri, here.settings)
    sealed = _seal().dumps([client.client_id, kept])
    return redirected(url_for("consent.ask", client_id=client.client_id, pushed=sealed))


def _unsealed(sealed: str, client: Client) -> dict[str, list[str]]:
    try:
        owner, kept = _seal().loads(sealed, max_age=PUSHED_WITHIN_S)
    except BadSignature as err:
        raise pushed.BadRequestUri from err
    if owner != client.client_id:
        raise pushed.BadRequestUri
    return {name: [value] for name, value in kept.items()}


def _seal() -> URLSafeTimedSerializer:
    key = current_app.secret_key
    if key is None:
        raise TypeError("the application has no key")
    return URLSafeTimedSerializer(key, salt="pushed request")


def _reject(asked: AuthorizationRequest, asker: Principal, wanted: str) -> str:
    """Note that the customer said no, and where he goes."""
    if wanted != "no":
        raise BadInput("Say yes or no.")
    here = site()
    with here.database.write() as conn:
        aim = f"third party {asked.third_party.path_id}"
        access.reach(conn, asker, "grant:reject", settings=here.settings, target=aim)
    return asked.ways.answer(here.settings, error="access_denied", error_description="The customer said no.")


def _accept(asked: AuthorizationRequest, asker: Principal) -> str:
    """Grant what was chosen and give a code for it, and where the customer goes with it."""
    here = site()
    with here.database.write() as conn:
        aim = f"third party {asked.third_party.path_id}"
        reach = access.reach(conn, asker, "grant:accept", settings=here.settings, target=aim)
        points = _chosen(directory.usage_points(conn, reach))
        terms = _terms(asked.scope, points)
        made = sharing.grant(
            conn, asker, asked.third_party, terms, settings=here.settings, client_id=asked.client.id, by="consent page"
        )
        code = authorize.add_code(conn, asked, made.id, here.settings)
    return asked.ways.answer(here.settings, code=code)


def _chosen(points: list[UsagePoint]) -> list[UsagePoint]:
    """The usage points that are ticked, of those that there are."""
    if "every" in request.form:
        return points
    ticked = set(request.form.getlist("usage_point"))
    return [point for point in points if str(point.path_id) in ticked]


def _terms(asked: Scope, points: list[UsagePoint]) -> Terms:
    """What the customer agrees to, as the form has it."""
    if not points:
        raise BadInput("Choose at least one meter.")
    here = site()
    months, back = request.form.get("months", 0, int), request.form.get("history", "all")
    if months not in MONTHS:
        raise BadInput("Choose how long to share.")
    if back != "all" and back not in {"0", *map(str, HISTORY_MONTHS)}:
        raise BadInput("Choose how far back to share.")
    where = zone(points[0].utility.zone)
    personal = "personal" in request.form and _offers_person(asked)
    history_s = None if back == "all" else max(int(back) * MONTH_S, DAY_S)
    granted = scopes.narrowed(asked, history_s=history_s, personal=personal)
    if not granted.blocks:
        raise BadInput("Nothing would be shared: tick what the application may have, or say no.")
    return Terms(
        scope=granted,
        usage_point_ids=tuple(point.id for point in points),
        ends_s=sharing.end_after(here.now_s(), months, where.name),
        from_day=where.day_of(here.now_s()) if back == "0" else None,
        personal=personal,
        language=chosen(),
        address=request.remote_addr or "",
        words=tuple(scope_words.in_words(granted)),
    )


def _offers_person(asked: Scope) -> bool:
    return asked.personal and site().settings.personal_data


def _page(asked: AuthorizationRequest, asker: Principal, *, refused: EspiError | None = None) -> Response:
    here = site()
    with here.database.read() as conn:
        aim = f"third party {asked.third_party.path_id}"
        reach = access.reach(conn, asker, "grant:accept", settings=here.settings, target=aim)
        points = directory.usage_points(conn, reach)
        owner = sharing.owner_of(conn, reach, asker, points[:1])
        kind = parties.customer(conn, reach, owner).kind if points else ""
        readable = access.reach(conn, asker, "usage:read", settings=here.settings, target=aim)
        shown = sample.sample(conn, readable, points[0], asked.scope) if points else None
    g.form_target = asked.ways.origin
    page = render_template(
        "consent.html",
        refused=say(refused.public) if refused else "",
        who=described(asked.third_party),
        site_name=asked.ways.origin.partition("://")[2],
        since=words.day(zone(points[0].utility.zone).day_of(asked.third_party.published_s)) if points else "",
        kinds=scope_words.in_words(asked.scope),
        sample=shown,
        points=[_shown(point) for point in points],
        months=[each for each in MONTHS if each <= sharing.longest_months(kind, here.settings)] if points else [],
        histories=_histories(asked.scope),
        personal=_offers_person(asked.scope),
        form=request.form,
        chosen_months=request.form.get("months", type=int),
    )
    return Response(page, 400 if refused else 200)


def _shown(point: UsagePoint) -> dict[str, Any]:
    return {
        "path_id": str(point.path_id),
        "title": customer.title_of(point),
        "service": customer.service_name(point.service_kind),
        "last_four": point.esiid[-4:],
    }


def _histories(asked: Scope) -> list[tuple[str, str]]:
    """How far back the customer can let it look: as far as was asked, or less."""
    longest = scope_words.history_months(asked)
    everything = scope_words.history(longest) if longest else say("All since you moved in")
    less = [
        (str(each), count("The last %(num)s month before you agree", "The last %(num)s months before you agree", each))
        for each in HISTORY_MONTHS
        if not longest or each < longest
    ]
    return [("all", everything), *less, ("0", say("Nothing from before today"))]
