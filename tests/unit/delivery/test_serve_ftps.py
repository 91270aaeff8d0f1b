"""FTPS by lftp and Python's ftplib, and what lftp does by SFTP: the same folders, the same refusals."""

from __future__ import annotations

import ftplib
import io
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from espi.delivery import publishing
from espi.store import party_files, party_keys
from tests import file_world
from tests.factories import DUNS
from tests.file_world import World

pytestmark = pytest.mark.transfer

TEXT = os.urandom(1_500_001)
BOTH = pytest.mark.parametrize("protocol", ["ftp", "sftp"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with file_world.world(tmp_path_factory.mktemp("files")) as made:
        made.put("blue", "report.csv", TEXT)
        made.put("red", "reds.csv", b"red's")
        yield made


def soon(what: Callable[[], bool], seconds: float = 8) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def session(world: World, who: str, password: str = "") -> ftplib.FTP_TLS:
    trusted = ssl.create_default_context(cafile=str(world.home / "ca.pem"))
    found = ftplib.FTP_TLS(context=trusted, timeout=10)  # noqa: S321 - it speaks TLS
    found.connect("localhost", world.ftps_port)
    try:
        found.login(world.user(who), password or world.passwords[who])
    except ftplib.Error:
        found.close()
        raise
    found.prot_p()
    return found


def last_fetch(world: World, who: str) -> party_files.Pickup:
    with world.database.read() as conn:
        return party_files.pickups(conn, *world.parties[who])[0]


@BOTH
def test_lftp_lists_fetches_and_goes_on_where_it_stopped(world: World, tmp_path: Path, protocol: str) -> None:
    (tmp_path / "half").write_bytes(TEXT[:700_000])
    asked = "cls -1 outbox", "get outbox/report.csv", "get -c outbox/report.csv -o half"
    ran = world.lftp("blue", *asked, cwd=tmp_path, protocol=protocol)
    assert set(ran.stdout.split()) == {"outbox/SHA256SUMS", "outbox/report.csv", "outbox/report.csv.jws"}
    assert (tmp_path / "report.csv").read_bytes() == (tmp_path / "half").read_bytes() == TEXT
    assert soon(lambda: last_fetch(world, "blue").sent_bytes == len(TEXT) - 700_000)
    fetch = last_fetch(world, "blue")
    assert fetch.to_end
    assert fetch.protocol.startswith(protocol)


@BOTH
def test_a_whole_folder_is_mirrored(world: World, tmp_path: Path, protocol: str) -> None:
    world.lftp("blue", "mirror / here", cwd=tmp_path, protocol=protocol)
    found = {str(path.relative_to(tmp_path / "here")) for path in (tmp_path / "here").rglob("*") if path.is_file()}
    assert found == {"outbox/SHA256SUMS", "outbox/report.csv", "outbox/report.csv.jws"}


REFUSED = (
    "rm outbox/report.csv",
    "mv outbox/report.csv outbox/mine.csv",
    "mkdir outbox/new",
    "rmdir outbox",
    "chmod 777 outbox/report.csv",
    "put known_hosts -o outbox/known_hosts",
    "put known_hosts -o inbox/known_hosts",
    "put known_hosts",
    "get outbox/reds.csv",
    "get outbox/nothing.csv",
    "get /etc/passwd",
    "get /../../../etc/passwd",
)


@BOTH
def test_every_other_thing_is_refused_with_words(world: World, protocol: str) -> None:
    told = world.lftp("blue", *REFUSED, protocol=protocol).stderr.splitlines()
    assert [line.split(":")[0] for line in told] == [command.split()[0] for command in REFUSED]
    for line in told:
        assert "Access failed" in line or "Fatal error" in line
        assert any(words in line for words in ("no such file here", "cannot be changed", "nothing else is done")), line
    assert not (world.home / "passwd").exists()
    assert len(file_world.files_of(world, "blue")) == 1


@BOTH
def test_lftp_sends_a_file_and_goes_on_with_one_that_broke_off(world: World, tmp_path: Path, protocol: str) -> None:
    name = f"{DUNS}IntervalData.{protocol}.lse"
    (tmp_path / name).write_bytes(TEXT)
    inbox, arriving = world.home / "inbox" / DUNS / name, world.home / "arriving" / DUNS / name
    slow = world.lftp_words(
        "wires", f"put {name} -o inbox/{name}", protocol=protocol, before="set net:limit-rate 300000; "
    )
    with subprocess.Popen(slow, cwd=tmp_path, stderr=subprocess.PIPE) as running:
        assert soon(lambda: arriving.is_file() and arriving.stat().st_size > 100_000)
        assert not inbox.exists()
        running.kill()
        running.wait()
    again = f"put -c {name} -o inbox/{name}"
    assert soon(lambda: "another session" not in world.lftp("wires", again, cwd=tmp_path, protocol=protocol).stderr)
    told = world.lftp("wires", "ls inbox", protocol=protocol)
    assert inbox.is_file(), (told.stdout, told.stderr)
    assert inbox.read_bytes() == TEXT
    assert not arriving.exists()


def test_a_transfer_whose_connection_breaks_is_not_taken(world: World) -> None:
    name = "broken.lse"
    ftps = session(world, "wires")
    ftps.voidcmd("TYPE A")
    data = ftps.transfercmd(f"STOR inbox/{name}")
    data.sendall(TEXT[:100_000])
    arriving = world.home / "arriving" / DUNS / name
    assert soon(lambda: arriving.is_file() and arriving.stat().st_size == 100_000)
    data.close()  # the connection ends, TLS on it does not
    ftps.close()
    assert soon(lambda: "broken.lse" not in (path.name for path in (world.home / "inbox" / DUNS).glob("*")))
    assert arriving.stat().st_size == 100_000
    ftps = session(world, "wires")
    assert ftps.size(f"inbox/{name}") == 100_000
    ftps.storbinary(f"STOR inbox/{name}", io.BytesIO(TEXT[100_000:]), rest=100_000)
    ftps.quit()
    assert (world.home / "inbox" / DUNS / name).read_bytes() == TEXT


def test_nothing_goes_over_the_wire_in_the_clear(world: World) -> None:
    plain = ftplib.FTP(timeout=10)  # noqa: S321 - it has to be refused
    plain.connect("localhost", world.ftps_port)
    with pytest.raises(ftplib.error_perm, match="SSL/TLS required"):
        plain.login(world.user("blue"), world.passwords["blue"])
    plain.close()
    ftps = session(world, "blue")
    ftps.prot_c()
    with pytest.raises(ftplib.error_perm, match="SSL/TLS required on the data channel"):
        ftps.nlst()
    for command in ("PORT 127,0,0,1,4,0", "EPRT |1|127.0.0.1|1024|", "SITE EXEC id"):
        with pytest.raises(ftplib.error_perm, match="not understood"):
            ftps.sendcmd(command)
    ftps.close()


def test_a_password_opens_its_own_companys_door_alone(world: World) -> None:
    with pytest.raises(ftplib.error_perm, match="530"):
        session(world, "blue", world.passwords["red"])
    with world.database.read() as conn:
        kept = party_keys.keys(conn, *world.parties["blue"])
    assert all(world.passwords["blue"] not in str(key) for key in kept)


def test_a_grant_or_password_that_ends_is_gone_in_an_open_session_too(world: World) -> None:
    grant, other = world.grant("sunny"), world.grant("sunny")
    world.put("sunny", "feed.xml.gz", TEXT * 4, of=[grant])
    world.put("sunny", "others.xml.gz", b"x", of=[other])
    ftps = session(world, "sunny")
    data = ftps.transfercmd("RETR outbox/feed.xml.gz")
    got = len(data.recv(1000))
    world.end(grant)
    time.sleep(1.1)
    while chunk := data.recv(65536):
        got += len(chunk)
    data.close()
    assert got < 4 * len(TEXT)
    with pytest.raises(ftplib.error_temp, match="426"):
        ftps.voidresp()
    with pytest.raises(ftplib.error_perm, match="no such file here"):
        ftps.retrbinary("RETR outbox/feed.xml.gz", lambda _: None)
    assert "outbox/others.xml.gz" in {f"outbox/{name}" for name in ftps.nlst("outbox")}
    with world.database.write() as conn:
        party_keys.remove_key(conn, world.keys["sunny password"])
    time.sleep(1.1)
    with pytest.raises(ftplib.error_perm):
        ftps.nlst("outbox")
    ftps.close()


def test_what_was_kept_is_where_the_servers_look(world: World) -> None:
    file = file_world.files_of(world, "blue")[0]
    assert publishing.stored(world.settings, file.storage_key).read_bytes() == TEXT
