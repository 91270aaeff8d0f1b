"""Cases of the suites FB_39 (PSH) and the notification of FB_35 (RBK001), named by their ids.

The harness listens for a BatchList; the operator has one of each kind sent. PSH004 is judged by eye: that a failed POST
can be seen is tested here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from espi.app import create_app
from espi.jobs import Context, run_due
from espi.store import events, grants
from tests.harness.conftest import Harness, found_in, root_of
from tests.listener import Listener, listening

NOTIFICATION = "/ThirdParty/espi/1_1/Notification"
pytestmark = pytest.mark.loopback


@pytest.fixture
def listener(harness: Harness, tmp_path: Path) -> Iterator[Listener]:
    """The harness's listener, whose address is the registered one."""
    site = harness.site
    with listening(site.settings, tmp_path / "third-party") as found:
        settings = replace(site.settings, trust_ca=found.authority)
        harness.app = create_app(settings, database=site.database)
        with site.database.write() as conn:
            party = grants.third_party_by_path_id(conn, harness.world.application)
            content = {**party.content, "thirdPartyNotifyUri": found.url + NOTIFICATION}
            grants.change_third_party(conn, party.id, content=content, now_s=site.now_s())
        yield found


def _send(harness: Harness, kind: str, path: str) -> None:
    site = harness.site
    with site.database.write() as conn:
        party = grants.third_party_by_path_id(conn, harness.world.application)
        events.add_event(conn, party.id, kind, [path], now_s=site.now_s())
    run_due(Context(site.settings, site.database))


def _first_resource(listener: Listener) -> str:
    """The first address of the last notification, as the harness reads it."""
    posted = listener.posted[-1]
    assert posted.path == NOTIFICATION
    assert posted.headers["content-type"].startswith("application/atom+xml")
    assert "authorization" not in posted.headers
    root = etree.fromstring(posted.body)
    assert root.tag == "{http://naesb.org/espi}BatchList"
    resources = [each.text or "" for each in root]
    assert {each.tag for each in root} == {"{http://naesb.org/espi}resources"}
    assert all(uri.startswith("https://") for uri in resources)
    return resources[0]


def _path(uri: str) -> str:
    return uri.partition("/espi/1_1/resource/")[2]


def test_PSH001(harness: Harness, listener: Listener) -> None:
    own = harness.registration()
    _send(harness, "registration.changed", _path(own["resourceURI"]))
    uri = _first_resource(listener)
    root = root_of(harness.get(uri, own["access_token"]))
    assert found_in(root, "//espi:ApplicationInformation")


def test_PSH002(harness: Harness, listener: Listener) -> None:
    mine = harness.customer()
    _send(harness, "authorization.changed", _path(mine["authorizationURI"]))
    root_of(harness.get(_first_resource(listener), harness.admin()["access_token"]))


def test_PSH003(harness: Harness, listener: Listener) -> None:
    mine = harness.customer()
    _send(harness, "usage.new", _path(mine["resourceURI"]))
    root = root_of(harness.get(_first_resource(listener), mine["access_token"]))
    assert "/Batch/Subscription" in str(found_in(root, "/atom:feed/atom:link[@rel='self']/@href")[0])


def test_PSH004(harness: Harness, listener: Listener) -> None:
    listener.answer = lambda _posted: (503, {}, b"closed")
    mine: dict[str, Any] = harness.customer()
    _send(harness, "usage.new", _path(mine["resourceURI"]))
    with harness.site.database.read() as conn:
        party = grants.third_party_by_path_id(conn, harness.world.application)
        failed = events.undelivered(conn, party.id)
        assert failed
        assert events.attempts(conn, failed[0].id)[0].status == 503


def test_RBK001_the_notification_of_bulk(harness: Harness, listener: Listener) -> None:
    harness.customer()
    admin = harness.admin()
    _send(harness, "bulk.ready", _path(admin["resourceURI"]))
    uri = _first_resource(listener)
    assert uri == admin["resourceURI"]
    assert len(found_in(root_of(harness.get(uri, admin["access_token"])), "/atom:feed/atom:entry")) >= 1


def test_a_202_is_followed_by_a_notification_and_then_by_the_feed(harness: Harness, listener: Listener) -> None:
    mine = harness.customer()
    site = harness.site
    harness.app = create_app(replace(site.settings, prepare_above_days=1), database=site.database)
    waiting = harness.get(mine["resourceURI"], mine["access_token"])
    assert (waiting.status_code, waiting.data) == (202, b"")
    proof = f"Bearer {mine['access_token']}"
    progress = harness.open("GET", waiting.headers["Location"], Authorization=proof, Accept="application/json")
    assert (progress.status_code, json.loads(progress.text)["state"]) == (200, "waiting")
    run_due(Context(harness.site.settings, site.database))
    uri = _first_resource(listener)
    assert uri == mine["resourceURI"]
    root_of(harness.get(uri, mine["access_token"]))
