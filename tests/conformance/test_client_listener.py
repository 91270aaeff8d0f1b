"""The third party's own pages: what comes in is kept, can be waited for, and is answered as it should be."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from conformance.client.exchange import Recorder
from conformance.client.listener import Listener, listening
from conformance.client.settings import (
    CALLBACK_PATH,
    NOTIFICATION_PATH,
    SCOPE_SELECTION_PATH,
    ListenerSettings,
    Unusable,
)

pytestmark = pytest.mark.loopback

BATCH_LIST = (
    b'<espi:BatchList xmlns:espi="http://naesb.org/espi">'
    b"<espi:resources>https://custodian.example/espi/1_1/resource//Batch/Subscription/7?published-min=x&amp;y=1"
    b"</espi:resources><espi:resources>https://custodian.example/espi/1_1/resource/Authorization/9</espi:resources>"
    b"</espi:BatchList>"
)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    found = Recorder()
    yield found
    found.close()


@pytest.fixture
def listener(recorder: Recorder) -> Iterator[Listener]:
    with listening(ListenerSettings(), recorder) as found:
        yield found


def _get(url: str, body: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as err:
        with err:
            return err.code, err.read().decode()


def test_the_callback_gives_its_code_to_the_check_and_masks_it_in_the_report(
    listener: Listener, recorder: Recorder
) -> None:
    assert _get(f"{listener.url}{CALLBACK_PATH}?code=a-code-of-the-custodian&state=x%3D1")[0] == 200
    received = listener.wait_for("callback", 0)
    assert received is not None
    assert received.query == {"code": "a-code-of-the-custodian", "state": "x=1"}
    assert recorder.exchanges[0].url.endswith(f"{CALLBACK_PATH}?code=***dian&state=x%3D1")


def test_a_notification_is_taken_with_its_addresses(listener: Listener) -> None:
    assert _get(f"{listener.url}{NOTIFICATION_PATH}", BATCH_LIST) == (200, "")
    received = listener.wait_for("notification", 0)
    assert received is not None
    assert received.uris[1] == "https://custodian.example/espi/1_1/resource/Authorization/9"
    assert received.names("https://other-name.example/espi/1_1/resource/Batch/Subscription/7")
    assert not received.names("https://custodian.example/espi/1_1/resource/Batch/Subscription/70")
    listener.notification_status = 503
    assert _get(f"{listener.url}{NOTIFICATION_PATH}", b"no XML") == (503, "")
    assert listener.received[-1].uris == ()


def test_waiting_ends_when_what_is_waited_for_comes(listener: Listener) -> None:
    _get(f"{listener.url}{CALLBACK_PATH}?state=old")
    mark = listener.mark()
    later = threading.Timer(0.1, _get, (f"{listener.url}{CALLBACK_PATH}?state=new",))
    later.start()
    received = listener.wait_for("callback", 5, since=mark)
    later.join()
    assert received is not None
    assert received.query == {"state": "new"}
    assert listener.wait_for("callback", 0.05, since=listener.mark()) is None
    assert listener.wait_for("callback", 0, where=lambda one: one.query["state"] == "old") is not None


def test_scopes_can_be_chosen_and_lead_to_the_custodian(listener: Listener) -> None:
    listener.preferred = "FB=1_3;HistoryLength=13"
    listener.authorize = lambda scope: f"{listener.url}{CALLBACK_PATH}?chosen={scope}"
    page = f"{listener.url}{SCOPE_SELECTION_PATH}?scope=FB=4_5&scope=FB=1_3;HistoryLength=13&DataCustodianID=x"
    status, text = _get(page)
    assert status == 200
    assert '<input type="radio" name="scope" class="scope" value="FB=1_3;HistoryLength=13" checked>' in text
    _get(page, b"scope=FB%3D4_5")
    received = listener.wait_for("callback", 0)
    assert received is not None
    assert received.query == {"chosen": "FB=4_5"}


def test_while_it_is_closed_nobody_answers_and_then_the_address_is_the_same(listener: Listener) -> None:
    url = f"{listener.url}{NOTIFICATION_PATH}"
    with listener.closed(), pytest.raises(urllib.error.URLError):
        _get(url, BATCH_LIST)
    assert _get(url, BATCH_LIST)[0] == 200


def test_other_addresses_do_not_exist(listener: Listener) -> None:
    assert [_get(f"{listener.url}{path}")[0] for path in ("/", "/favicon.ico", NOTIFICATION_PATH)] == [404, 404, 404]
    assert [one.kind for one in listener.received] == ["unknown", "unknown", "notification"]


def test_a_port_that_is_taken_is_told(listener: Listener, recorder: Recorder) -> None:
    port = int(listener.url.rpartition(":")[2])
    with (
        pytest.raises(Unusable, match=rf"cannot listen at 127\.0\.0\.1:{port}"),
        listening(ListenerSettings(port=port), recorder),
    ):
        raise AssertionError


def test_others_may_reach_it_by_another_name(recorder: Recorder) -> None:
    settings = ListenerSettings(public_url="https://kit.example/")
    with listening(settings, recorder) as found:
        assert found.url == "https://kit.example"
