"""How a utility shows itself to its customers: its name, colours and logo, and whom to call; and how pages get it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from espi import access
from espi.clock import zone
from espi.errors import BadInput, NotFound
from espi.portal import colours, png, tdsp_words
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.sharing import mails
from espi.store import audit, brands
from espi.store.brands import Brand
from espi.store.directory import Utility
from espi.web.site import site

pages = Blueprint("tdsp_brand", __name__)

MOST_FORM_BYTES = png.MOST_BYTES + 128 * 1024
LONGEST_NAME = 64
KEPT_S = 86_400
_PHONE = re.compile(r"\+?[0-9 ().-]{3,30}", re.ASCII)
_MAIL = re.compile(r"[^\s@<>,;:\\\"()\[\]]+@[^\s@<>,;:\\\"()\[\]]+")


@dataclass(frozen=True)
class Shown:
    """A brand as pages show it: what it is called, whom to call, and where its style and logo are."""

    name: str
    phone: str
    outage_phone: str
    mail: str
    style: str
    logo: str


@pages.before_app_request
def make_room() -> None:
    """A form with a picture is larger than others."""
    if request.endpoint == "tdsp_brand.change":
        request.max_content_length = MOST_FORM_BYTES


@pages.app_context_processor
def for_every_page() -> dict[str, object]:
    """What customers' pages bear of their utility."""
    return {"brand": _shown_here}


@pages.get("/tdsp/brand")
def overview() -> Response:
    """What is shown now, as customers see it, and the form to change it."""
    return _page()


@pages.post("/tdsp/brand")
def change() -> Response:
    """Take what was given, if people can read it."""
    here = site()
    with here.database.read() as conn:
        utility = tdsp_words.require(conn, "brand", "brand:change")
    try:
        made, logo = _asked(utility), _logo()
    except BadInput as err:
        return _page(say(err.public), _typed(utility), 400)
    with here.database.write() as conn:
        tdsp_words.require(conn, "brand", "brand:change")
        brands.put_brand(conn, made, logo)
        audit.record(
            conn,
            at_s=here.now_s(),
            actor=str(principal()),
            action="brand:change",
            target=f"utility {utility.duns}",
            rule="espi.portal.tdsp_brand",
            allowed=True,
            detail={**asdict(made), "logo": "same" if logo is None else len(logo)},
        )
    return redirected(url_for("tdsp_brand.overview", told="changed"))


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Say how large a picture may be."""
    return _page(say("This picture is too large: 200 kB at most."), None, 413)


@pages.get("/brand/<int(max=999999999):utility_id>.css")
def style(utility_id: int) -> Response:
    """A utility's colours."""
    with site().database.read() as conn:
        found = brands.brand_of(conn, utility_id)
    if not found.colour:
        raise NotFound(detail=f"utility {utility_id} has no colours")
    text = (
        f":root{{--green:{found.colour};--green-deep:{found.colour};--on-green:#ffffff}}\n"
        "@media (prefers-color-scheme: dark){:root{"
        f"--green:{found.dark_colour};--green-deep:{found.dark_colour};--on-green:{colours.DARK_INK}"
        "}}\n"
    )
    return Response(text, mimetype="text/css", headers={"Cache-Control": f"public, max-age={KEPT_S}"})


@pages.get("/brand/<int(max=999999999):utility_id>.png")
def logo(utility_id: int) -> Response:
    """A utility's logo."""
    with site().database.read() as conn:
        found = brands.logo_of(conn, utility_id)
    if not found:
        raise NotFound(detail=f"utility {utility_id} has no logo")
    return Response(found, mimetype="image/png", headers={"Cache-Control": f"public, max-age={KEPT_S}"})


def _shown_here() -> Shown | None:
    """The brand of the page that is being answered: of the customer's utility, or the reader's own."""
    if not g.get("login"):
        return None
    if "brand" not in g:
        g.brand = _find()
    found: Shown | None = g.brand
    return found


