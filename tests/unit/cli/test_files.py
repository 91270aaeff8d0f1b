"""`espi files`: keys of companies, and the check of a file that came from the server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from espi import cli, signing
from espi.config import Settings
from espi.delivery import publishing, tree
from espi.delivery.serve_ftps import fingerprint_of
from espi.store import party_files, party_keys
from espi.store.database import Database
from tests import databases, factories, file_world
from tests.factories import NOW_S


@pytest.fixture(autouse=True)
def _home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in databases.environment(settings.home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ESPI_HOME", str(settings.home))


@pytest.fixture
def rep(database: Database) -> int:
    with database.write() as conn:
        return factories.rep(conn, "Bluebonnet Power")


def key(folder: Path, *more: str) -> str:
    path = folder / f"key{factories.count()}"
    words = [file_world.client("ssh-keygen"), "-q", "-N", "", "-C", "night run", "-f", str(path), *more]
    subprocess.run(words, check=True)
    return str(path.with_suffix(".pub"))


def test_keys_come_and_go(rep: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = key(tmp_path, "-t", "ed25519")
    assert cli.main(["files", "key", "add", path, "--rep", "Bluebonnet Power"]) == 0
    number = capsys.readouterr().out.splitlines()[0].split()[1]
    assert cli.main(["files", "key", "add", path, "--rep", "Bluebonnet Power"]) == 1
    assert "somebody already" in capsys.readouterr().err
    assert cli.main(["files", "key", "list"]) == 0
    listed = capsys.readouterr().out.split("\t")
    assert (listed[0], listed[1], listed[3], listed[4].strip()) == (number, f"rep-{rep}", "night run", "never")
    assert cli.main(["files", "key", "remove", number]) == 0
    assert cli.main(["files", "key", "remove", number]) == 1
    capsys.readouterr()
    assert cli.main(["files", "key", "list", "--rep", "Bluebonnet Power"]) == 0
    assert capsys.readouterr().out == ""


def test_a_password_is_shown_once_and_kept_as_a_hash(
    rep: int, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["files", "key", "password", "--rep", "Bluebonnet Power"]) == 0
    password = capsys.readouterr().out.split()[-1]
    with database.read() as conn:
        kept = party_keys.keys(conn)
    assert [(key.kind, key.fingerprint) for key in kept] == [("ftps", fingerprint_of(password))]
    assert password not in str(kept)
    assert cli.main(["files", "key", "list"]) == 0
    assert "a password" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["x", "5", "9-5", "0-9", "1-99999"])
def test_a_range_of_ports_is_looked_at(rep: int, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert cli.main(["files", "--ftps-port", "9", "--passive-ports", text]) == 1
    assert "no range of ports" in capsys.readouterr().err


def test_there_is_no_key_for_nobody_and_no_weak_one(
    rep: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["files", "key", "add", key(tmp_path, "-t", "ed25519"), "--utility", "Nobody's"]) == 1
    assert cli.main(["files", "key", "add", key(tmp_path, "-t", "rsa", "-b", "2048"), "--rep", "Bluebonnet Power"]) == 1
    assert "3072" in capsys.readouterr().err


def test_a_file_is_checked_against_its_signature(
    settings: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = publishing.keep(settings, "report.csv", b"a" * 100)
    with database.write() as conn:
        publishing.publish(conn, settings, "rep", 1, kept)
        public = signing.public_keys(conn, settings)
        files = party_files.files_of(conn, "rep", 1, NOW_S)
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": public}), "utf-8")
    shown = tree.folders_of(files, NOW_S)["outbox"]
    (tmp_path / "report.csv").write_bytes(b"a" * 100)
    (tmp_path / "report.csv.jws").write_bytes(shown["report.csv.jws"].text or b"")
    ask = ["files", "verify", str(tmp_path / "report.csv"), "--keys", str(keys)]
    assert cli.main(ask) == cli.main(ask[:3]) == 0
    assert "unchanged" in capsys.readouterr().out
    shutil.copy(tmp_path / "report.csv", tmp_path / "other.csv")
    other = ["files", "verify", str(tmp_path / "other.csv"), "--signature", str(tmp_path / "report.csv.jws")]
    assert cli.main(other) == 1
    assert "called report.csv" in capsys.readouterr().out
    (tmp_path / "report.csv").write_bytes(b"a" * 99 + b"b")
    assert cli.main(ask) == 1
    assert "changed" in capsys.readouterr().out
    keys.write_text('{"keys": []}', "utf-8")
    assert cli.main(ask) == 1
    assert "not known" in capsys.readouterr().out
    for text in ("", "a.b.c", "eyJhbGciOiJub25lIn0..", (tmp_path / "report.csv.jws").read_text("ascii").upper()):
        (tmp_path / "report.csv.jws").write_text(text, "ascii")
        assert cli.main(ask) == 1
