"""How fast a company fetches a file by SFTP and FTPS, against a plain OpenSSH server with the same file and client."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from espi import config
from espi.clock import Clock
from espi.delivery import publishing, serve_sftp, tree
from espi.delivery.serve_ftps import fingerprint_of, new_password
from espi.store import directory, party_keys
from espi.store.database import Database

SIZE_MB = int(os.environ.get("ESPI_BENCH_FILE_MB", "256"))
RUNS = 5
HOST = "127.0.0.1"
PASSWORD = new_password()
SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server", "/usr/libexec/openssh/sftp-server")


def figures() -> dict[str, tuple[float, str]]:
    """Megabytes a second, ours and OpenSSH's, turn by turn; the ratio is left out where there is no OpenSSH server."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        user = _market(home)
        found: dict[str, tuple[float, str]] = {}
        with _ours(home) as (port, ftps_port), _openssh(home) as other:
            ways = {"sftp": lambda: _sftp(home, port, f"{user}@{HOST}", "outbox/feed.bin")}
            if other:
                name = os.environ.get("USER", "root")
                ways["openssh"] = lambda: _sftp(home, other, f"{name}@{HOST}", str(home / "feed.bin"))
            if shutil.which("lftp"):
                ways["ftps"] = lambda: _ftps(home, ftps_port, user)
            times: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(RUNS):
                for way, fetch in ways.items():
                    times[way].append(fetch())
            speed = {way: SIZE_MB / statistics.median(own) for way, own in times.items()}
        found["files.sftp_mb_per_s"] = speed["sftp"], "MB/s"
        if "openssh" in speed:
            found["files.openssh_mb_per_s"] = speed["openssh"], "MB/s"
            found["files.sftp_ratio_to_openssh"] = speed["sftp"] / speed["openssh"], "times"
        if "ftps" in speed:
            found["files.ftps_mb_per_s"] = speed["ftps"], "MB/s"
        return found


def _market(home: Path) -> str:
    """A REP with a file, a key and a password; what it logs in as."""
    settings = config.load({}, home=home, clock=Clock())
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")], check=True)
    text = os.urandom(1 << 20) * SIZE_MB
    (home / "feed.bin").write_bytes(text)
    with contextlib.closing(Database(settings.database_url)) as database:
        database.migrate()
        kept = publishing.keep(settings, "feed.bin", text)
        public = serve_sftp.read_public((home / "key.pub").read_bytes())
        now_s = settings.clock.now_s()
        with database.write() as conn:
            rep = directory.add_rep(conn, "Bluebonnet Power", "123456789", "10001")
            publishing.publish(conn, settings, "rep", rep, kept)
            ssh = {"kind": party_keys.SSH, "fingerprint": public.fingerprint, "public": public.text}
            ftps = {"kind": party_keys.FTPS, "fingerprint": fingerprint_of(PASSWORD), "public": ""}
            for facts in (ssh, ftps):
                party_keys.add_key(conn, "rep", rep, **facts, label="", now_s=now_s)
    return tree.user_name("rep", rep)


@contextlib.contextmanager
def _ours(home: Path) -> Iterator[tuple[int, int]]:
    ports = _free_port(), _free_port()
    words = [sys.executable, "-m", "espi", "files", "--host", HOST]
    words += ["--port", str(ports[0]), "--ftps-port", str(ports[1])]
    with subprocess.Popen(words, env=os.environ | {"ESPI_HOME": str(home)}, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        while "FTPS" not in run.stdout.readline():
            assert run.poll() is None
        try:
            yield ports
        finally:
            run.terminate()


@contextlib.contextmanager
def _openssh(home: Path) -> Iterator[int]:
    """A plain sshd of this user; 0 where there is none."""
    server = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    sftp = next((path for path in SFTP_SERVERS if Path(path).exists()), None)
    if server is None or sftp is None:
        yield 0
        return
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = _free_port()
    (home / "authorized").write_text((home / "key.pub").read_text("utf-8"), "utf-8")
    (home / "sshd_config").write_text(
        f"ListenAddress {HOST}:{port}\nHostKey {home}/ssh_host_ed25519_key\nAuthorizedKeysFile {home}/authorized\n"
        f"StrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp {sftp}\n",
        "utf-8",
    )
    with subprocess.Popen([server, "-D", "-e", "-f", str(home / "sshd_config")], stderr=subprocess.DEVNULL) as run:
        time.sleep(1)
        try:
            yield port if run.poll() is None else 0
        finally:
            run.terminate()


def _sftp(home: Path, port: int, to: str, path: str) -> float:
    options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", f"IdentityFile={home}/key", "BatchMode=yes"]
    options += ["Ciphers=aes128-gcm@openssh.com", "IdentitiesOnly=yes", "LogLevel=ERROR"]
    words = ["sftp", "-q", "-F", "none", *(word for one in options for word in ("-o", one)), "-P", str(port)]
    return _timed([*words, f"{to}:{path}", str(home / "got.bin")], home)


def _ftps(home: Path, port: int, user: str) -> float:
    said = f'set ssl:ca-file "{home}/ca.pem"; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set xfer:clobber yes'
    said += f"; open -u {user},{PASSWORD} -p {port} ftp://localhost; get outbox/feed.bin -o {home}/got.bin"
    return _timed(["lftp", "--norc", "-c", said], home)


def _timed(words: list[str], home: Path) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - started
    assert (home / "got.bin").stat().st_size == SIZE_MB << 20
    (home / "got.bin").unlink()
    return took


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
