"""The played custodian's resource server: who may call what, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.conformance.custodian import application, dpop, facts, personal, query, usage
from tests.conformance.custodian.atom import DECLARATION, Entry, certified, entry_text, feed_text
from tests.conformance.custodian.book import Grant, authorization_entry
from tests.conformance.custodian.exchange import Answer, Request, document, refused

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

ROOT_PATH = "/espi/1_1/resource"
Handler = Callable[["Custodian", Request, str, Grant], Answer]


def answer(custodian: Custodian, request: Request) -> Answer | None:
    """The answer to a request below the resource endpoint; None where it is for somebody else."""
    clean = re.sub("/+", "/", request.path)
    if not clean.startswith(f"{ROOT_PATH}/"):
        return None
    path = clean.removeprefix(ROOT_PATH).rstrip("/")
    for methods, form, letters, handle in ROADS:
        if re.fullmatch(form, path) and request.method in methods:
            refusal, grant = admitted(custodian, request, path, letters)
            return refusal or handle(custodian, request, path, grant)
    return refused(405)


def admitted(custodian: Custodian, request: Request, path: str, letters: str) -> tuple[Answer | None, Grant]:
    """Why a caller is turned away, or what he is admitted by."""
    nobody = Grant("", "", "", "")
    scheme, token = request.credentials
    if not token:
        is_strict = path.startswith("/Batch/Subscription") or request.method in {"PUT", "DELETE"}
        return refused(403 if is_strict else 401), nobody
    grant = custodian.book.grant_of(token)
    access = custodian.book.tokens.get(token)
    if access is not None and access.certificate not in {"", request.certificate}:
        return refused(401, error="invalid_token"), nobody
    if grant is None or access is None or scheme != ("dpop" if access.key else "bearer"):
        return refused(401, error="invalid_token", scheme="DPoP" if scheme == "dpop" else "Bearer"), nobody
    if access.key and not _is_proven(custodian, request, access.key):
        return refused(401, error="invalid_dpop_proof", scheme="DPoP"), nobody
    if grant.kind not in letters or not _is_own(grant, path):
        return refused(403, error="insufficient_scope"), nobody
    return None, grant


def _is_proven(custodian: Custodian, request: Request, key: str) -> bool:
    """The request has a proof of the token's key, made for it and not used before."""
    book = custodian.book
    try:
        proof = dpop.read(request, f"{custodian.site}{request.path}", is_bound=book.manners.proofs_are_for_one_request)
    except dpop.Unproven:
        return False
    is_new = proof.name not in book.proofs or not book.manners.proofs_count_once
    book.proofs.add(proof.name)
    return is_new and proof.thumbprint == key


def _is_own(grant: Grant, path: str) -> bool:
    """Whether the address belongs to the grant: to each its own, beside what all with such a token may read."""
    if grant.kind == "R":
        return path == grant.resource
    if grant.kind == "C" and path.startswith("/Batch/"):
        return path in {grant.resource, grant.customer_resource}
    if grant.kind != "A" or path.startswith(("/ReadingType", "/LocalTimeParameters")):
        return True
    subscription = grant.resource.rpartition("/")[2]
    own = [grant.resource, f"/Subscription/{subscription}"]
    if grant.customer_resource:
        own += [grant.customer_resource, f"/RetailCustomer/{grant.customer_resource.rpartition('/')[2]}"]
    return any(path == each or path.startswith(f"{each}/") for each in own)


def registration(custodian: Custodian, request: Request, _path: str, _grant: Grant) -> Answer:
    """GET, PUT, DELETE of the third party's registration; a deleted one can be put back."""
    if request.method == "GET":
        return document(certified(custodian.root, custodian.registration))
    return _changed(custodian, request, application.PATH)


def authorization_feed(custodian: Custodian, _request: Request, _path: str, _grant: Grant) -> Answer:
    shown = [each for each in custodian.book.grants.values() if each.kind in {"A", "C"}]
    entries = [authorization_entry(custodian.root, each, custodian.book.started_s) for each in shown]
    return document(feed_text(custodian.root, "/Authorization", "Authorizations", entries))


