"""A forgotten password: who asked is answered before anybody has looked whether there is such an account."""

from __future__ import annotations

from espi import jobs
from espi.delivery import account_mails
from espi.jobs import Context
from espi.store import accounts, audit, one_time, quotas
from espi.store import jobs as outbox
from espi.store.jobs import Job

KIND = "account.recover"
LASTS_S = 30 * 60
MOST_AN_HOUR = 3
HOUR_S = 3600


@jobs.handler(KIND)
def recover(context: Context, job: Job) -> None:
    """Mail a link to the account {name}, if there is one and it has an address; the name is forgotten then."""
    now_s = context.now_s()
    with context.database.write() as conn:
        outbox.drop_payload(conn, job)
        outbox.finish(conn, job, None, now_s)
        found = accounts.account_named(conn, str(job.payload.get("name", "")))
        if found is None or "@" not in (to := found.email or found.name):
            return
        subject = f"account/recovery/{found.id}"
        if quotas.add_use(conn, subject, now_s // HOUR_S * HOUR_S) > MOST_AN_HOUR:
            return
        token = one_time.add(conn, one_time.RECOVERY, now_s=now_s, lasts_s=LASTS_S, login_id=found.id)
        path = f"recover/{token}"
        account_mails.post(conn, "recovery", (to, found.language), context.settings, path, name=found.name)
        audit.record(
            conn,
            at_s=now_s,
            actor="system:accounts",
            action="account:recovery-sent",
            target=f"login {found.id}",
            rule="mail address of the account",
            allowed=True,
        )
