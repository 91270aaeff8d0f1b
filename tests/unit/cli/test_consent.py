from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi import access, sharing
from espi import signing as keys
from espi.config import Settings
from espi.sharing import receipts
from espi.store import directory, grants, tokens
from espi.store import receipts as stored
from espi.store.database import Database
from tests import consent, databases, factories
from tests.factories import NOW_S

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The commands' database, with nothing in it."""
    settings.home.mkdir()
    opened = databases.empty(settings.home)
    yield opened
    opened.close()


def _paper(run: Run, home: consent.Home, *more: str) -> int:
    return run(
        "consent", "offline", home.esiid, "--utility", "Lone Star Wires", "--third-party", "Sunny", "--customer",
        home.customer, *more,
    )  # fmt: skip


def test_a_consent_on_paper_gives_a_token_that_is_shown_once(
    run: Run, database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as conn:
        home = consent.home(conn)
    assert _paper(run, home, "--months", "6") == 0
    shown = capsys.readouterr().out
    token = re.search(r"access_token +(\S+)", shown)
    assert token
    with database.write() as conn:
        found = tokens.opened(conn, token[1])
        assert found is not None
        assert found.token.counts(NOW_S)
        made = found.authorization
        assert made.terms["by"] == "paper"
        assert made.ends_s == found.token.expires_s == sharing.end_after(NOW_S, 6, factories.ZONE)
        assert f"{settings.resource_url}/Authorization/{made.path_id}\n" in shown
        assert f"{settings.resource_url}/Batch/Subscription/{made.subscription_path_id}\n" in shown


def test_a_consent_on_paper_is_for_whoever_lives_there(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as conn:
        home = consent.home(conn)
        stranger = factories.customer(conn, "Grace Hopper")
    assert _paper(run, replace(home, customer=stranger)) == 1
    assert _paper(run, replace(home, esiid="1")) == 1
    assert _paper(run, home, "--scope", "FB=4_12") == 1
    assert "FB: 12 is not offered" in capsys.readouterr().err
    with database.read() as conn:
        assert grants.authorizations_of(conn, home.sunny.id) == []


def test_a_receipt_is_checked(
    run: Run, database: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as conn:
        home = consent.home(conn)
    _paper(run, home)
    with database.write() as conn:
        (made,) = grants.authorizations_of(conn, home.sunny.id)
        reach = access.reach(conn, home.ada, "grant:read", settings=settings)
        (receipt,) = stored.receipts(conn, reach, made.id)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipts.document(receipt)), "utf-8")
    capsys.readouterr()
    assert run("consent", "verify", file) == 0
    assert json.loads(capsys.readouterr().out)["what"] == "granted"
    file.write_text(file.read_text("utf-8").replace("Sunny", "Moony"), "utf-8")
    assert run("consent", "verify", file) == 1
    assert "not the ones that were signed" in capsys.readouterr().err
    others = tmp_path / "keys.json"
    others.write_text("[]", "utf-8")
    assert run("consent", "verify", file, "--keys", others) == 1


def test_consents_are_written_and_taken_in(
    run: Run, database: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as conn:
        home = consent.home(conn)
    _paper(run, home)
    file, public = tmp_path / "consents.jsonl", tmp_path / "keys.json"
    assert run("consent", "export", file) == 0
    assert file.stat().st_mode & 0o077 == 0
    with database.read() as conn:
        public.write_text(json.dumps({"keys": keys.public_keys(conn, settings)}), "utf-8")
    capsys.readouterr()
    assert run("consent", "import", file, "--keys", public) == 0
    assert capsys.readouterr().out == "0 rows added, 3 were there already\n"
    file.write_bytes(file.read_bytes().replace(b"Sunny", b"Moony"))
    assert run("consent", "import", file, "--keys", public) == 1


@pytest.mark.parametrize("words", [("customer", "move-out"), ("customer", "move-in")])
def test_who_moves_shares_no_more(run: Run, database: Database, words: tuple[str, str]) -> None:
    with database.write() as conn:
        home = consent.home(conn)
        other = factories.customer(conn, "Grace Hopper")
    _paper(run, home)
    more = ("--customer", other) if words[1] == "move-in" else ()
    assert run(*words, home.esiid, "--utility", "Lone Star Wires", *more) == 0
    with database.read() as conn:
        (made,) = grants.authorizations_of(conn, home.sunny.id)
        assert (made.status, made.ended_by) == (grants.REVOKED, "move_out")
        assert directory.utility_by_name(conn, "Lone Star Wires")
