"""What is being prepared for a client: how far it is, and where the result will be."""

from __future__ import annotations

from espi.clock import instant_text
from espi.errors import NotFound
from espi.market.authorizations import is_own
from espi.market.operation import HREF, ID, INSTANT, MAYBE_INSTANT, NUMBER_IN_PATH, Ask, Operation, Reply
from espi.market.shapes import Nullable, Record, Text, Whole
from espi.store import grants, jobs
from espi.store.jobs import Job

SOONEST_S, LATEST_S = 2, 300

JOB = Record(
    "Job",
    {
        "id": ID,
        "kind": Text(most=64),
        "state": Text(choices=(jobs.WAITING, jobs.RUNNING, jobs.DONE, jobs.FAILED)),
        "done": Whole("How much is done."),
        "total": Whole("Of how much; 0: not known yet."),
        "created": INSTANT,
        "finished": MAYBE_INSTANT,
        "retry_after": Nullable(Whole("In how many seconds to ask again; null: it is over.")),
        "result": Nullable(HREF),
        "error": Nullable(Text("Why the last try failed.", most=512)),
    },
)


def read_job(ask: Ask) -> Reply:
    """A job of the caller's."""
    found = jobs.job_by_path_id(ask.conn, ask.given["id"])
    if not _is_own(ask, found):
        raise NotFound(detail=f"job {found.id} is another's than {ask.bearer.principal}")
    wait_s = _wait_s(found, ask.now_s)
    reply = Reply(_described(ask, found, wait_s))
    return reply if wait_s is None else Reply(reply.body, headers={"Retry-After": str(wait_s)})


def _is_own(ask: Ask, job: Job) -> bool:
    """Whether a job is done for an authorization of the caller's."""
    kind, _, number = job.owner.partition("/")
    return kind == "authorization" and is_own(ask, grants.authorization(ask.conn, int(number)))


def _wait_s(job: Job, now_s: int) -> int | None:
    """When to ask again: as long as the rest will take if it goes on like this."""
    if job.state in {jobs.DONE, jobs.FAILED}:
        return None
    rest_s = (now_s - job.created_s) * (job.total - job.done) // job.done if 0 < job.done <= job.total else SOONEST_S
    return min(max(rest_s, SOONEST_S), LATEST_S)


def _described(ask: Ask, job: Job, wait_s: int | None) -> dict[str, object]:
    href = job.result.get("href") if job.state == jobs.DONE else None
    if href and "://" not in href:
        href = f"{ask.settings.resource_url}/{href.lstrip('/')}"
    return {
        "id": job.path_id,
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "created": instant_text(job.created_s),
        "finished": None if job.finished_s is None else instant_text(job.finished_s),
        "retry_after": wait_s,
        "result": href,
        "error": job.error or None,
    }


OPERATIONS = (
    Operation(
        "GET",
        "/jobs/{id}",
        "job",
        "jobs",
        "How far something is that is being prepared for you.",
        read_job,
        {200: JOB},
        action="change:read",
        reaches=True,
        doc="A feed that is too large to be made at once is answered with 202 and the address of its job. Ask again "
        "after `retry_after` seconds; when it is done, the same feed is answered with 200.",
        parameters=(NUMBER_IN_PATH,),
    ),
)
