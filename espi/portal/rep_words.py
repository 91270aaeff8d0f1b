"""What the pages of a REP's desk share: whose desk it is, which day it is, and ESIIDs as people paste them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import request

from espi import access
from espi.clock import parse_day
from espi.delivery import rep_counts
from espi.errors import BadInput, NotFound
from espi.portal import customer
from espi.portal.session import principal
from espi.store import directory
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import Rep
    from espi.store.reach import Reach

LONGEST_ESIID = 64
_BETWEEN = re.compile(r"[\s,;'\"]+")
_ESIID = re.compile(r"[0-9A-Za-z]{1,64}")


def desk(conn: Conn, target: str) -> tuple[Rep, Reach]:
    """The REP that the reader speaks for and what it may see, if the gate lets him at its desk."""
    reach = access.reach(conn, principal(), "served:read", settings=site().settings, target=target)
    own = next((each for each in directory.reps(conn) if each.id == principal().id), None)
    if own is None:
        raise NotFound(detail=f"{principal()} is of no REP that is known")
    return own, reach


def today(conn: Conn) -> int:
    """The local day that it is."""
    return rep_counts.today(conn, site().now_s())


def day_asked(name: str, otherwise: int) -> int:
    """A day of the address or form, or another one where it says none."""
    text = request.values.get(name, "").strip()
    return customer.checked(parse_day(text)) if text else otherwise


def esiids_in(text: str) -> list[str]:
    """The ESIIDs of a pasted list or file, each once: between them are spaces, commas, quotes or new lines.

    A heading is passed over. `BadInput` for what cannot be one.
    """
    words = [each for each in _BETWEEN.split(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")) if each]
    found = [each for each in words if each.casefold() != "esiid"]
    if any(not _ESIID.fullmatch(each) for each in found):
        raise BadInput("An ESIID has digits only, 17 or 22 of them. Put each on a line of its own, and nothing else.")
    return list(dict.fromkeys(found))
