"""A whole custodian on this machine: pages, interfaces and a worker for its jobs, with a clock that goes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from espi import jobs
from espi.app import create_app
from espi.clock import DAY_S, Clock
from espi.config import Settings
from espi.store.database import Database
from tests import databases
from tests.factories import NOW_S
from tests.journeys.conftest import World

ROOT = Path(__file__).parents[2]
WAIT_S = 20


@dataclass(frozen=True)
class Custodian:
    """Where it is, and what is behind it."""

    base: str
    settings: Settings
    database: Database


class Quiet(WSGIRequestHandler):
    """No line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def custodian(world: World, settings: Settings, certificate: Path) -> Iterator[Custodian]:
    """The world, served; a day after its clock stood still, so that what comes now is later than what was there."""
    port = free_port()
    here = replace(
        settings,
        base_url=f"https://127.0.0.1:{port}",
        clock=Clock(shift_s=NOW_S + DAY_S + 3600 - int(time.time())),
        sandbox=True,
        notify_private=True,
        trust_ca=str(certificate),
    )
    database = databases.restore(world.saved, here.home)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    app = create_app(here, database=database)
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=context, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    stop = threading.Event()
    working = threading.Thread(target=jobs.work, args=(jobs.Context(here, database), stop), daemon=True)
    for thread in (serving, working):
        thread.start()
    try:
        yield Custodian(here.base_url, here, database)
    finally:
        stop.set()
        server.shutdown()
        for thread in (serving, working):
            thread.join()
        server.server_close()
        database.close()


@contextlib.contextmanager
def example(served: Custodian, certificate: Path, folder: Path) -> Iterator[str]:
    """The example third party as a program of its own; gives its address."""
    port = free_port()
    words = [sys.executable, "-m", "examples.third_party", "--custodian", served.base, "--host", "127.0.0.1"]
    words += ["--port", str(port), "--ca", str(certificate), "--certificate", str(certificate)]
    words += ["--memory", str(folder / "third-party.json")]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        try:
            assert program.stdout
            assert "is at" in program.stdout.readline()
            yield f"https://127.0.0.1:{port}"
        finally:
            program.terminate()
