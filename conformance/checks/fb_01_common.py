"""Function block 1, usage data common: the feed, its usage points and their local time."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.data_rules import (
    LOCAL_TIME,
    USAGE_POINT,
    envelope,
    feed_has,
    has_elements,
    has_link,
    leads_to,
)
from conformance.document import Document
from conformance.document.names import FEED
from conformance.naming import called, here
from conformance.suite import Finding, at, file_check


@file_check("D000")
def document_is_a_feed(document: Document) -> Iterator[Finding]:
    """The root element is `feed` of the Atom namespace."""
    if document.root != FEED:
        yield Finding(f"The root element is {document.root}; expected {FEED}.", (at(1),))


def _feed_member(rule: str, member: str) -> None:
    @file_check(rule)
    def feed_has_member(document: Document) -> Iterator[Finding]:
        if document.feed is not None and getattr(document.feed, member) is None:
            yield Finding(f"The feed has no <{member}>.", (at(document.feed.line),))


for _rule, _name in {"D001": "id", "D002": "title", "D003": "updated"}.items():
    _feed_member(_rule, _name)


@file_check("D004")
def entry_has_an_id(document: Document) -> Iterator[Finding]:
    """Meant to ask that ids are unique; as written it asks whether an entry has its own id, so that any id will do.

    That no two entries share an id is asked by EU_FB01_DE_005.
    """
    if document.feed is None:
        return
    for entry in document.entries:
        if entry.id is None:
            yield Finding(f"{called(entry)} has no <id>.", here(entry))


feed_has("D006", USAGE_POINT)
feed_has("D136", LOCAL_TIME)

has_elements(USAGE_POINT, {"D008": "ServiceCategory/kind"})
envelope(
    USAGE_POINT,
    identifier="D011", title="D012", published="D009", updated="D010", own="D013", up="D015", unique="D014",
)  # fmt: skip
has_link("D016", USAGE_POINT, "related")
leads_to("D007", USAGE_POINT, "related", LOCAL_TIME, "self")

envelope(
    LOCAL_TIME,
    identifier="D138", title="D137", published="D141", updated="D142", own="D139", up="D140", unique="D143",
)  # fmt: skip
leads_to("D135", LOCAL_TIME, "self", USAGE_POINT, "related", exactly_one=False)
