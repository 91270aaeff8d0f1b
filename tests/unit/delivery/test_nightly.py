from __future__ import annotations

from espi import jobs
from espi.clock import DAY_S
from espi.config import Settings
from espi.delivery import nightly
from espi.jobs import Context
from espi.store import events, grants, proofs, quotas, tokens
from espi.store import jobs as outbox
from espi.store.database import Conn, Database
from tests.unit.delivery.conftest import later


def _token(conn: Conn, now_s: int) -> str:
    return tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=1,
        client_id=1,
        family=tokens.new_family(),
        binding="",
        issued_s=now_s,
        expires_s=now_s + 60,
    )


def test_what_is_over_for_a_month_is_forgotten_and_what_still_counts_is_kept(
    settings: Settings, database: Database
) -> None:
    context = Context(settings, database)
    now_s = context.now_s()
    with database.write() as conn:
        app = grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
        events.add_event(conn, app, "ping", [], now_s=now_s)
        old = outbox.add_job(conn, nightly.KIND, {}, now_s=now_s)
        text = _token(conn, now_s)
        assert proofs.add_proof(conn, "a proof", expires_s=now_s + 60, now_s=now_s)
        quotas.add_use(conn, "client/1", now_s)
    assert jobs.run_due(context) == 1
    with database.read() as conn:
        assert len(events.events(conn, app)) == 1
        assert tokens.token(conn, text) is not None
        assert quotas.used(conn, "client/1", now_s) == 1
    context = later(context, 31 * DAY_S)
    with database.write() as conn:
        events.add_event(conn, app, "ping", [], now_s=context.now_s())
        outbox.add_job(conn, nightly.KIND, {}, now_s=context.now_s())
    jobs.run_due(context)
    with database.read() as conn:
        assert [event.at_s for event in events.events(conn, app)] == [context.now_s()]
        assert tokens.token(conn, text) is None
        assert quotas.used(conn, "client/1", now_s) == 0
        (kept,) = outbox.jobs(conn)
        assert kept.id != old.id
        assert dict(kept.result) == {"events": 1, "jobs": 1, "tokens": 1, "proofs": 1, "windows": 1}


def test_it_runs_once_a_day() -> None:
    assert jobs.TIMETABLE[nightly.KIND] == DAY_S
