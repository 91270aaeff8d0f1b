from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from espi import access, sharing, signing
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput
from espi.sharing import Terms, receipts
from espi.store import directory
from espi.store import receipts as stored
from espi.store.database import Conn
from tests import factories
from tests.consent import SCOPE, Home, later
from tests.factories import NOW_S


def _receipts(conn: Conn, home: Home, settings: Settings, authorization_id: int) -> list[stored.Receipt]:
    reach = access.reach(conn, home.ada, "grant:read", settings=settings)
    return stored.receipts(conn, reach, authorization_id)


def test_a_receipt_says_who_agreed_to_what(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    wanted = replace(terms, words=("Electricity used, every 15 minutes",), language="es", personal=True)
    made = sharing.grant(conn, home.ada, home.sunny, wanted, settings=settings)
    (receipt,) = _receipts(conn, home, settings, made.id)
    record = json.loads(receipt.body)
    reach = factories.reach_of_utility(1)
    holder = directory.customer(conn, reach, home.customer)
    (point,) = directory.usage_points(conn, reach)
    assert record["customer"] == {"id": str(holder.path_id), "name": "Ada Lovelace"}
    assert record["third_party"] == {"id": str(home.sunny.path_id), "name": "Sunny", "uri": "https://sunny.example"}
    assert (record["scope"], record["scope_words"]) == (SCOPE, ["Electricity used, every 15 minutes"])
    assert record["usage_points"] == [{"usage_point": str(point.path_id), "from": "2025-03-07", "until": "2025-09-14"}]
    assert (record["starts"], record["ends"]) == ("2025-06-15T17:00:00Z", "2025-09-13T17:00:00Z")
    assert (record["what"], record["at"], record["language"]) == ("granted", "2025-06-15T17:00:00Z", "es")
    assert (record["text_version"], record["personal"]) == (sharing.TEXT_VERSION, True)
    assert record["authorization"].endswith(f"/resource/Authorization/{made.path_id}")
    assert "192.0.2.7" not in receipt.body
    assert record["address_hash"] == made.terms["address_hash"] != ""
    assert home.esiid not in receipt.body


def test_each_change_has_a_receipt_that_names_the_one_before(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    shorter = sharing.shorten(conn, made, NOW_S + DAY_S, settings=settings, actor=home.ada)
    sharing.end(conn, shorter, "customer", settings=later(settings, 60), actor=home.ada)
    found = _receipts(conn, home, settings, made.id)
    records = [json.loads(receipt.body) for receipt in found]
    assert [record["what"] for record in records] == ["granted", "changed", "ended"]
    assert [record["receipt"] for record in records] == [f"{made.path_id}/{number}" for number in (1, 2, 3)]
    assert [record["previous"] for record in records[1:]] == [
        hashlib.sha256(receipt.body.encode()).hexdigest() for receipt in found[:-1]
    ]
    assert records[-1]["ends"] == "2025-06-15T17:01:00Z"
    assert records[-1]["usage_points"] == records[1]["usage_points"]


def test_a_receipt_is_proved_by_the_public_key_and_not_without_it(
    conn: Conn, settings: Settings, home: Home, terms: Terms, tmp_path: Path
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    (receipt,) = _receipts(conn, home, settings, made.id)
    document = receipts.document(receipt)
    public = signing.public_keys(conn, settings)
    assert "d" not in public[0]
    assert receipts.verify(json.dumps(document, indent=2), public) == document["receipt"]
    assert receipts.verify(document["jws"], public) == document["receipt"]
    stranger = signing.public(signing.signing_key(replace(settings, home=tmp_path / "elsewhere")))
    with pytest.raises(BadInput):
        receipts.verify(json.dumps(document), [stranger])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found["receipt"].update(scope="FB=4_12"),
        lambda found: found["receipt"].pop("previous"),
        lambda found: found.update(jws=found["jws"][:-4] + "AAAA"),
        lambda found: found.update(jws="a.b"),
        lambda found: found.pop("jws"),
    ],
)
def test_a_receipt_that_was_changed_is_told_from_the_true_one(
    conn: Conn, settings: Settings, home: Home, terms: Terms, spoil: Any
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    (receipt,) = _receipts(conn, home, settings, made.id)
    document = receipts.document(receipt)
    spoil(document)
    with pytest.raises(BadInput):
        receipts.verify(json.dumps(document), signing.public_keys(conn, settings))


def test_what_the_key_signed_for_something_else_is_no_receipt(conn: Conn, settings: Settings) -> None:
    text = signing.sign(b"{}", "something-else", signing.signing_key(settings))
    with pytest.raises(BadInput, match="no consent-receipt"):
        receipts.verify(text, signing.public_keys(conn, settings))


def test_the_key_is_made_once_and_kept_from_others(settings: Settings) -> None:
    key = signing.signing_key(settings)
    assert signing.signing_key(settings).as_dict(private=True) == key.as_dict(private=True)
    path = settings.home / signing.FILE_NAME
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in settings.home.iterdir() if file.name.startswith(signing.FILE_NAME)] == [
        signing.FILE_NAME
    ]


def test_receipts_of_all_machines_can_be_proved_on_each(
    conn: Conn, settings: Settings, home: Home, terms: Terms, tmp_path: Path
) -> None:
    other = replace(settings, home=tmp_path / "other")
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=other)
    sharing.end(conn, made, "customer", settings=settings, actor=home.ada)
    public = signing.public_keys(conn, settings)
    assert len(public) == 2
    for receipt in _receipts(conn, home, settings, made.id):
        assert receipts.verify(json.dumps(receipts.document(receipt)), public)


def test_receipts_are_for_whose_grant_it_is(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    assert stored.receipts(conn, factories.reach_of((home.point + 1, 0, 99_999)), made.id) == []
