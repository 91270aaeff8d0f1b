"""ApplicationInformation: a registration, read and changed by the third party that registered (ESPI, FB_3, FB_41).

The registration token of a client opens its own; a custodian token opens all, and makes new ones. What the custodian
says of a client (its status, ids, secrets and the custodian's own addresses) is never taken from what is sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import Response

from espi import sharing
from espi.access import TokenKind
from espi.api.endpoint import Asked
from espi.api.sent import entry_of
from espi.atom import write
from espi.atom.links import Hrefs, Link, certificate_link
from espi.errors import BadInput, Denied, NotFound
from espi.oauth import client_metadata, registration
from espi.resources.application_information import APPLICATION_INFORMATION
from espi.store import events, grants
from espi.store.clients import Client
from espi.store.grants import ThirdParty

ATOM = "application/atom+xml"
ELEMENT = "ApplicationInformation"
REMOVED = "removed_from_status"
"""What a registration's content says while its third party has taken it out of service: the status that it had."""


def read_registrations(asked: Asked) -> Response:
    """The feed of all registrations, for the custodian."""
    asked.require()
    _check_custodian(asked)
    return Response(_feed(asked, grants.third_parties(asked.conn)), content_type=ATOM)


def read_registration(asked: Asked) -> Response:
    """One registration."""
    asked.require()
    return _answer(asked, _member(asked))


def add_registration(asked: Asked) -> Response:
    """Register a third party, for the custodian: it stays under review as one that registers itself."""
    asked.require()
    _check_custodian(asked)
    given = _metadata(entry_of(asked, ELEMENT).row)
    made = registration.register(asked.conn, given, asked.settings)
    third_party = made.third_party
    told = {
        "client_secret": made.secrets.get(registration.MAIN, registration.NOT_KEPT),
        "registration_access_token": made.registration_access_token,
    }
    answer = _answer(asked, third_party, told, 201)
    answer.headers["Location"] = registration.information_uri(third_party, asked.settings)
    return answer


def put_registration(asked: Asked) -> Response:
    """Change what the third party says of itself; the same entry again changes nothing."""
    asked.require()
    third_party = _member(asked)
    row = entry_of(asked, ELEMENT).row
    if REMOVED in third_party.content:
        third_party = _put_back(asked, third_party)
    main = registration.main_client(asked.conn, third_party.id)
    if row.get("client_id", main.client_id) != main.client_id:
        raise BadInput("ApplicationInformation/client_id is another client's.")
    if _metadata(row) != _metadata(registration.application_information(third_party, main, asked.settings)):
        _change(asked, third_party, main, row)
    return _answer(asked, _member(asked))


def _change(asked: Asked, third_party: ThirdParty, main: Client, row: Mapping[str, Any]) -> None:
    """Take what is sent, checked as a registration is. How the client proves itself, ESPI's XML cannot say."""
    read = client_metadata.read(_metadata(row), asked.settings, sandbox=main.sandbox)
    kept = {name: value for name, value in third_party.content.items() if name not in read.content and _kept(name)}
    wanted = replace(
        read,
        content={**kept, **read.content},
        policy=main.policy,
        auth_method=main.auth_method,
        keys=main.keys,
        certificate=main.certificate,
    )
    registration.change(asked.conn, third_party, wanted, asked.settings)
    path, now_s = f"{ELEMENT}/{third_party.path_id}", asked.settings.clock.now_s()
    events.add_event(asked.conn, third_party.id, "registration.changed", [path], now_s=now_s)


def delete_registration(asked: Asked) -> Response:
    """Take a registration out of service; all that customers have shared with it ends.

    A third party may take that back by putting the entry again; a custodian does it for good (status 4).
    """
    asked.require()
    third_party = _member(asked)
    if asked.bearer.kind is TokenKind.custodian:
        sharing.withdraw_third_party(asked.conn, third_party, settings=asked.settings, actor=asked.bearer.principal)
    elif REMOVED not in third_party.content:
        _remove(asked, third_party)
    return _answer(asked, _member(asked))


