"""The SFTP server, by OpenSSH's own client: listing, fetching, going on, sending, and every refusal."""

from __future__ import annotations

import gzip
import inspect
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest
from sqlalchemy import select

from espi import cli, clock
from espi.delivery import espi_bulk, serve_sftp, tree
from espi.errors import BadInput
from espi.formats import lse
from espi.store import access_log, grants, party_files, party_keys
from espi.store.tables import METADATA
from tests import databases, factories, file_world
from tests.factories import DUNS
from tests.file_world import World

pytestmark = pytest.mark.transfer

TEXT = os.urandom(700_001)
NAME = f"{DUNS}IntervalData.20250614.lse"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with file_world.world(tmp_path_factory.mktemp("files")) as made:
        made.put("blue", "report.csv", TEXT)
        made.put("blue", "asked.csv", b"asked", folder="adhoc")
        made.put("red", "reds.csv", b"red's")
        yield made


def soon(what: Callable[[], bool], seconds: float = 8) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def names(listing: str) -> set[str]:
    return {line.split("/")[-1].strip() for line in listing.splitlines() if line and not line.startswith("sftp>")}


def test_a_company_sees_its_folders_and_nobody_elses(world: World) -> None:
    assert names(world.sftp("blue", "ls -1").stdout) == {"adhoc", "archive", "outbox"}
    assert names(world.sftp("blue", "ls -1 outbox").stdout) == {"SHA256SUMS", "report.csv", "report.csv.jws"}
    assert names(world.sftp("blue", "ls -1 adhoc").stdout) == {"SHA256SUMS", "asked.csv", "asked.csv.jws"}
    assert names(world.sftp("red", "ls -1 outbox").stdout) == {"SHA256SUMS", "reds.csv", "reds.csv.jws"}
    assert names(world.sftp("wires", "ls -1").stdout) == {"adhoc", "archive", "inbox", "outbox"}


def test_a_file_is_fetched_with_its_check_sum_and_signature_and_that_is_on_record(world: World, tmp_path: Path) -> None:
    world.sftp("blue", "get outbox/*", cwd=tmp_path)
    assert (tmp_path / "report.csv").read_bytes() == TEXT
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with world.database.read() as conn:
        fetched = party_files.pickups(conn, *world.parties["blue"])[0]
        rows = conn.execute(select(METADATA.tables["audit"])).mappings().all()
        opened = {(row["action"], row["target"]) for row in rows if row["actor"].startswith("rep:")}
    assert (fetched.name, fetched.sent_bytes, fetched.to_end) == ("report.csv", len(TEXT), True)
    assert fetched.address == file_world.HOST
    listed = {("file:list", f"sftp outbox/{name}") for name in ("report.csv.jws", "SHA256SUMS")}
    assert {("file:take", "sftp outbox/report.csv"), *listed} <= opened
    assert next(file for file in file_world.files_of(world, "blue") if file.name == "report.csv").taken_at_s


