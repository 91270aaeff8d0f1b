"""The interface: single entries and feeds of a day, 30 days and 13 months, through the real server over TLS.

`espi serve` with two workers, a database of its own, and a caller here with kept connections, all on the same
cores. Every answer is checked to be whole. The health page beside it shows what the server can do at most with our
application; the first byte and the memory are of the longest feeds, seven years of one meter.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from espi import config
from espi.clock import FOREVER, zone
from espi.config import Settings
from espi.day import ACTUAL_QUALITY, LOAD, DayBlock
from espi.store import clients, directory, grants, readings, tokens
from espi.store.database import Conn, Database
from espi.store.identity import path_id_for

COMMAND = "python -m benchmarks api"
METERS = 40
MONTHS_DAYS = 396
SEVEN_YEARS_DAYS = 2557
ROUNDS, ROUND_S, CALLERS = 3, 3.0, 12
VARIANTS = 300
ZONE = "America/Chicago"
DUNS = "1039940674000"
SCOPE = "FB=1_3_4_5_13_15_31_32_37_39;IntervalDuration=900;BlockDuration=daily;HistoryLength=220752000"
PATH = "/espi/1_1/resource"
BARE = """
import sys
from pathlib import Path
from flask import Flask
from granian import Granian
from espi.cli.certificate import Files
from espi.cli.gateway import Gateway
from espi.cli.serve import options
app = Flask("bare")
app.route(sys.argv[3])(lambda: "ok")
server = Granian(**options(Files(Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]), 2))
server.serve(target_loader=lambda: Gateway(app, 1024), wrap_loader=False)
"""


@dataclass(frozen=True)
class Subject:
    """A grant of one usage point: what its token opens."""

    token: str
    subscription: int
    usage_point: int


@dataclass(frozen=True)
class Running:
    """The server, and what there is to ask it."""

    home: Path
    port: int
    process: int
    trust: ssl.SSLContext
    until_day: int
    subjects: tuple[Subject, ...]


def figures() -> dict[str, Any]:
    """Answers a second, the first byte and the memory of workers."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as server:
        many, long = server.subjects[:-1], server.subjects[-1]
        found: dict[str, Any] = {
            "api.limit_per_s": (_limit(server), "answers/s, two bytes of a bare Flask application, same server"),
            "api.healthz_per_s": (_rate(server, [_request("/healthz")]), "answers/s"),
            "api.entry_per_s": (_rate(server, [_get(each, _entry(each)) for each in many]), "answers/s"),
            "api.feed_1d_per_s": (_rate(server, _feeds(server, many, 1)), "answers/s"),
            "api.feed_30d_per_s": (_rate(server, _feeds(server, many, 30)), "answers/s"),
            "api.feed_1d_again_per_s": (_rate(server, _feeds(server, many, 1, again=True)), "answers/s"),
            "api.feed_30d_again_per_s": (_rate(server, _feeds(server, many, 30, again=True)), "answers/s"),
            "api.feed_13mo_per_s": (_rate(server, _feeds(server, many, MONTHS_DAYS)), "answers/s"),
        }
        before = _memory_mb(server.process)
        first = [_first_byte_ms(server, _get(long, f"/Batch/Subscription/{long.subscription}")) for _ in range(9)]
        found["api.first_byte_seven_years_ms"] = (statistics.median(first), "ms")
        found["api.memory_after_feeds_mb"] = (before, "MB, all workers")
        found["api.memory_after_seven_years_mb"] = (_memory_mb(server.process), "MB, all workers")
        return found


