from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from espi import access, scope, sharing, signing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput, Conflict, Denied
from espi.sharing import Asked, Terms, moving, receipts
from espi.store import clients, directory, grants, tokens
from espi.store import invitations as stored
from espi.store import receipts as stored_receipts
from espi.store.database import Database
from tests import consent, databases, factories
from tests.consent import METER, REP_NAME, SCOPE, Home, later
from tests.factories import NOW_S, TODAY

OPERATOR = Principal(Role.operator, 0, "command line", "operator")


@dataclass(frozen=True)
class Old:
    """A platform with Ada's grant to Sunny, its tokens, a client token, and an invitation that waits."""

    database: Database
    settings: Settings
    home: Home
    grant: grants.Authorization
    access: str
    refresh: str
    secret: str

    def export(self) -> bytes:
        with self.database.write() as conn:
            out = io.BytesIO()
            moving.export(conn, OPERATOR, out, self.settings)
            return out.getvalue()

    @property
    def keys(self) -> list[dict[str, object]]:
        with self.database.read() as conn:
            return signing.public_keys(conn, self.settings)


def _tokens(home: Home, conn: object, authorization_id: int) -> tuple[str, str]:
    made = [
        tokens.issue(
            conn,  # type: ignore[arg-type]
            kind=kind,
            authorization_id=authorization_id,
            client_id=home.client.id,
            family="family",
            binding="",
            issued_s=NOW_S,
            expires_s=expires_s,
        )
        for kind, expires_s in (("access", NOW_S + 3600), ("refresh", 0))
    ]
    return made[0], made[1]


@pytest.fixture
def old(database: Database, settings: Settings) -> Old:
    with database.write() as conn:
        home = consent.home(conn)
        secret = clients.add_secret(conn, home.client, NOW_S)
        terms = Terms(scope.parse(SCOPE), (home.point,), NOW_S + 90 * DAY_S, personal=True)
        ended = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
        made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings, client_id=home.client.id)
        grants.add_client_authorization(conn, home.client, "client", SCOPE, NOW_S)
        pair = _tokens(home, conn, made.id)
        second = factories.usage_point(conn, 1, esiid="10443729000000099")
        directory.install_meter(conn, second, directory.add_meter(conn, 1, "CD1"), TODAY - 9)
        directory.switch_rep(conn, second, directory.reps(conn)[0].id, TODAY - 9)
        directory.add_tenancy(conn, second, home.customer, TODAY - 9)
        sharing.invite(conn, home.asker, Asked((("10443729000000099", "CD1", REP_NAME),), "a@b.example", 3), settings)
        assert ended.id != made.id
    return Old(database, settings, home, made, *pair, secret)


