"""Whether an address takes our news: it is posted to as for a real event, by the same guarded sender, and told of."""

from __future__ import annotations

from collections.abc import Mapping

from espi.config import Settings
from espi.delivery import signature
from espi.delivery.notify import BATCH_LIST_TYPE, WEBHOOK_TYPE, batch_list, webhook
from espi.delivery.post import Answer, post
from espi.store.database import Database
from espi.store.events import BATCH_LIST, Event
from espi.store.grants import ThirdParty

PING = "ping"


def try_address(database: Database, settings: Settings, third_party: ThirdParty, form: str, uri: str) -> Answer:
    """Post what names the third party's own registration, and nothing of anybody, to an address; what came back.

    form: batch_list or webhook. It takes as long as the other side does (`espi.delivery.post`), so it is best done
    outside of a transaction.
    """
    path, now_s = f"ApplicationInformation/{third_party.path_id}", settings.clock.now_s()
    headers: Mapping[str, str]
    if form == BATCH_LIST:
        body = batch_list(f"{settings.resource_url}/{path}")
        headers = {"Content-Type": BATCH_LIST_TYPE}
    else:
        body = webhook(Event(0, third_party.id, None, PING, (path,), {}, now_s), None, settings.resource_url)
        headers = {
            "Content-Type": WEBHOOK_TYPE,
            **signature.signed(database, third_party, f"test_{now_s}", body, now_s),
        }
    return post(uri, body, headers, settings)
