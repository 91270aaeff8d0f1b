"""Faults in how answers travel, and in the addresses that are in them."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.conformance.custodian import facts
from tests.conformance.custodian.aims import BATCH
from tests.conformance.custodian.exchange import Answer, Request, moved
from tests.conformance.custodian.faults import Fault
from tests.conformance.custodian.spoiling import answers, edits, headers, when

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian


def deflated(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Packed in the coding that the suite does not unpack."""
    if "deflate" not in request.headers.get("accept-encoding", ""):
        return found
    kept = {name: value for name, value in found.headers.items() if name != "Content-Encoding"}
    return Answer(found.status, zlib.compress(b"packed"), kept | {"Content-Encoding": "deflate"})


def packed_unasked(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Said to be packed though nobody asked."""
    if request.headers.get("accept-encoding") != "identity":
        return found
    return replace(found, headers=found.headers | {"Content-Encoding": "br"})


def picky(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """A GET with a Content-Type is refused."""
    return Answer(415) if request.headers.get("content-type", "").startswith("Application") else found


def only_atom(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Who does not ask for Atom gets nothing."""
    return found if "atom" in request.headers.get("accept", "") else Answer(406)


def by_the_host(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Addresses are made of the Host that was named."""
    host = request.headers.get("host", "")
    return replace(found, body=found.text.replace(custodian.site, f"https://{host}").encode())


def new_ids(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Each answer has ids of its own."""
    number = custodian.notes["ids"] = int(custodian.notes.get("ids", 0)) + 1
    return edits("urn:uuid:....", f"urn:uuid:{number:04x}", 2)(custodian, request, found)


def one_slash(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Two slashes are another address."""
    return Answer(404) if request.path.startswith("//") else found


FAULTS = [
    Fault("HTT001", "a GET with a Content-Type is refused", when(picky, path=BATCH)),
    Fault(
        "HTT002",
        "feeds are sent as XML",
        finishes=when(headers(Content_Type="application/xml"), path="/Authorization$"),
    ),
    Fault("HTT003", "answers are deflated", finishes=when(deflated, path=BATCH)),
    Fault("HTT004", "answers are packed unasked", finishes=when(packed_unasked, path=BATCH)),
    Fault("HTT005", "answers are not packed", begins=lambda custodian: custodian.notes.update(plain=True)),
    Fault("HTT006", "HEAD is not known", begins=lambda custodian: custodian.notes.update(headless=True)),
    Fault("HTT007", "an ETag is not recognised", finishes=when(headers(ETag='"other"'), path=BATCH, status=200)),
    Fault("HTT008", "a date is not recognised", begins=lambda custodian: custodian.notes.update(timeless=True)),
    Fault(
        "HTT009",
        "a slash behind leads elsewhere",
        when(lambda c, _r, _f: moved(f"{c.root}/Authorization"), path="/Authorization/$"),
    ),
    Fault("HTT010", "two slashes are another address", one_slash),
    Fault(
        "HTT011",
        "a link is not absolute",
        when(edits('(rel="up"[^>]*href=")https://[^/]*', r"\1", 1), path=BATCH),
        also_fails=("HTT014",),
    ),
    Fault("HTT012", "each answer has new ids", when(new_ids, path=BATCH)),
    Fault("HTT013", "addresses follow the Host", when(by_the_host, path=BATCH)),
    Fault(
        "HTT014",
        "a link leads to another server",
        when(edits('(rel="up"[^>]*href="https://)[^/]*', r"\1dc.example", 1), path=BATCH),
    ),
    Fault(
        "HTT015",
        "an unknown authorization is a server's error",
        when(answers(500), path="/Authorization/0+$"),
        also_fails=("HTT018",),
    ),
    Fault("HTT016", "a feed can be deleted", when(answers(200), path=BATCH, method="DELETE")),
    Fault(
        "HTT017", "feeds are for every cache", finishes=when(headers(Cache_Control="public, max-age=60"), path=BATCH)
    ),
    Fault(
        "HTT018",
        "errors show the inside",
        when(answers(404, "Traceback (most recent call last):"), path="/Authorization/0+$"),
    ),
    Fault("HTT019", "who does not ask for Atom gets nothing", when(only_atom, path=BATCH)),
    Fault(
        "HTT020",
        "a feed says that it is from elsewhere",
        when(
            edits(f'(rel="self"[^>]*Batch/Subscription)/{facts.SUBSCRIPTION}"', rf'\1/{facts.OTHER_SUBSCRIPTION}"', 1),
            path=BATCH,
        ),
    ),
]
