"""Authorization: what a client is allowed, to be read, ended and restored by whoever has it (ESPI, FB_3, FB_44).

A client token sees all of its application's authorizations, a REP's or an upload token its own, a custodian token those
of its utility. What a customer agreed to is never changed here: a third party may only end it, and take that back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response

from espi import sharing
from espi.access import TokenKind
from espi.api.answer import Stamp, answer
from espi.api.endpoint import Asked
from espi.api.query import question_of
from espi.api.reading import head_of
from espi.api.sent import entry_of
from espi.errors import BadInput, Denied, NotFound
from espi.feeds import Page
from espi.feeds.authorization import authorization_document, authorization_entry, authorization_row
from espi.feeds.window import Window
from espi.oauth.tokens import members
from espi.store import grants, pages
from espi.store.grants import Authorization

ATOM = "application/atom+xml"
PAGE = 200


def read_authorizations(asked: Asked) -> Response:
    """The feed of all that the caller has; with `updated-min`, of those that have changed since."""
    asked.require()
    question = question_of(asked.query, None, asked.settings)
    found = [each for each in _own(asked) if question.times.changed(each.updated_s)]
    updated_s = max((each.updated_s for each in found), default=0)
    said = [(each.id, each.updated_s, each.token_ends_s) for each in found]
    tag = hashlib.blake2b(repr((said, question.page)).encode(), digest_size=12).hexdigest()
    return answer(asked.request, Stamp(tag, 0), _written(asked, found, updated_s, question.page))


def read_authorization(asked: Asked) -> Response:
    """One of them."""
    asked.require()
    return _answer(asked, _member(asked))


def put_authorization(asked: Asked) -> Response:
    """End one (status 0), or take that back (status 1); the same entry again changes nothing."""
    asked.require()
    found = _member(asked)
    row = entry_of(asked, "Authorization").row
    status = row.get("status")
    if status not in (grants.REVOKED, grants.ACTIVE):
        raise BadInput("Authorization/status must be 0 (revoked) or 1 (active).")
    if row.get("scope", found.scope) != found.scope:
        raise BadInput("Authorization/scope is what was agreed to; ask for a new authorization instead.")
    if status != found.status:
        found = _end(asked, found) if status == grants.REVOKED else _restore(asked, found)
    return _answer(asked, found)


def delete_authorization(asked: Asked) -> Response:
    """End one. It stays readable with status 0, so that the entry can be put back."""
    asked.require()
    return _answer(asked, _end(asked, _member(asked)))


def rows(asked: Asked, found: Sequence[Authorization]) -> Iterator[tuple[Authorization, Mapping[str, Any]]]:
    """Authorizations with their ESPI elements."""
    for start in range(0, len(found), PAGE):
        page = found[start : start + PAGE]
        zones = pages.zone_names(asked.conn, {point for each in page for point in each.usage_points})
        for each in page:
            addresses = members(asked.conn, asked.bearer.client, each, asked.settings)
            yield each, authorization_row(each, addresses, zones)


def _own(asked: Asked) -> list[Authorization]:
    own = asked.bearer.authorization
    if asked.bearer.kind is TokenKind.custodian:
        reach = asked.reach("subscription:read")
        of_customers = [
            each
            for party in grants.third_parties(asked.conn)
            for each in grants.authorizations(asked.conn, reach, third_party_id=party.id)
        ]
        return [own, *of_customers]
    if asked.bearer.kind is TokenKind.client and own.third_party_id:
        return grants.authorizations_of(asked.conn, own.third_party_id)
    return [own]


def _member(asked: Asked) -> Authorization:
    """The one that is asked for. Of others nothing is told, not even that they are there."""
    own = asked.bearer.authorization
    path_id = asked.number("authorization_id")
    try:
        found = grants.authorization_by_path_id(asked.conn, path_id)
    except NotFound:
        raise _refused(path_id) from None
    if found.id == own.id:
        return found
    if found.id == own.id:
        return found
    if asked.bearer.kind is TokenKind.client and own.third_party_id == found.third_party_id != grants.NOBODY:
        return found
    if asked.bearer.kind is TokenKind.custodian and found.third_party_id:
        reach = asked.reach("subscription:read")
        within = grants.authorizations(asked.conn, reach, third_party_id=found.third_party_id)
        if any(each.id == found.id for each in within):
            return found
    raise _refused(path_id)


def _refused(path_id: int) -> Denied:
    return Denied(detail=f"authorization {path_id} is not the caller's")


def _end(asked: Asked, found: Authorization) -> Authorization:
    is_customers = found.kind == grants.CUSTOMER
    by = "operator" if is_customers and asked.bearer.kind is TokenKind.custodian else "third_party"
    return sharing.end(asked.conn, found, by, settings=asked.settings, actor=asked.bearer.principal)


def _restore(asked: Asked, found: Authorization) -> Authorization:
    return sharing.restore(asked.conn, found, settings=asked.settings, actor=asked.bearer.principal)


def _answer(asked: Asked, found: Authorization) -> Response:
    ((_, row),) = rows(asked, [found])
    return Response(authorization_document(found, row, asked.settings), content_type=ATOM)


def _written(asked: Asked, found: Sequence[Authorization], updated_s: int, page: Page) -> Iterator[bytes]:
    head, window = head_of(asked, "Authorization"), Window(page)
    yield head.text(updated_s, page, asked.settings)
    for each, row in rows(asked, list(window.taken(iter(found)))):
        yield authorization_entry(each, row, asked.settings)
    yield head.tail(page, more=window.more)
