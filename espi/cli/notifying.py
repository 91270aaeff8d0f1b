"""`espi third-party notify` and its like: notifications sent on demand, and what became of those that were sent."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable

from espi import access, jobs
from espi.access import Principal, Role
from espi.cli.opened import opened, writing
from espi.cli.words import Words
from espi.clock import instant_s, instant_text
from espi.config import Settings
from espi.delivery import handlers, signature
from espi.errors import BadInput, NotFound
from espi.helpdesk import handlers as desk_jobs  # noqa: F401  (they register themselves)
from espi.intake import handlers as checks  # noqa: F401  (they register themselves)
from espi.jobs import Context
from espi.store import events, grants
from espi.store.database import Conn
from espi.store.events import Delivery
from espi.store.grants import ThirdParty

OPERATOR = Principal(Role.operator, 0, "command line", "command line")
WITHIN_S = 60


def add(group: Words) -> None:
    """Add the commands."""
    parser = group.command("notify", notify, "Post a BatchList that names an address, now, to whom it concerns.")
    parser.add_argument(
        "uri",
        metavar="URI",
        help="ApplicationInformation/ID, Authorization/ID, Batch/Subscription/ID or Batch/Bulk/ID, absolute or not",
    )
    parser = group.command("deliveries", list_deliveries, "List what was posted, the last first.")
    parser.add_argument("name", nargs="?", help="to one application only")
    parser.add_argument("--limit", type=int, default=50, help="how many at most (50)")
    parser = group.command("delivery-failures", list_failures, "List what failed and has not arrived; exit 1 if any.")
    parser.add_argument("name", nargs="?", help="to one application only")
    parser = group.command("webhook-key", webhook_key, "Print the key that an application checks webhooks with.")
    parser.add_argument("name", help="its name")
    parser.add_argument("--rotate", type=int, metavar="HOURS", help="make a new one; the old one signs for so long too")
    parser = group.command("resend", resend, "Post a delivery again, now.")
    parser.add_argument("delivery", type=int, help="its number, the first column of the lists")
    parser = group.command(
        "resend-since", resend_since, "Post all again that an application was sent since an instant."
    )
    parser.add_argument("name", help="its name")
    parser.add_argument("since", help="such as 2025-06-15T00:00:00Z")


def notify(settings: Settings, given: argparse.Namespace) -> int:
    """Post a BatchList now, after what waits before it; 0 if everybody took it."""
    path = given.uri.removeprefix(settings.resource_url).strip("/")
    with opened(settings) as database:
        with database.write() as conn:
            access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"notify {path}")
            kind, concerned = _concerned(conn, path)
            made = [_event(conn, one, kind, path, settings) for one in concerned]
            for one in concerned:
                events.hurry(conn, one.id, settings.clock.now_s())
            queued = [row for row in events.deliveries(conn, limit=1000) if row.event_id in made]
        if not queued:
            raise NotFound("Whom this concerns has registered no address for notifications.")
        return _post(Context(settings, database), queued)


def registration_changed(conn: Conn, third_party: ThirdParty, now_s: int) -> None:
    """Tell an application that its registration was changed."""
    path = f"ApplicationInformation/{third_party.path_id}"
    events.add_event(conn, third_party.id, "registration.changed", [path], now_s=now_s)


def webhook_key(settings: Settings, given: argparse.Namespace) -> int:
    """Print the key of an application's webhooks; with --rotate the next one."""
    now_s = settings.clock.now_s()
    with opened(settings) as database:
        with database.write() as conn:
            access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"webhook key of {given.name}")
            third_party = _named(conn, given.name)
            if given.rotate is not None:
                content = signature.rotated(third_party.content, old_until_s=now_s + given.rotate * 3600)
                grants.change_third_party(conn, third_party.id, content=content, now_s=now_s)
                third_party = _named(conn, given.name)
        print(f"key  {signature.webhook_key(database, third_party)}")
        return 0


def list_deliveries(settings: Settings, given: argparse.Namespace) -> int:
    """One line a delivery: number, when it was queued, state, attempts, last answer, application, what, where to."""
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "event:read", settings=settings, target="deliveries")
        _print(conn, events.deliveries(conn, _id(conn, given.name), limit=given.limit))
    return 0


def list_failures(settings: Settings, given: argparse.Namespace) -> int:
    """As `deliveries`, only what failed: given up, or still being tried."""
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "event:read", settings=settings, target="deliveries")
        found = events.undelivered(conn, _id(conn, given.name))
        _print(conn, found)
    return 1 if found else 0


def resend(settings: Settings, given: argparse.Namespace) -> int:
    """Post a delivery again, to the application's present address."""
    with opened(settings) as database:
        with database.write() as conn:
            access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"delivery {given.delivery}")
            events.resend(conn, given.delivery, settings.clock.now_s())
            again = events.delivery(conn, given.delivery)
        return _post(Context(settings, database), [again])