@contextlib.contextmanager
def _served(home: Path) -> Iterator[Running]:
    settings = config.load({}, home=home, log_level="ERROR")
    database = Database(settings.database_url)
    database.migrate()
    until_day = zone(ZONE).day_of(settings.clock.now_s())
    with database.write() as conn:
        subjects = _world(conn, settings, until_day)
    database.close()
    port = _free_port()
    command = [sys.executable, "-m", "espi", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
    environment = {"ESPI_LOG_LEVEL": "ERROR"} | os.environ | {"ESPI_HOME": str(home), "ESPI_MTLS_PORT": "0"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        trust = _trust(home, port)
        yield Running(home, port, server.pid, trust, until_day, tuple(subjects))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _limit(server: Running) -> float:
    """What a bare Flask application gives through the same server, with the same callers."""
    port = _free_port()
    command = [sys.executable, "-c", BARE, str(server.home), str(port), PATH]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _trust(server.home, port)
        return _rate(replace(server, port=port), [_request(PATH)])
    finally:
        process.terminate()
        process.wait(30)


def _world(conn: Conn, settings: Settings, until_day: int) -> list[Subject]:
    now_s = settings.clock.now_s()
    utility = directory.add_utility(conn, "Benchmark Wires", DUNS, ZONE)
    third_party = grants.add_third_party(conn, "Benchmark", grants.PRODUCTION, now_s=now_s)
    client = clients.add_client(conn, role="third_party", party_id=third_party, kind="main", now_s=now_s)
    subjects = []
    for number in range(METERS + 1):
        days = SEVEN_YEARS_DAYS if number == METERS else MONTHS_DAYS
        esiid = f"1044372{number:010d}"
        point = directory.add_usage_point(conn, utility, esiid, now_s=now_s)
        path_id = path_id_for(conn, f"usage-point/{DUNS}/{esiid}")
        kind = directory.reading_type_for_lse(LOAD)
        directory.add_interval_channel(conn, point, LOAD, kind, now_s)
        readings.put_blocks(conn, _blocks(point, until_day - days, until_day, now_s), file_id=1, now_s=now_s)
        person = directory.add_customer(conn, f"Customer {number}", "residential")
        directory.add_tenancy(conn, point, person, until_day - days, FOREVER)
        subjects.append(_subject(conn, client, person, point, path_id, (until_day - days, until_day + 365), now_s))
    return subjects


def _subject(
    conn: Conn, client: clients.Client, person: int, point: int, path_id: int, span: tuple[int, int], now_s: int
) -> Subject:
    ends_s = now_s + 365 * 86400
    key = grants.add_authorization(
        conn, client.party_id, person, [(point, *span)], scope=SCOPE, starts_s=now_s, ends_s=ends_s, now_s=now_s
    )
    token = tokens.issue(
        conn,
        kind="access",
        authorization_id=key,
        client_id=client.id,
        family=f"{key}",
        binding="",
        issued_s=now_s,
        expires_s=ends_s,
    )
    authorization = grants.authorization(conn, key)
    return Subject(token, authorization.subscription_path_id, path_id)


def _blocks(point: int, from_day: int, until_day: int, now_s: int) -> list[DayBlock]:
    place, source = zone(ZONE), np.random.default_rng(point)
    blocks = []
    for day in range(from_day, until_day):
        count = place.quarter_hours(day)
        values = source.integers(40, 900, count)
        blocks.append(
            DayBlock(
                usage_point_id=point,
                channel=LOAD,
                day=day,
                start_s=place.day_start_s(day),
                interval_s=900,
                values=values,
                qualities=np.full(count, ACTUAL_QUALITY),
                sent_s=now_s,
            )
        )
    return blocks


def _entry(subject: Subject) -> str:
    return f"/Subscription/{subject.subscription}/UsagePoint/{subject.usage_point}"


def _feeds(server: Running, subjects: Sequence[Subject], days: int, *, again: bool = False) -> list[bytes]:
    """Requests for the same days of every meter; again: of the same words, so that what was sent may be sent again.

    Else each ends a second later than the one before, which asks for the same readings and makes another feed.
    """
    place = zone(ZONE)
    start_s = place.day_start_s(server.until_day - days)
    end_s = place.day_start_s(server.until_day)
    queries = [f"?published-min={start_s}&published-max={end_s + late_s}" for late_s in range(1 if again else VARIANTS)]
    return [_get(each, f"/Batch/Subscription/{each.subscription}{query}") for query in queries for each in subjects]


def _get(subject: Subject, path: str) -> bytes:
    return _request(PATH + path, f"Authorization: Bearer {subject.token}\r\nAccept-Encoding: gzip\r\n")


def _request(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode("ascii")


def _rate(server: Running, requests: Sequence[bytes]) -> float:
    """Answers a second: the median of rounds."""
    _round(server, requests, 1.0)
    return statistics.median(_round(server, requests, ROUND_S) for _ in range(ROUNDS))


def _round(server: Running, requests: Sequence[bytes], seconds: float) -> float:
    """One thread that keeps every connection busy: it takes their answers in turn and asks again."""
    with contextlib.ExitStack() as open_ones:
        callers = [open_ones.enter_context(Caller(server)) for _ in range(CALLERS)]
        wanted = itertools.cycle(requests)
        for caller in callers:
            caller.send(next(wanted))
        started, count = time.perf_counter(), 0
        while (passed_s := time.perf_counter() - started) < seconds:
            for caller in callers:
                caller.receive()
                caller.send(next(wanted))
            count += len(callers)
        for caller in callers:
            caller.receive()
        return count / passed_s


class Caller:
    """One kept connection."""

    def __init__(self, server: Running) -> None:
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self._socket = server.trust.wrap_socket(plain, server_hostname="localhost")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_what: object) -> None:
        self._socket.close()

    def send(self, request: bytes) -> None:
        """Ask, and wait for nothing."""
        self._socket.sendall(request)

    def receive(self) -> float:
        """Take the whole answer, which must be a 200; when its first byte was there."""
        data = self._socket.recv(1 << 18)
        first = time.perf_counter()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, body = data[:end].lower(), data[end + 4 :]
        if b" 200 " not in head[:16]:
            raise RuntimeError(data[:2000].decode("utf-8", "replace"))
        self._finish(head, body)
        return first

    def _finish(self, head: bytes, body: bytes) -> None:
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            missing = int(length[1]) - len(body)
            while missing > 0:
                missing -= len(self._more())
            return
        tail = body[-8:]
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            tail = (tail + self._more())[-8:]

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server ended the connection before the answer was whole")
        return data


def _first_byte_ms(server: Running, request: bytes) -> float:
    with Caller(server) as caller:
        started = time.perf_counter()
        caller.send(request)
        return (caller.receive() - started) * 1000


def _trust(home: Path, port: int) -> ssl.SSLContext:
    """What trusts the server, as soon as it answers."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            context = ssl.create_default_context(cafile=home / "ca.pem")
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return context
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _memory_mb(session: int) -> float:
    """What the server's processes hold for themselves (PSS), in megabytes."""
    total_kb = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(folder.name)) == session:
                found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text("ascii"), re.MULTILINE)
                total_kb += int(found[1]) if found else 0
    return total_kb / 1024


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