def _remove(asked: Asked, third_party: ThirdParty) -> None:
    for each in grants.authorizations_of(asked.conn, third_party.id):
        if each.kind == grants.CUSTOMER:
            sharing.end(asked.conn, each, "third_party", settings=asked.settings, actor=asked.bearer.principal)
    content = {**third_party.content, REMOVED: third_party.status}
    now_s = asked.settings.clock.now_s()
    grants.change_third_party(asked.conn, third_party.id, content=content, status=grants.REVIEW, now_s=now_s)


def _put_back(asked: Asked, third_party: ThirdParty) -> ThirdParty:
    """Undo what `_remove` did to the registration; what customers had shared stays ended."""
    content = {name: value for name, value in third_party.content.items() if name != REMOVED}
    status, now_s = third_party.content[REMOVED], asked.settings.clock.now_s()
    grants.change_third_party(asked.conn, third_party.id, content=content, status=status, now_s=now_s)
    return grants.third_party(asked.conn, third_party.id)


def _check_custodian(asked: Asked) -> None:
    if asked.bearer.kind is not TokenKind.custodian:
        raise Denied(detail="a registration token opens one registration")


def _member(asked: Asked) -> ThirdParty:
    """The one that is asked for. Of others nothing is told, not even that they are there."""
    path_id = asked.number("application_information_id")
    try:
        found = grants.third_party_by_path_id(asked.conn, path_id)
    except NotFound:
        raise _refused(path_id) from None
    if asked.bearer.kind is TokenKind.custodian or found.id == asked.bearer.authorization.third_party_id:
        return found
    raise _refused(path_id)


def _refused(path_id: int) -> Denied:
    return Denied(detail=f"application information {path_id} is not the caller's")


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a client says it of itself (RFC 7591); what is the custodian's to say is left out."""
    named = (*client_metadata.TEXTS, *client_metadata.PAGES, *client_metadata.SCREENS, *client_metadata.NUMBERS)
    given = {name: row[name] for name in (*named, *client_metadata.POSTED_TO) if name in row}
    lists = {theirs: list(row[ours]) for ours, theirs in client_metadata.LISTS.items() if ours in row}
    lists["scope"] = " ".join(row.get("scope", ()))  # type: ignore[assignment]
    return {**given, **lists}


def _kept(name: str) -> bool:
    """Whether something that a registration says has no element in XML, so that a PUT does not take it away."""
    return name not in {field.name for field in APPLICATION_INFORMATION.struct.fields}


def _answer(
    asked: Asked, third_party: ThirdParty, told: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    return Response(_written(write.document, asked, third_party, told), status, content_type=ATOM)


def _written(
    write_it: Callable[..., bytes], asked: Asked, third_party: ThirdParty, told: Mapping[str, str] | None = None
) -> bytes:
    main = registration.main_client(asked.conn, third_party.id)
    links = Hrefs(asked.settings.resource_url, "").for_row(APPLICATION_INFORMATION, {ELEMENT: third_party.path_id})
    return write_it(
        APPLICATION_INFORMATION,
        registration.application_information(third_party, main, asked.settings, **(told or _shown(asked))),
        id=third_party.uuid,
        links=(*links, *certificate_link(asked.settings.certificate_id)),
        title=third_party.name,
        published_s=third_party.published_s,
        updated_s=third_party.updated_s,
    )


def _shown(asked: Asked) -> dict[str, str]:
    """The registration token, to who has just shown it; nobody else could be told."""
    if asked.bearer.kind is not TokenKind.registration:
        return {}
    return {"registration_access_token": asked.request.headers.get("Authorization", "").partition(" ")[2].strip()}


def _feed(asked: Asked, found: list[ThirdParty]) -> Iterator[bytes]:
    href = f"{asked.settings.resource_url}/{ELEMENT}"
    links = (Link("self", href, f"espi-feed/{ELEMENT}"), *certificate_link(asked.settings.certificate_id))
    updated_s = max((each.updated_s for each in found), default=0)
    yield write.feed_head(str(uuid.uuid5(uuid.NAMESPACE_URL, href)), "Registrations", updated_s, links)
    for each in found:
        try:
            yield _written(write.entry, asked, each)
        except NotFound:
            continue  # known by name only: it has no client yet
    yield write.FEED_TAIL