def test_a_transfer_that_broke_off_goes_on_where_it_stopped(world: World, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_bytes(TEXT[:300_000])
    world.sftp("blue", "reget outbox/report.csv", cwd=tmp_path)
    assert (tmp_path / "report.csv").read_bytes() == TEXT
    with world.database.read() as conn:
        fetched = party_files.pickups(conn, *world.parties["blue"])[0]
    assert (fetched.sent_bytes, fetched.to_end) == (len(TEXT) - 300_000, True)


@pytest.mark.parametrize(
    "command",
    [
        "rm outbox/report.csv",
        "rename outbox/report.csv outbox/mine.csv",
        "mkdir outbox/new",
        "rmdir outbox",
        "chmod 777 outbox/report.csv",
        "chown 0 outbox/report.csv",
        "ln outbox/report.csv outbox/again.csv",
        "symlink /etc/passwd outbox/passwd",
        "put known_hosts outbox/known_hosts",
        "put known_hosts inbox/known_hosts",
        "put known_hosts known_hosts",
        "cp outbox/report.csv outbox/copy.csv",
    ],
)
def test_nothing_else_is_done(world: World, command: str) -> None:
    refused = world.sftp("blue", "ls -1 outbox", command, "ls -1 outbox", "ls -1")
    assert "denied" in refused.stderr
    _, before, _, after, root = refused.stdout.split("sftp> ")
    assert names(before) == names(after) >= {"report.csv"}
    assert names(root) >= {"adhoc", "archive", "outbox"}


def test_nothing_is_told_of_the_machines_disk(world: World) -> None:
    assert not any(letter.isdigit() for letter in world.sftp("blue", "df").stdout)


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd",
        "/etc/passwd",
        "outbox/../../etc/passwd",
        "outbox/reds.csv",
        "outbox/nothing.csv",
        "espi.sqlite",
        "archive/report.csv",
        "inbox/done",
    ],
)
def test_what_is_not_there_and_what_is_not_for_it_look_alike(world: World, tmp_path: Path, path: str) -> None:
    refused = world.sftp("blue", f"get {path} here", cwd=tmp_path)
    assert refused.stderr.strip() == f'File "/{path.lstrip("/")}" not found.'
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("user", "key"), [("blue", "red"), ("nobody", "blue"), ("", "blue")])
def test_a_key_opens_its_own_companys_door_alone(world: World, user: str, key: str) -> None:
    name = world.user(user) if user in world.parties else user or "rep-999999"
    refused = world.sftp("blue", "ls", user=name, key=key)
    assert (refused.returncode, refused.stdout) == (255, "")


def test_there_is_no_password_no_shell_no_scp_and_no_forwarding(world: World, tmp_path: Path) -> None:
    to = f"{world.user('blue')}@{file_world.HOST}"
    words = [file_world.client("ssh"), "-p", str(world.port), *world.ssh_options("blue")]
    asked = [*words, "-o", "PreferredAuthentications=password,keyboard-interactive", to]
    refused = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    assert "Permission denied (publickey)" in refused.stderr
    for more in ([to, "id"], [to], ["-W", "127.0.0.1:1", to], [to, "scp", "-f", "/etc/passwd"]):
        refused = subprocess.run([*words, *more], capture_output=True, text=True, timeout=20, check=False)
        assert refused.returncode != 0
        assert refused.stdout == ""


def test_a_grant_that_ends_is_gone_at_once_and_from_an_open_file_within_seconds(world: World, tmp_path: Path) -> None:
    grant, other = world.grant("sunny"), world.grant("sunny")
    world.put("sunny", "feed.xml.gz", TEXT * 3, of=[grant, other])
    world.put("sunny", "others.xml.gz", b"x", of=[other])
    assert "feed.xml.gz" in names(world.sftp("sunny", "ls -1 outbox").stdout)
    words = world.sftp_words("sunny")
    slow = [words[0], "-l", "4000", "-b", "-", *words[1:]]
    with subprocess.Popen(slow, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True) as running:
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.write("get outbox/feed.xml.gz\n")
        running.stdin.close()
        assert soon(lambda: (tmp_path / "feed.xml.gz").is_file() and (tmp_path / "feed.xml.gz").stat().st_size > 0)
        world.end(grant)
        ended = time.monotonic()
        assert running.wait(20) != 0
        assert time.monotonic() - ended < 3
        assert "denied" in running.stderr.read()
    assert (tmp_path / "feed.xml.gz").stat().st_size < 3 * len(TEXT)
    assert names(world.sftp("sunny", "ls -1 outbox").stdout) == {"SHA256SUMS", "others.xml.gz", "others.xml.gz.jws"}
    with world.database.read() as conn:
        fetched = party_files.pickups(conn, *world.parties["sunny"])[0]
    assert (fetched.name, fetched.to_end) == ("feed.xml.gz", False)


def test_a_key_that_is_removed_opens_nothing_in_an_open_session_either(world: World, tmp_path: Path) -> None:
    world.give_key("red", "second")
    words = world.sftp_words("red", key="second")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [words[0], "-b", "-", *words[1:]], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("-ls outbox\n")
        running.stdin.flush()
        assert "ls" in running.stdout.readline()
        with world.database.write() as conn:
            party_keys.remove_key(conn, world.keys["second"])
        time.sleep(tree.FRESH_S + 0.2)
        out, err = running.communicate("-ls outbox\n", timeout=20)
    assert "reds.csv" not in out.split("sftp>")[-1]
    assert err
    assert world.sftp("red", "ls", key="second").returncode == 255


