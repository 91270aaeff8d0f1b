"""`espi work` and `espi jobs`: the worker beside the web server, and what it has to do."""

from __future__ import annotations

import argparse
import signal
import threading

from espi import jobs
from espi.cli.opened import opened, reading
from espi.cli.words import Words
from espi.clock import instant_text
from espi.config import Settings
from espi.jobs import Context
from espi.store import jobs as outbox

STATES = (outbox.WAITING, outbox.RUNNING, outbox.DONE, outbox.FAILED)


def add(words: Words) -> None:
    """Add `espi work` and `espi jobs`."""
    parser = words.command("work", work, "Work on jobs until told to stop; any number of workers share one database.")
    parser.add_argument("--once", action="store_true", help="do what is due now, then stop")
    group = words.group("jobs", "What is to be done in the background.")
    parser = group.command("list", list_jobs, "List jobs, the last made first.")
    parser.add_argument("--state", choices=STATES, help="only those in a state")
    parser.add_argument("--kind", default="", help="only those of a kind, such as delivery.send")
    parser.add_argument("--limit", type=int, default=50, help="how many at most (50)")


def work(settings: Settings, given: argparse.Namespace) -> int:
    """Work on jobs: of every part of the program, whose handlers are loaded with it."""
    import espi.app  # noqa: F401, PLC0415 - it loads every module that handles jobs

    with opened(settings) as database:
        context = Context(settings, database)
        if given.once:
            jobs.plan(context)
            print(f"jobs={jobs.run_due(context)}")
            return 0
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        print("Working on jobs; stop with Ctrl-C", flush=True)
        jobs.work(context, stop)
    return 0


def list_jobs(settings: Settings, given: argparse.Namespace) -> int:
    """One line a job: address number, state, kind, when it is due or was finished, attempts, progress, last error."""
    with reading(settings) as conn:
        found = outbox.jobs(conn, state=given.state or "", kind=given.kind, limit=given.limit)
    for job in found:
        when = instant_text(job.finished_s if job.finished_s is not None else job.due_s)
        print(f"{job.path_id}\t{job.state}\t{job.kind}\t{when}\t{job.attempts}\t{job.done}/{job.total}\t{job.error}")
    return 0