@pytest.fixture(scope="session")
def other_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file of another installation, whose secret is another, so that its ids are others."""
    path = tmp_path_factory.mktemp("other") / "espi.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate(secret="0f0ec1f7-3c05-4a5c-8d8b-2d7f8c1c9a55")
    database.close()
    return path


@pytest.fixture
def new(other_database: Path, settings: Settings, tmp_path: Path) -> Iterator[tuple[Database, Settings]]:
    """Another platform with a home of its own, where the same usage points and people have other numbers."""
    home = tmp_path / "new"
    home.mkdir()
    shutil.copy(other_database, home / "espi.sqlite")
    database = Database(f"sqlite:///{home / 'espi.sqlite'}")
    with database.write() as conn:
        utility = factories.utility(conn)
        factories.usage_point(conn, utility)
        for esiid, meter in (("10443729000000099", "CD1"), ("10443729000000017", METER)):
            point = factories.usage_point(conn, utility, esiid=esiid)
            directory.install_meter(conn, point, directory.add_meter(conn, utility, meter), TODAY - 500)
        factories.customer(conn, "Somebody Else")
        ada = factories.tenant(conn, point, TODAY - 100)
        directory.add_tenancy(conn, point - 1, ada, TODAY - 9)
        grants.add_third_party(conn, "Of the new platform", grants.PRODUCTION)
    yield database, replace(settings, home=home)
    database.close()


def _take(new: tuple[Database, Settings], data: bytes, public: list[dict[str, object]]) -> Counter[str]:
    database, settings = new
    with database.write() as conn:
        return moving.take_in(conn, OPERATOR, io.BytesIO(data), public, settings)


def test_a_third_party_goes_on_with_the_tokens_and_addresses_it_has(old: Old, new: tuple[Database, Settings]) -> None:
    counts = _take(new, old.export(), old.keys)
    assert counts == {"added": 6}
    database, settings = new
    with database.write() as conn:
        found = tokens.opened(conn, old.access)
        assert found is not None
        assert found.token.counts(NOW_S)
        moved = found.authorization
        for name in ("path_id", "subscription_path_id", "personal_path_id", "uuid", "scope", "starts_s", "ends_s"):
            assert getattr(moved, name) == getattr(old.grant, name), name
        assert moved.terms == old.grant.terms
        assert (found.client.client_id, found.third_party_status) == ("sunny", grants.PRODUCTION)
        assert clients.secret_matches(conn, found.client, old.secret, NOW_S)
        assert tokens.use_refresh(conn, old.refresh, NOW_S)
        token = Principal(Role.third_party, moved.third_party_id, str(TokenKind.customer), "sunny", moved.id)
        reach = access.reach(conn, token, "subscription:read", settings=settings)
        (point,) = directory.usage_points(conn, reach)
        assert point.esiid == old.home.esiid
        assert point.spans == old.grant.usage_points[old.home.point]
        own = grants.client_authorization(conn, found.client.id, "client")
        assert own is not None
        assert own.third_party_id == moved.third_party_id != old.grant.third_party_id


def test_receipts_and_what_the_customer_can_do_go_along(old: Old, new: tuple[Database, Settings]) -> None:
    _take(new, old.export(), old.keys)
    database, settings = new
    with database.write() as conn:
        moved = grants.authorization_by_path_id(conn, old.grant.path_id)
        ada = Principal(Role.customer, moved.customer_id, "password")
        reach = access.reach(conn, ada, "grant:read", settings=settings)
        assert directory.customer(conn, reach, moved.customer_id).name == "Ada Lovelace"
        sharing.end(conn, moved, "customer", settings=settings, actor=ada)
        found = stored_receipts.receipts(conn, reach, moved.id)
        public = signing.public_keys(conn, settings)
        read = [receipts.verify(json.dumps(receipts.document(one)), public) for one in found]
        assert [record["what"] for record in read] == ["granted", "ended"]
        assert read[1]["previous"] == receipts.hashed(found[0].body)
        (invitation,) = stored.invitations_of(conn, moved.third_party_id)
        assert (invitation.state, invitation.customer_id) == ("PENDING", moved.customer_id)
        granted = sharing.accept(conn, invitation, ada, settings=settings)
        assert granted.status == grants.ACTIVE


def test_taking_it_in_again_changes_nothing(old: Old, new: tuple[Database, Settings]) -> None:
    data = old.export()
    _take(new, data, old.keys)
    database, settings = new
    with database.write() as conn:
        moved = grants.authorization_by_path_id(conn, old.grant.path_id)
        sharing.end(conn, moved, "customer", settings=settings, actor="test")
    assert _take(new, data, old.keys) == {"there": 6}
    with database.read() as conn:
        assert grants.authorization(conn, moved.id).status == grants.REVOKED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b'"status":1', b'"status":0', 1),
        lambda data: data.rsplit(b"\n", 2)[0] + b"\n",
        lambda data: data + b'{"row":"third_party"}\n',
        lambda data: b"x" + data,
        lambda data: data.split(b"\n", 1)[1],
        lambda data: data[:0],
    ],
)
def test_what_was_changed_is_refused_whole(old: Old, new: tuple[Database, Settings], spoil: object) -> None:
    with pytest.raises(BadInput):
        _take(new, spoil(old.export()), old.keys)  # type: ignore[operator]
    with new[0].read() as conn:
        assert [one.name for one in grants.third_parties(conn)] == ["Of the new platform"]


def test_what_another_has_signed_is_refused(old: Old, new: tuple[Database, Settings]) -> None:
    with pytest.raises(BadInput), new[0].read() as conn:
        _take(new, old.export(), signing.public_keys(conn, new[1]))


def test_a_consent_for_a_meter_that_is_not_here_is_left_out_and_said(
    old: Old, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    bare = databases.empty(tmp_path / "bare")
    assert _take((bare, settings), old.export(), old.keys) == {"added": 3, "unknown": 3}
    bare.close()


def test_another_third_party_of_the_same_name_stops_it(old: Old, new: tuple[Database, Settings]) -> None:
    with new[0].write() as conn:
        grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
    with pytest.raises(Conflict, match="another third party 'Sunny'"):
        _take(new, old.export(), old.keys)


def test_a_client_of_somebody_else_with_the_same_id_stops_it(old: Old, new: tuple[Database, Settings]) -> None:
    with new[0].write() as conn:
        clients.add_client(conn, role="rep", party_id=1, kind="main", now_s=NOW_S, client_id="sunny")
    with pytest.raises(Conflict, match="of somebody else"):
        _take(new, old.export(), old.keys)


def test_only_the_operator_moves_consents(old: Old, new: tuple[Database, Settings]) -> None:
    for role in (Role.tdsp, Role.third_party, Role.customer, Role.regulator):
        with pytest.raises(Denied), old.database.write() as conn:
            moving.export(conn, Principal(role, 1, "password"), io.BytesIO(), old.settings)


def test_no_token_or_secret_is_in_the_export(old: Old) -> None:
    data = old.export()
    for secret in (old.access, old.refresh, old.secret):
        assert secret.encode() not in data


def test_what_is_over_when_it_moves_stays_over(old: Old, new: tuple[Database, Settings]) -> None:
    _take(new, old.export(), old.keys)
    database, settings = new
    with database.write() as conn:
        assert sharing.expire_due(conn, later(settings, 90 * DAY_S)) == 1
        states = [one.ended_by for one in grants.authorizations_of(conn, grants.third_parties(conn)[-1].id)]
        assert states == ["superseded", "expired", ""]