def _find() -> Shown | None:
    reader = principal()
    if request.blueprint == pages.name and access.may(reader, "brand:change"):
        with site().database.read() as conn:
            return _shown(brands.brand_of(conn, access.utility_of(reader) or 0))
    if not access.may(reader, "meter:add"):
        return None
    with site().database.read() as conn:
        found = brands.brand_at_home(conn, reader.id, zone(mails.ZONE).day_of(site().now_s()))
    return _shown(found) if found else None


def _shown(found: Brand) -> Shown:
    at: dict[str, Any] = {"utility_id": found.utility_id, "v": found.changed_s}
    return Shown(
        name=found.name,
        phone=found.phone,
        outage_phone=found.outage_phone,
        mail=found.mail,
        style=url_for("tdsp_brand.style", **at) if found.colour else "",
        logo=url_for("tdsp_brand.logo", **at) if found.has_logo else "",
    )


def _page(refused: str = "", typed: Brand | None = None, status: int = 200) -> Response:
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, "brand", "brand:change")
        found = brands.brand_of(conn, utility.id)
    told = say("Changed. Your customers see it now.") if request.args.get("told") == "changed" else ""
    page = render_template(
        "tdsp_brand.html",
        utility=utility,
        asked=typed or found,
        has_logo=found.has_logo,
        ratios=_ratios(found),
        refused=refused,
        told=told,
    )
    return Response(page, status)


def _ratios(found: Brand) -> list[tuple[str, str]]:
    """How well the colours can be read, by day and by night."""
    if not found.colour:
        return []
    tenths = int(10 * colours.least_by_day(found.colour)), int(10 * colours.least_by_night(found.dark_colour))
    names = say("Contrast by day"), say("Contrast by night")
    return [(name, f"{each // 10}.{each % 10} : 1") for name, each in zip(names, tenths, strict=True)]


def _typed(utility: Utility) -> Brand:
    """What was typed, right or not."""
    names = ("name", "colour", "dark_colour", "phone", "outage_phone", "mail")
    said: dict[str, Any] = {name: " ".join(request.form.get(name, "").split()) for name in names}
    said["colour"], said["dark_colour"] = said["colour"].lower(), said["dark_colour"].lower()
    return Brand(utility.id, **said, changed_s=site().now_s())


def _asked(utility: Utility) -> Brand:
    """What was typed, if it is right; where no second colour is given, a lighter shade of the first."""
    typed = _typed(utility)
    if not typed.name or len(typed.name) > LONGEST_NAME:
        raise BadInput(say("Give the name that your customers know, in 64 letters at most."))
    for phone in (typed.phone, typed.outage_phone):
        if phone and not _PHONE.fullmatch(phone):
            raise BadInput(say("Write a phone number with digits, spaces and + ( ) . - only."))
    if typed.mail and (not _MAIL.fullmatch(typed.mail) or len(typed.mail) > 254):
        raise BadInput(say("That is no mail address."))
    if not typed.colour:
        return replace(typed, dark_colour="")
    _check_colour(typed.colour, colours.least_by_day, colours.for_day)
    dark = typed.dark_colour or colours.for_night(typed.colour)
    _check_colour(dark, colours.least_by_night, colours.for_night)
    return replace(typed, dark_colour=dark)


def _check_colour(colour: str, least: Callable[[str], float], nearest: Callable[[str], str]) -> None:
    """Raise `BadInput` unless letters of a colour can be read; it says which shade can."""
    if not colours.is_colour(colour):
        raise BadInput(say("Write a colour as # and six digits or letters from a to f, such as #14764a."))
    if least(colour) < colours.ENOUGH:
        tenths = int(10 * least(colour))
        told = say(
            "%(colour)s cannot be read well: its contrast is %(ratio)s, and 4.5 is needed. %(nearest)s can be.",
            colour=colour,
            ratio=f"{tenths // 10}.{tenths % 10}",
            nearest=nearest(colour),
        )
        raise BadInput(told)


def _logo() -> bytes | None:
    """The new logo; empty for none any more; None where it stays."""
    file = request.files.get("logo")
    if file is not None and file.filename:
        return png.checked(file.stream.read())
    return b"" if request.form.get("no_logo") else None
