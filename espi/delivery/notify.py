"""Notifications: an event is posted to where its third party wants it, in order, until it is taken or given up.

A BatchList (ESPI, FB_39) names one address, which the third party fetches with its own token; a webhook is the event as
signed JSON. Neither holds data. A later delivery waits while an earlier one of the same form is still tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espi import jobs, log
from espi.atom.write import bare
from espi.clock import instant_text
from espi.delivery import signature
from espi.delivery.post import NO_ANSWER, Answer, post
from espi.errors import NotFound
from espi.jobs import Context
from espi.resources.catalogue import REGISTRY
from espi.store import events, grants
from espi.store import jobs as outbox
from espi.store.database import Conn
from espi.store.events import Attempt, Delivery, Event
from espi.store.grants import ThirdParty
from espi.store.jobs import Job

BACK_OFF_S = (60, 300, 1800, 3600)
"""How long after each failed attempt the next one is made; the last holds for all further ones."""

AT_A_TIME = 20
BATCH_LIST_TYPE, WEBHOOK_TYPE = "application/atom+xml", "application/json"


@jobs.handler(events.SEND)
def send(context: Context, job: Job) -> None:
    """Post what waits for a third party in one form; then sleep until the next is due or there is something new."""
    third_party_id, form = int(job.payload["third_party_id"]), str(job.payload["format"])
    due_s: int | None = None
    for _ in range(AT_A_TIME):
        with context.database.read() as conn:
            waiting = events.next_delivery(conn, third_party_id, form)
        due_s = waiting.due_s if waiting else None
        if waiting is None or waiting.due_s > context.now_s():
            break
        _send(context, job, waiting)
        due_s = context.now_s()
    with context.database.write() as conn:
        outbox.rest(conn, job, due_s, context.now_s())


def _send(context: Context, job: Job, delivery: Delivery) -> None:
    with context.database.read() as conn:
        event = events.event(conn, delivery.event_id)
        third_party = grants.third_party(conn, delivery.third_party_id)
        about = _about(conn, event)
    uri = str(third_party.content.get(events.ADDRESSES[delivery.format]) or "")
    answer = _post(context, delivery, event, third_party, uri, about)
    with context.database.write() as conn:
        _record(conn, context, delivery, event, answer, uri)
        outbox.renew(conn, job, context.now_s())


def batch_list(uri: str) -> bytes:
    """A BatchList that names one address."""
    return bare(REGISTRY["BatchList"], {"resources": [uri]})


def webhook(event: Event, about: int | None, resource_url: str) -> bytes:
    """An event as JSON, the same as `/api/v1/events` has it. about: the authorization's number in addresses."""
    said = {
        "id": event.id,
        "kind": event.kind,
        "at": instant_text(event.at_s),
        "authorization": about,
        "resources": [f"{resource_url}/{path}" for path in event.resources],
        "detail": dict(event.detail),
    }
    return json.dumps(said, separators=(",", ":")).encode()


def _post(
    context: Context, delivery: Delivery, event: Event, third_party: ThirdParty, uri: str, about: int | None
) -> Answer:
    if not uri:
        return Answer(NO_ANSWER, "There is no address any more.", 0)
    resource_url = context.settings.resource_url
    headers: Mapping[str, str]
    if delivery.format == events.BATCH_LIST:
        body = batch_list(f"{resource_url}/{event.resources[delivery.number]}")
        headers = {"Content-Type": BATCH_LIST_TYPE}
    else:
        body = webhook(event, about, resource_url)
        signing = signature.signed(context.database, third_party, f"event_{event.id}", body, context.now_s())
        headers = {"Content-Type": WEBHOOK_TYPE, **signing}
    return post(uri, body, headers, context.settings)


def _record(conn: Conn, context: Context, delivery: Delivery, event: Event, answer: Answer, uri: str) -> None:
    now_s, number = context.now_s(), delivery.attempts + 1
    due_s = now_s + BACK_OFF_S[min(number, len(BACK_OFF_S)) - 1]
    facts: dict[str, Any] = {"delivery": delivery.id, "third_party": delivery.third_party_id, "status": answer.status}
    if answer.accepted:
        state = events.DELIVERED
        log.record(log.Event.DELIVERED, **facts)
    elif not uri or due_s > event.at_s + context.settings.notify_hours * 3600:
        state = events.GIVEN_UP
        log.warn(log.Event.DELIVERY_GIVEN_UP, **facts, attempts=number)
    else:
        state = events.WAITING
        log.warn(log.Event.DELIVERY_FAILED, **facts, attempts=number)
    attempt = Attempt(delivery.id, number, now_s, answer.status, answer.milliseconds, answer.text)
    events.record_attempt(conn, attempt, uri or delivery.uri, state, due_s)


def _about(conn: Conn, event: Event) -> int | None:
    if event.authorization_id is None:
        return None
    try:
        return grants.authorization(conn, event.authorization_id).path_id
    except NotFound:
        return None