def authorization(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """GET, PUT, DELETE of one authorization; a deleted one can be put back."""
    found = custodian.book.grants.get(path.rpartition("/")[2])
    if found is None:
        return refused(404)
    if request.method == "GET":
        entry = authorization_entry(custodian.root, found, custodian.book.started_s)
        return document(certified(custodian.root, entry))
    return _changed(custodian, request, found.path)


def _changed(custodian: Custodian, request: Request, path: str) -> Answer:
    name = path.rpartition("/")[2]
    if request.method == "PUT":
        if b"<entry" not in request.body and b":entry" not in request.body:
            return refused(400)
        if name in custodian.book.grants:
            status = re.search(rb"<(?:\w+:)?status>(\d)<", request.body)
            custodian.book.restore(name, int(status[1]) if status else 1)
    elif name in custodian.book.grants:
        custodian.book.withdraw(name)
    return Answer(200)


def batch(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """The feed of a grant, at once or, where batches are prepared, by a notification."""
    entries = usage.entries()
    if f"/UsagePoint/{facts.POINT}" not in path and "UsagePoint" in path:
        return refused(404)
    wanted = f"{path}?{request.query}"
    if custodian.book.manners.prepares_batches and wanted not in custodian.book.ready:
        custodian.book.ready.add(wanted)
        custodian.notify([custodian.root + wanted.rstrip("?")])
        return Answer(202)
    return _feed(custodian, request, path, entries)


def bulk(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """Everything that customers shared with the third party under this bulk id."""
    if path.endswith(facts.PERSONAL_BULK):
        return _feed(custodian, request, path, personal.entries(custodian.root))
    return _feed(custodian, request, path, usage.entries())


def personal_batch(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    return _feed(custodian, request, path, personal.entries(custodian.root))


def download(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """The customer's file; with POST, a file that comes in."""
    if request.method == "POST":
        return Answer(201) if b"<" in request.body else refused(400)
    return _feed(custodian, request, path, usage.entries())


def collection(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """A resource by itself, or all of a kind in one place."""
    known = usage.entries() + personal.entries(custodian.root)
    if path.endswith("/Statement/" + facts.STATEMENT + "/Document"):
        return Answer(200, b"%PDF-1.7 the bill of May", {"Content-Type": "application/pdf"})
    older = path.replace("ElectricPowerUsageSummary", "UsageSummary")
    for entry in known:
        if entry.path == older:
            return document(entry_text(custodian.root, entry, alone=True))
    found = [entry for entry in known if entry.collection == older]
    return _feed(custodian, request, path, found) if found or not path[-12:].isalnum() else refused(404)


def status(_custodian: Custodian, _request: Request, _path: str, _grant: Grant) -> Answer:
    return document(
        f'{DECLARATION}<espi:ServiceStatus xmlns:espi="http://naesb.org/espi">'
        "<espi:currentStatus>1</espi:currentStatus></espi:ServiceStatus>"
    )


def managed(custodian: Custodian, request: Request, path: str, _grant: Grant) -> Answer:
    """What the custodian's own token may do besides: read whole collections, put in, change, take out."""
    if request.method == "GET":
        last = path.rpartition("/")[2]
        known = [*usage.entries(), custodian.registration]
        found = [entry for entry in known if last in {entry.kind, entry.path.rpartition("/")[2]}]
        if path.count("/") == 1:
            return _feed(custodian, request, path, found)
        return document(entry_text(custodian.root, found[0], alone=True)) if found else refused(404)
    if request.method == "DELETE":
        is_known = path in custodian.book.made
        return Answer(200 if is_known else 404)
    if b"<entry" not in request.body and b":entry" not in request.body:
        return refused(400)
    own = re.search(rb'rel="self" href="([^"]+)"', request.body)
    if request.method == "POST" and own:
        custodian.book.made.add(own[1].decode().removeprefix(custodian.root))
    return document(request.body.decode(), 201 if request.method == "POST" else 200)


def _feed(custodian: Custodian, request: Request, path: str, entries: list[Entry]) -> Answer:
    try:
        kept = query.filtered(entries, request.parameters)
    except query.Malformed as err:
        return refused(400, f"no meaning: {err}")
    return document(feed_text(custodian.root, path, "Green Button Usage Feed", kept))


ID = r"[0-9a-zA-Z]+"
ROADS: tuple[tuple[tuple[str, ...], str, str, Handler], ...] = (
    (("GET", "PUT", "DELETE"), rf"/ApplicationInformation/{ID}", "RD", registration),
    (("GET",), "/Authorization", "CD", authorization_feed),
    (("GET", "PUT", "DELETE"), rf"/Authorization/{ID}", "CD", authorization),
    (("GET",), rf"/Batch/Subscription/{ID}(/UsagePoint/{ID})?", "AD", batch),
    (("GET",), rf"/Batch/Bulk/{ID}|/Batch/BulkRetailCustomerInfo/{ID}", "CD", bulk),
    (("GET",), rf"/Batch/RetailCustomer/{ID}", "AD", personal_batch),
    (("GET", "POST"), rf"/Batch/RetailCustomer/{ID}/UsagePoint", "DU", download),
    (("GET",), "/(Read)?ServiceStatus", "CDU", status),
    (("GET",), rf"/(ReadingType|LocalTimeParameters)(/{ID})?", "AD", collection),
    (("GET",), rf"/Subscription/{ID}/UsagePoint(/.*)?", "AD", collection),
    (("GET",), rf"/RetailCustomer/{ID}(/.*)?", "AD", collection),
    (("GET", "POST", "PUT", "DELETE"), "/.*", "D", managed),
)