def resend_since(settings: Settings, given: argparse.Namespace) -> int:
    """Queue all of an application's deliveries since an instant again; workers post them in their order."""
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"deliveries of {given.name}")
        now_s = settings.clock.now_s()
        count = events.resend_since(conn, _named(conn, given.name).id, instant_s(given.since), now_s)
    print(f"queued={count}")
    return 0


def _concerned(conn: Conn, path: str) -> tuple[str, list[ThirdParty]]:
    """What kind of event an address is about, and which applications it concerns."""
    *kind, number = path.partition("?")[0].split("/")
    if kind == ["Batch", "Bulk"]:
        return "bulk.ready", _of_bulk(conn, number)
    if not number.isdigit():
        raise BadInput(f"{path!r} is none of the addresses that notifications name; `espi third-party notify -h`.")
    match kind:
        case ["ApplicationInformation"]:
            return "registration.changed", [grants.third_party_by_path_id(conn, int(number))]
        case ["Authorization"]:
            return "authorization.changed", [_holder(conn, grants.authorization_by_path_id(conn, int(number)))]
        case ["Batch", "Subscription"]:
            return "usage.new", [_holder(conn, grants.authorization_by_subscription(conn, int(number)))]
        case ["Batch", "RetailCustomer"]:
            return "authorization.changed", [_holder(conn, grants.authorization_by_person(conn, int(number)))]
    raise BadInput(f"{path!r} is none of the addresses that notifications name; `espi third-party notify -h`.")


def _holder(conn: Conn, authorization: grants.Authorization) -> ThirdParty:
    return grants.third_party(conn, authorization.third_party_id)


def _of_bulk(conn: Conn, bulk_id: str) -> list[ThirdParty]:
    found = [
        one
        for one in grants.third_parties(conn)
        if str(one.path_id) == bulk_id
        or any(grant.bulk_id == bulk_id for grant in grants.authorizations_of(conn, one.id))
    ]
    if not found:
        raise NotFound(f"There is no bulk feed {bulk_id}.")
    return found


def _event(conn: Conn, third_party: ThirdParty, kind: str, path: str, settings: Settings) -> int:
    return events.add_event(conn, third_party.id, kind, [path], now_s=settings.clock.now_s())


def _post(context: Context, queued: Iterable[Delivery]) -> int:
    """Work on deliveries until each was tried once more, here or by another worker, and say what came of it."""
    wanted = {row.id: row.attempts for row in queued}
    until_s = time.monotonic() + WITHIN_S
    worst = 0
    while wanted and handlers.kinds() and time.monotonic() < until_s:
        if not jobs.run_one(context):
            time.sleep(0.1)
        with context.database.read() as conn:
            for key in [key for key, before in wanted.items() if events.delivery(conn, key).attempts > before]:
                wanted.pop(key)
                done = events.delivery(conn, key)
                worst = max(worst, 0 if done.state == events.DELIVERED else 1)
                _print(conn, [done])
        if wanted and _waits_for_others(context, wanted):
            break
    for key in wanted:
        print(f"{key}\twaits for its turn: an earlier delivery is still being tried")
    return 1 if wanted else worst


def _waits_for_others(context: Context, wanted: Iterable[int]) -> bool:
    """Whether each waits behind an earlier delivery that is not due yet."""
    now_s = context.now_s()
    with context.database.read() as conn:
        rows = [events.delivery(conn, key) for key in wanted]
        heads = [events.next_delivery(conn, row.third_party_id, row.format) for row in rows]
    return all(
        head is not None and head.id < row.id and head.due_s > now_s for row, head in zip(rows, heads, strict=True)
    )


def _print(conn: Conn, found: Iterable[Delivery]) -> None:
    names = {one.id: one.name for one in grants.third_parties(conn)}
    for row in found:
        event = events.event(conn, row.event_id)
        tries = events.attempts(conn, row.id)
        answer = f"{tries[-1].status or 'no answer'} {tries[-1].answer}".strip() if tries else ""
        what = event.resources[row.number] if row.format == events.BATCH_LIST else event.kind
        print(
            row.id, instant_text(event.at_s), row.state, row.attempts, answer,
            names.get(row.third_party_id, ""), what, row.uri, sep="\t",
        )  # fmt: skip


def _id(conn: Conn, name: str | None) -> int | None:
    return None if name is None else _named(conn, name).id


def _named(conn: Conn, name: str) -> ThirdParty:
    found = grants.third_party_by_name(conn, name)
    if found is None:
        raise NotFound(f"There is no third party called {name!r}; `espi third-party list` names them.")
    return found