def test_a_utilitys_file_appears_in_its_inbox_when_it_is_whole(world: World, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(TEXT)
    inbox = world.home / "inbox" / DUNS
    words = world.sftp_words("wires")
    slow = [words[0], "-l", "4000", "-b", "-", *words[1:]]
    with subprocess.Popen(slow, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True) as running:
        assert running.stdin is not None
        running.stdin.write(f"put {NAME} inbox/{NAME}\n")
        running.stdin.close()
        arriving = world.home / "arriving" / DUNS / NAME
        assert soon(lambda: arriving.is_file() and arriving.stat().st_size > 100_000)
        again = world.sftp("wires", f"put {NAME} inbox/{NAME}", cwd=tmp_path)
        assert "ailure" in again.stderr, "two sessions do not send the same file"
        running.kill()
    assert soon(lambda: "in another session" not in world.sftp("wires", "ls inbox").stderr)
    assert not (inbox / NAME).exists(), "what broke off is not taken"
    assert 0 < arriving.stat().st_size < len(TEXT)
    assert soon(lambda: not world.sftp("wires", f"reput {NAME} inbox/{NAME}", cwd=tmp_path).stderr)
    assert (inbox / NAME).read_bytes() == TEXT
    assert not arriving.exists()


def test_a_file_that_waits_for_its_name_is_not_taken_before_it_has_it(world: World, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"text")
    inbox = world.home / "inbox" / DUNS
    world.sftp("wires", "put up inbox/waits.lse.part", cwd=tmp_path)
    assert not list(inbox.glob("waits*"))
    world.sftp("wires", "rename inbox/waits.lse.part inbox/waits.lse")
    assert (inbox / "waits.lse").read_bytes() == b"text"
    asked = "rename inbox/waits.lse inbox/other.lse", "put up inbox/.hidden", "put up up"
    refused = world.sftp("wires", *asked, cwd=tmp_path)
    assert refused.stderr.count("denied") == 3
    (inbox / "done").mkdir()
    (inbox / "done" / "waits.lse.response.csv").write_text("00", "utf-8")
    (inbox / "linked").symlink_to(world.home / "consent.key")
    assert names(world.sftp("wires", "ls -1 inbox/done").stdout) == {"waits.lse.response.csv"}
    assert "linked" not in names(world.sftp("wires", "ls -1 inbox").stdout)
    assert "not found" in world.sftp("wires", "get inbox/linked", cwd=tmp_path).stderr


def test_a_customer_sees_that_his_data_were_fetched(world: World, tmp_path: Path) -> None:
    grant = world.grant("windy")
    world.put("windy", "shared.csv", b"shared", of=[grant])
    world.sftp("windy", "get outbox/shared.csv", "get outbox/shared.csv.jws", cwd=tmp_path)
    with world.database.read() as conn:
        reach = factories.reach_of_utility(world.parties["wires"][1])
        reads = access_log.reads(conn, reach, grant)
    assert [(one.action, one.what, one.in_bulk) for one in reads] == [("file:take", "sftp outbox/shared.csv", True)]


def test_what_a_utility_sends_is_loaded_and_answered(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, day, esiid = clock.zone(factories.ZONE), factories.TODAY - 1, "10443720000000042"
    with world.database.write() as conn:
        factories.usage_point(conn, world.parties["wires"][1], esiid=esiid)
    block = factories.block(0, day, values=[7] * zone.quarter_hours(day))
    name = f"{DUNS}IntervalData20250615060000001.lse"
    (tmp_path / name).write_bytes(b"".join(lse.write(esiid, zone, [block], factories.NOW_S)))
    for key, value in databases.environment(world.home).items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("ESPI_HOME", str(world.home))
    monkeypatch.setenv("ESPI_CLOCK", clock.instant_text(factories.NOW_S))
    assert world.sftp("wires", f"put {name} inbox/{name}", cwd=tmp_path).stderr == ""
    assert cli.main(["intake", "watch", "--once", "--every", "0.05"]) == 0
    assert name not in names(world.sftp("wires", "ls -1 inbox").stdout)
    world.sftp("wires", f"get inbox/done/{name}.response.csv", cwd=tmp_path)
    assert "1 blocks: 1 loaded" in (tmp_path / f"{name}.response.csv").read_text("utf-8")


def test_a_third_partys_last_bulk_files_are_where_espi_looks_for_them(world: World, tmp_path: Path) -> None:
    feeds = {number: b"<feed>%d</feed>" % number + os.urandom(150_000).hex().encode() for number in (1, 2)}
    for day, number in (("20250613", 1), ("20250614", 1), ("20250614", 2)):
        name = f"GreenButton_third_party{world.parties['windy'][1]}_{day}_{number:05d}.xml.gz"
        world.put("windy", name, gzip.compress(feeds[number] if day == "20250614" else b"older"))
    with world.database.read() as conn:
        bulk_id = grants.third_party(conn, world.parties["windy"][1]).path_id
    path = f"/DataCustodian/espi/1_1/resource/Batch/Bulk/{bulk_id}"
    assert names(world.sftp("windy", "ls -1").stdout) == {"adhoc", "archive", "outbox"}
    world.sftp("windy", f"get -r {path} all", cwd=tmp_path)
    got = {file.name: file.read_bytes() for file in (tmp_path / "all").iterdir()}
    stem = f"GreenButton_third_party{world.parties['windy'][1]}_20250614"
    assert got == {f"{stem}_{number:05d}.xml": text for number, text in feeds.items()}
    (tmp_path / "half").write_bytes(feeds[2][:200_001])
    world.sftp("windy", f"reget {path}/{stem}_00002.xml half", cwd=tmp_path)
    assert (tmp_path / "half").read_bytes() == feeds[2]
    refused = world.sftp("sunny", f"ls {path}", "ls /DataCustodian", f"ls {path[:-2]}")
    assert refused.stderr.count("not found") == 3


def test_unpacked_files_are_read_from_anywhere(tmp_path: Path) -> None:
    text = os.urandom(200_000).hex().encode()
    (tmp_path / "packed").write_bytes(gzip.compress(text))
    with (tmp_path / "packed").open("rb") as file:
        unpacked = espi_bulk.Unpacked(file.fileno())
        for start, size in ((0, 10), (10, 100_000), (399_990, 50), (5, 7), (300_000, 1), (400_000, 5), (0, 500_000)):
            assert unpacked.read(start, size) == text[start : start + size]


def test_every_operation_of_the_library_is_answered_here() -> None:
    ours = vars(serve_sftp.Sftp)
    machinery = {
        "channel",
        "connection",
        "env",
        "logger",
        "convert_attrs",
        "format_longname",
        "reverse_map_path",
        "exit",
    }
    theirs = {name for name, _ in inspect.getmembers(asyncssh.SFTPServer) if not name.startswith("_")}
    assert theirs - set(ours) == machinery


@pytest.mark.parametrize("name", ["rep-1", "third-party-12", "tdsp-7"])
def test_a_users_name_says_who_it_is(name: str) -> None:
    found = tree.party_of(name)
    assert found is not None
    assert tree.user_name(*found) == name


@pytest.mark.parametrize("name", ["", "rep", "rep-", "rep--1", "rep-٣", "root-1", "rep-1e3", "rep-" + "9" * 30])
def test_other_names_are_nobodys(name: str) -> None:
    assert tree.party_of(name) is None


def test_weak_keys_are_not_taken(tmp_path: Path) -> None:
    words = [file_world.client("ssh-keygen"), "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "weak")]
    subprocess.run(words, check=True)
    with pytest.raises(BadInput, match="3072"):
        serve_sftp.read_public((tmp_path / "weak.pub").read_bytes())
    with pytest.raises(BadInput, match="no public SSH key"):
        serve_sftp.read_public(b"nothing of the kind")
