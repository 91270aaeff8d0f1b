"""Whatever happens in whatever order, the state of an agreement, its grant and what may be read say the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from espi import access, config, sharing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S, Clock
from espi.config import Settings
from espi.errors import EspiError
from espi.sharing import Asked
from espi.store import grants
from espi.store import invitations as stored
from espi.store.database import Conn
from tests import consent, databases, factories


class Agreement(RuleBasedStateMachine):
    """An invitation, and everything that its three sides and the clock can do to it."""

    @initialize()
    def ask(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now_s = factories.NOW_S
        self.database = databases.empty(Path(self.folder.name))
        with self.database.write() as conn:
            self.home = consent.home(conn)
            asked = Asked((self.home.triple,), "ada@example.com", 3)
            self.number = sharing.invite(conn, self.home.asker, asked, self.settings).number
        self.states = [self.found().state]

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            databases.take_back(Path(self.folder.name))
            self.folder.cleanup()

    @property
    def settings(self) -> Settings:
        home = Path(self.folder.name)
        given = {"clock": Clock(fixed_s=self.now_s), "log_level": "ERROR"}
        return config.load(databases.environment(home), home=home, **given)

    def found(self) -> stored.Invitation:
        with self.database.read() as conn:
            return stored.invitation_by_number(conn, self.home.sunny.id, self.number)

    def attempt(self, action: Callable[[Conn, stored.Invitation], object]) -> None:
        """Do something that may be refused, and note the state after it."""
        found = self.found()
        try:
            with self.database.write() as conn:
                action(conn, found)
        except EspiError:
            assert self.found() == found, "what was refused has changed something"
        if (state := self.found().state) != self.states[-1]:
            self.states.append(state)

    def on_grant(self, action: Callable[[Conn, grants.Authorization], object]) -> None:
        def act(conn: Conn, found: stored.Invitation) -> None:
            if found.authorization_id is not None:
                action(conn, grants.authorization(conn, found.authorization_id))

        self.attempt(act)

    @rule()
    def accept(self) -> None:
        self.attempt(lambda conn, found: sharing.accept(conn, found, self.home.ada, settings=self.settings))

    @rule()
    def reject(self) -> None:
        self.attempt(lambda conn, found: sharing.reject(conn, found, self.home.ada, settings=self.settings))

    @rule()
    def withdraw(self) -> None:
        self.attempt(lambda conn, _: sharing.withdraw(conn, self.home.asker, self.number, self.settings))

    @rule(by=st.sampled_from(["customer", "third_party", "operator", "move_out"]))
    def end(self, by: str) -> None:
        self.on_grant(lambda conn, one: sharing.end(conn, one, by, settings=self.settings, actor="test"))

    @rule()
    def restore(self) -> None:
        self.on_grant(lambda conn, one: sharing.restore(conn, one, settings=self.settings, actor="test"))

    @rule(days=st.integers(1, 100))
    def shorten(self, days: int) -> None:
        ends_s = self.now_s + days * DAY_S
        self.on_grant(lambda conn, one: sharing.shorten(conn, one, ends_s, settings=self.settings, actor=self.home.ada))

    @rule(days=st.integers(1, 400))
    def renew(self, days: int) -> None:
        ends_s = self.now_s + days * DAY_S
        self.on_grant(lambda conn, one: sharing.renew(conn, one, ends_s, settings=self.settings, actor=self.home.ada))

    @rule(days=st.integers(1, 60))
    def time_passes(self, days: int) -> None:
        self.now_s += days * DAY_S
        self.attempt(lambda conn, _: sharing.expire_due(conn, self.settings))
        self.attempt(lambda conn, _: sharing.remind_due(conn, self.settings))

    @invariant()
    def only_states_that_may_follow_have_followed(self) -> None:
        for before, after in zip(self.states, self.states[1:], strict=False):
            assert after in stored.FOLLOWING.get(before, ())

    @invariant()
    def data_may_be_read_in_live_states_only(self) -> None:
        found = self.found()
        with self.database.write() as conn:
            asker = Principal(Role.third_party, self.home.sunny.id, str(TokenKind.client))
            reach = access.reach(conn, asker, "usage:read", settings=self.settings)
            readable = bool(conn.execute(reach.spans).fetchall())
            made = grants.authorizations_of(conn, self.home.sunny.id)
        assert readable == (found.state in stored.LIVE)
        assert len(made) == (found.authorization_id is not None)
        assert all((one.status == grants.ACTIVE) == readable for one in made)
        assert found.link_hash is None or found.state == stored.PENDING or found.state in stored.LIVE


Agreement.TestCase.settings = given_settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestAgreement(Agreement.TestCase):  # type: ignore[misc,name-defined]
    pass
