"""`espi third-party`, `espi work` and `espi jobs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.clock import FOREVER
from espi.config import Settings
from espi.oauth.tokens import Call, bearer
from espi.store import clients, events, grants, tokens
from espi.store.database import Database
from tests import factories
from tests.factories import NOW_S, TODAY
from tests.listener import Listener, listening

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

NAME = "Sun Solutions"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def listener(
    loopback: None, settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Listener]:
    home: Path = tmp_path_factory.mktemp("listener")
    with listening(settings, home) as found:
        monkeypatch.setenv("ESPI_NOTIFY_PRIVATE", "true")
        monkeypatch.setenv("ESPI_TRUST_CA", found.authority)
        yield found


def _told(capsys: Capture) -> dict[str, str]:
    """What a command printed, by what stands before the two spaces."""
    lines = capsys.readouterr().out.splitlines()
    return dict(line.split("  ", 1) for line in lines if "  " in line)


def _add(run: Run, capsys: Capture, *more: str) -> dict[str, str]:
    assert run("third-party", "add", NAME, "--redirect", "https://sun.example/back", *more) == 0
    return _told(capsys)


def test_an_application_is_added_with_three_clients_whose_secrets_are_shown_once(
    run: Run, database: Database, capsys: Capture
) -> None:
    told = _add(run, capsys)
    with database.read() as conn:
        third_party = grants.third_party_by_name(conn, NAME)
        assert third_party is not None
        assert third_party.status == grants.PRODUCTION
        own = clients.clients_of(conn, "third_party", third_party.id)
        for client in own:
            assert told[f"{client.kind} client"] == client.client_id
            assert clients.secret_matches(conn, client, told[f"{client.kind} secret"], NOW_S)
        assert tokens.token(conn, told["registration access token"]) is not None
    assert len(own) == 3
    assert run("third-party", "list") == 0
    assert capsys.readouterr().out == f"{third_party.path_id}\t2\t{NAME}\n"


def test_an_address_that_leads_inside_is_refused_with_the_reason(run: Run, database: Database, capsys: Capture) -> None:
    words = ("third-party", "add", NAME, "--redirect", "https://sun.example/back", "--notify", "https://127.0.0.1/")
    assert run(*words) == 1
    assert "private network" in capsys.readouterr().err


def test_a_new_secret_replaces_the_old_one_at_once_or_after_some_hours(
    run: Run, database: Database, capsys: Capture
) -> None:
    told = _add(run, capsys)
    first, client_id = told["main secret"], told["main client"]
    assert run("third-party", "secret", client_id, "--keep", "2") == 0
    second = _told(capsys)["secret"]
    assert run("third-party", "secret", "nobody") == 1
    with database.read() as conn:
        client = clients.client_by_client_id(conn, client_id)
        assert client is not None
        counts = [
            [clients.secret_matches(conn, client, secret, now_s) for secret in (first, second)]
            for now_s in (NOW_S, NOW_S + 7201)
        ]
    assert counts == [[True, True], [False, True]]


@pytest.mark.parametrize(
    ("kind", "whom"),
    [
        ("client", ("--third-party", NAME)),
        ("registration", ("--third-party", NAME)),
        ("upload", ("--utility", "Lone Star Wires")),
        ("custodian", ("--utility", "Lone Star Wires")),
        ("client", ("--rep", "Bluebonnet Power")),
    ],
)
def test_an_operator_issues_tokens_that_count(
    run: Run, database: Database, settings: Settings, capsys: Capture, kind: str, whom: tuple[str, ...]
) -> None:
    _add(run, capsys)
    with database.write() as conn:
        factories.rep(conn)
    assert run("third-party", "token", kind, *whom) == 0
    told = _told(capsys)
    assert told["authorizationURI"].startswith("https://localhost:8443/espi/1_1/resource/Authorization/")
    with database.read() as conn:
        found = bearer(
            conn, Call(f"Bearer {told['token']}", "", "GET", "https://localhost:8443/", None, "127.0.0.1"), settings
        )
    assert found.kind.name == kind
    assert run("third-party", "expire-token", told["authorizationURI"]) == 0
    assert capsys.readouterr().out == f"expired={2 if kind == 'registration' else 1}\n"
    with database.read() as conn:
        stored = tokens.token(conn, told["token"])
    assert stored is not None
    assert stored.expires_s == NOW_S


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("client", "--utility", "Lone Star Wires"), "There is no client token for a utility."),
        (("upload", "--third-party", NAME), "no client there"),
        (("client", "--third-party", "Nobody"), "no third party called 'Nobody'"),
        (("client", "--rep", "Nobody"), "nobody called 'Nobody'"),
    ],
)
def test_a_token_for_nobody_is_not_issued(
    run: Run, database: Database, capsys: Capture, words: tuple[str, ...], said: str
) -> None:
    _add(run, capsys)
    assert run("third-party", "token", *words) == 1
    assert said in capsys.readouterr().err


def _grant(database: Database) -> grants.Authorization:
    with database.write() as conn:
        third_party = grants.third_party_by_name(conn, NAME)
        assert third_party is not None
        customer = factories.tenant(conn, 1, TODAY - 100)
        key = grants.add_authorization(
            conn, third_party.id, customer, [(1, TODAY - 9, FOREVER)], scope="FB=4;BR=sunny", starts_s=NOW_S,
            ends_s=NOW_S + 10**6, now_s=NOW_S, bulk_id="sunny",
        )  # fmt: skip
        return grants.authorization(conn, key)


def test_a_notification_of_each_kind_is_sent_on_demand(
    run: Run, database: Database, listener: Listener, capsys: Capture
) -> None:
    _add(run, capsys, "--notify", f"{listener.url}/notify")
    grant = _grant(database)
    with database.read() as conn:
        third_party = grants.third_party(conn, grant.third_party_id)
    paths = [
        f"ApplicationInformation/{third_party.path_id}",
        f"Authorization/{grant.path_id}",
        f"Batch/Subscription/{grant.subscription_path_id}?published-min=2025-06-01T00:00:00Z",
        "Batch/Bulk/sunny",
    ]
    for path in paths:
        assert run("third-party", "notify", f"https://localhost:8443/espi/1_1/resource/{path}") == 0
        assert "\tdelivered\t1\t200\t" in capsys.readouterr().out
        assert f"resource/{path}<".encode() in listener.posted[-1].body
    assert len(listener.posted) == 4
    assert run("third-party", "notify", "Batch/Subscription/123") == 1
    assert run("third-party", "notify", "ReadServiceStatus") == 1
    assert run("third-party", "notify", "Batch/Bulk/nobody") == 1
    assert "none of the addresses" in capsys.readouterr().err


def test_a_failed_notification_is_shown_and_sent_again(
    run: Run, database: Database, listener: Listener, capsys: Capture
) -> None:
    _add(run, capsys, "--notify", f"{listener.url}/notify")
    grant = _grant(database)
    listener.answer = lambda _posted: (503, {}, b"closed today")
    path = f"Authorization/{grant.path_id}"
    assert run("third-party", "notify", path) == 1
    assert run("third-party", "notify", path) == 1
    assert "waits for its turn" in capsys.readouterr().out
    assert run("third-party", "delivery-failures", NAME) == 1
    shown = capsys.readouterr().out
    assert "\twaiting\t2\t503 closed today\tSun Solutions\t" in shown
    listener.answer = lambda _posted: (200, {}, b"")
    with database.read() as conn:
        first = events.deliveries(conn)[-1]
    assert run("third-party", "resend", str(first.id)) == 0
    assert run("third-party", "delivery-failures") == 0
    assert run("third-party", "deliveries", NAME, "--limit", "1") == 0
    assert run("third-party", "resend", "999") == 1
    assert run("third-party", "deliveries", "Nobody") == 1


def test_what_failed_before_goes_first_when_something_is_sent_on_demand(
    run: Run, database: Database, listener: Listener, capsys: Capture
) -> None:
    _add(run, capsys, "--notify", f"{listener.url}/notify")
    grant = _grant(database)
    listener.answer = lambda _posted: (503, {}, b"")
    assert run("third-party", "notify", f"Authorization/{grant.path_id}") == 1
    listener.posted.clear()
    listener.answer = lambda _posted: (200, {}, b"")
    assert run("third-party", "notify", "Batch/Bulk/sunny") == 0
    assert [b"Batch/Bulk/sunny" in posted.body for posted in listener.posted] == [False, True]


def test_all_since_an_instant_is_sent_again_in_order(
    run: Run, database: Database, listener: Listener, capsys: Capture
) -> None:
    _add(run, capsys, "--notify", f"{listener.url}/notify")
    grant = _grant(database)
    for path in (f"Authorization/{grant.path_id}", "Batch/Bulk/sunny"):
        assert run("third-party", "notify", path) == 0
    first = [posted.body for posted in listener.posted]
    capsys.readouterr()
    assert run("third-party", "resend-since", NAME, "2025-06-15T17:00:01Z") == 0
    assert run("third-party", "resend-since", NAME, "2025-06-15T17:00:00Z") == 0
    assert capsys.readouterr().out == "queued=0\nqueued=2\n"
    assert run("work", "--once") == 0
    assert [posted.body for posted in listener.posted] == first * 2


def test_the_key_of_webhooks_is_shown_and_rotated(run: Run, database: Database, capsys: Capture) -> None:
    _add(run, capsys)
    shown = []
    for more in ((), (), ("--rotate", "24"), ()):
        assert run("third-party", "webhook-key", NAME, *more) == 0
        shown.append(_told(capsys)["key"])
    assert shown[0] == shown[1] != shown[2] == shown[3]


def test_an_application_is_put_on_hold_and_told_so(run: Run, database: Database, capsys: Capture) -> None:
    _add(run, capsys)
    assert run("third-party", "state", NAME, "hold") == 0
    with database.read() as conn:
        third_party = grants.third_party_by_name(conn, NAME)
        assert third_party is not None
        assert third_party.status == grants.ON_HOLD
        assert [event.kind for event in events.events(conn, third_party.id)] == ["registration.changed"]


def test_a_worker_does_what_is_due_and_jobs_are_listed(run: Run, database: Database, capsys: Capture) -> None:
    assert run("work", "--once") == 0
    assert capsys.readouterr().out.startswith("jobs=")
    assert run("jobs", "list", "--kind", "nightly.forget", "--state", "done") == 0
    assert "\tdone\tnightly.forget\t2025-06-15T17:00:00Z\t1\t" in capsys.readouterr().out
