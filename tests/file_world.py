"""A market whose companies fetch and send files, the file servers of this process, and the real clients."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from espi import config
from espi.access import Role
from espi.cli import certificate
from espi.clock import FOREVER, Clock
from espi.config import Settings
from espi.delivery import publishing, serve, serve_sftp, tree
from espi.delivery.serve_ftps import Ftps, fingerprint_of, new_password
from espi.jobs import Context
from espi.store import grants, party_files, party_keys
from espi.store.database import Database
from tests import databases, factories, network
from tests.factories import NOW_S, TODAY

Ran = subprocess.CompletedProcess[str]
SCOPE = "FB=4_5;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
HOST = "127.0.0.1"


def client(name: str) -> str:
    """The path of a client's program; a test that cannot find it fails, it is not left out."""
    found = shutil.which(name)
    assert found, f"the tests need {name}: apt-get install openssh-client lftp"
    return found


@dataclass
class World:
    """Who there is, and where the servers listen."""

    settings: Settings
    database: Database
    home: Path
    port: int = 0
    ftps_port: int = 0
    passwords: dict[str, str] = field(default_factory=dict)
    parties: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return Context(self.settings, self.database)

    def put(self, who: str, name: str, text: bytes, *, folder: str = "outbox", of: Sequence[int] = ()) -> int:
        kept = publishing.keep(self.settings, name, text)
        with self.database.write() as conn:
            return publishing.publish(conn, self.settings, *self.parties[who], kept, folder=folder, grants=of)

    def user(self, who: str) -> str:
        return tree.user_name(*self.parties[who])

    def grant(self, who: str, ends_s: int = NOW_S + 9999) -> int:
        """A grant of somebody new to a third party."""
        with self.database.write() as conn:
            utility = self.parties["wires"][1]
            point = factories.usage_point(conn, utility)
            ada = factories.tenant(conn, point, TODAY - 9, FOREVER)
            share = [(point, TODAY - 9, TODAY + 5)]
            to = self.parties[who][1]
            return grants.add_authorization(
                conn, to, ada, share, scope=SCOPE, starts_s=NOW_S, ends_s=ends_s, now_s=NOW_S
            )

    def end(self, authorization_id: int) -> None:
        with self.database.write() as conn:
            grants.set_authorization_status(conn, authorization_id, grants.REVOKED, now_s=NOW_S)

    def give_key(self, who: str, name: str = "") -> Path:
        """A new key of a company; the path of its private half."""
        path = self.home / f"key-{name or who}"
        words = [client("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(path)]
        subprocess.run(words, check=True, capture_output=True)
        public = serve_sftp.read_public(path.with_suffix(".pub").read_bytes())
        facts = {"kind": party_keys.SSH, "fingerprint": public.fingerprint, "public": public.text, "label": who}
        with self.database.write() as conn:
            self.keys[name or who] = party_keys.add_key(conn, *self.parties[who], **facts, now_s=NOW_S)
        return path

    def give_password(self, who: str) -> None:
        """A new password of a company."""
        self.passwords[who] = new_password()
        facts = {"kind": party_keys.FTPS, "fingerprint": fingerprint_of(self.passwords[who]), "public": ""}
        with self.database.write() as conn:
            number = party_keys.add_key(conn, *self.parties[who], **facts, label="", now_s=NOW_S)
        self.keys[f"{who} password"] = number

    def lftp_words(self, who: str, *commands: str, protocol: str = "ftp", before: str = "") -> list[str]:
        """lftp, told to trust our authority alone and to speak TLS; or by SFTP with OpenSSH's ssh."""
        ssh = " ".join([client("ssh"), "-a", "-x", *self.ssh_options(who)])
        options = {
            "ssl:ca-file": f'"{self.home}/ca.pem"',
            "ssl:verify-certificate": "yes",
            "ftp:ssl-force": "yes",
            "ftp:ssl-protect-data": "yes",
            "sftp:connect-program": f'"{ssh}"',
            "net:max-retries": "3",
            "net:timeout": "10",
            "net:reconnect-interval-base": "1",
            "cmd:fail-exit": "no",
            "xfer:clobber": "yes",
        }
        settings = "".join(f"set {name} {value}; " for name, value in options.items())
        port = self.port if protocol == "sftp" else self.ftps_port
        secret = self.passwords.get(who, "none")
        opening = f"open -u {self.user(who)},{secret} -p {port} {protocol}://localhost; "
        return [client("lftp"), "--norc", "-c", f"{settings}{before}{opening}{'; '.join(commands)}"]

    def lftp(self, who: str, *commands: str, cwd: Path | None = None, protocol: str = "ftp", before: str = "") -> Ran:
        words = self.lftp_words(who, *commands, protocol=protocol, before=before)
        return subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=cwd or self.home, check=False)

    def sftp_words(self, who: str, *, user: str = "", key: str = "") -> list[str]:
        return [
            client("sftp"),
            "-q",
            "-P",
            str(self.port),
            *self.ssh_options(key or who),
            f"{user or self.user(who)}@{HOST}",
        ]

    def ssh_options(self, key: str) -> list[str]:
        options = {
            "UserKnownHostsFile": str(self.home / "known_hosts"),
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self.home / f"key-{key}"),
            "BatchMode": "yes",
            "ConnectTimeout": "10",
        }
        return ["-F", "none", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]

    def sftp(self, who: str, *commands: str, cwd: Path | None = None, user: str = "", key: str = "") -> Ran:
        """What OpenSSH's client says to commands; it goes on after one that fails (`-`)."""
        words = self.sftp_words(who, user=user, key=key)
        text = "".join(f"-{command}\n" for command in commands)
        return subprocess.run(
            [words[0], "-b", "-", *words[1:]],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=cwd or self.home,
            check=False,
        )


@contextlib.contextmanager
def world(home: Path) -> Iterator[World]:
    """A utility, two REPs and two third parties, each with a key, and the SFTP server."""
    settings = config.load(
        databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR", second_factor=False
    )
    database = databases.empty(home)
    made = World(settings, database, home)
    with database.write() as conn:
        made.parties["wires"] = str(Role.tdsp), factories.utility(conn)
        for name in ("blue", "red"):
            made.parties[name] = str(Role.rep), factories.rep(conn, name)
        for name in ("sunny", "windy"):
            made.parties[name] = str(Role.third_party), grants.add_third_party(conn, name, grants.PRODUCTION)
    for name in made.parties:
        made.give_key(name)
        made.give_password(name)
    with network.loopback_allowed(), _served(made):
        yield made
    database.close()


@contextlib.contextmanager
def _served(made: World) -> Iterator[None]:
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    tls = certificate.ensure(made.settings, HOST)
    ftps = Ftps(0, tls.server, tls.server_key)

    def said(at: serve.Listening) -> None:
        made.port, made.ftps_port = at.sftp_port, at.ftps_port
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve.serve(made.context, HOST, 0, said, stop, ftps))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, name="file servers")
    thread.start()
    try:
        assert ready.wait(20), "the file servers did not start"
        lines = [
            f"[{HOST}]:{made.port},[localhost]:{made.port} {key.export_public_key().decode().strip()}\n"
            for key in serve_sftp.host_keys(made.home)
        ]
        (made.home / "known_hosts").write_text("".join(lines), "utf-8")
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)


def later(made: World, seconds: int) -> Settings:
    """The settings some time later."""
    return replace(made.settings, clock=Clock(fixed_s=NOW_S + seconds))


def files_of(made: World, who: str) -> list[party_files.PartyFile]:
    """What a company sees."""
    with made.database.read() as conn:
        return party_files.files_of(conn, *made.parties[who], made.context.now_s())
