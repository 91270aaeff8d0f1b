"""A home on a simulated network, whoever has to do with it, and a clock to turn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from espi.access import Principal, Role
from espi.clock import Clock
from espi.config import Settings
from espi.han import carrying, devices, gateway, install_code
from espi.han.simulated import CELLULAR, MESH, NO_FAULTS, Appliance, Faults, Profile, SimulatedNetwork
from espi.store import devices as known
from espi.store import directory, grants
from espi.store import home_commands as store
from espi.store.database import Conn
from espi.store.devices import Device
from tests import factories
from tests.factories import NOW_S, TODAY

CODE = install_code.with_check(bytes.fromhex("83FED3407A939738"))


@dataclass
class Home:
    """Ada's home: its network, its devices by their numbers, and who may send to them."""

    conn: Conn
    settings: Settings
    profile: Profile
    faults: Faults = NO_FAULTS
    seed: int = 1
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dialect = {"head_end": self.profile.name}
        self.utility = directory.add_utility(self.conn, "Lone Star Wires", "103994067", factories.ZONE, dialect=dialect)
        self.network = SimulatedNetwork(self.profile, self.now_s, seed=self.seed, faults=self.faults)
        self.esiid, self.point, self.ada = self.add_home("Ada")
        self.rep = self._principal(Role.rep, factories.rep(self.conn))
        directory.switch_rep(self.conn, self.point, self.rep.id, TODAY - 50)
        self.tdsp = self._principal(Role.tdsp, self.utility)
        sunny = grants.add_third_party(self.conn, "Sunny", grants.PRODUCTION)
        self.sunny = self._principal(Role.third_party, sunny)

    def _principal(self, role: Role, key: int) -> Principal:
        return Principal(role, key, "client token", role.name)

    def add_home(self, name: str) -> tuple[str, int, Principal]:
        """Another home on the network, and who lives there."""
        point = factories.usage_point(self.conn, self.utility)
        reach = factories.reach_of_utility(self.utility)
        esiid = next(each.esiid for each in directory.usage_points(self.conn, reach) if each.id == point)
        self.network.add_meter(esiid)
        tenant = factories.tenant(self.conn, point, TODAY - 100, name=name)
        return esiid, point, Principal(Role.customer, tenant, "password", name)

    def now_s(self) -> int:
        return self.settings.clock.now_s()

    def agree(self, *, eui64: str = "", services: bool = False) -> int:
        """Ada's grant to Sunny that speaks of devices."""
        key = grants.add_authorization(
            self.conn,
            self.sunny.id,
            self.ada.id,
            [(self.point, TODAY - 100, TODAY + 100)],
            scope="FB=4_5_15",
            starts_s=NOW_S,
            ends_s=NOW_S + 90 * 86_400,
            now_s=NOW_S,
        )
        known.add_agreement(self.conn, key, self.point, eui64=eui64, services=services)
        return key

    def join(self, appliance: Appliance, me: Principal | None = None, esiid: str = "") -> int:
        """Let a device join, and wait until it has; its number."""
        number = self.ask_to_join(appliance, me, esiid)
        self.run(900)
        return number

    def ask_to_join(self, appliance: Appliance, me: Principal | None = None, esiid: str = "") -> int:
        place = esiid or self.esiid
        self.network.place(place, appliance)
        number = devices.provision(
            self.conn,
            me or self.ada,
            place,
            eui64=appliance.eui64,
            code=appliance.code.hex(),
            kind=appliance.kind,
            name="",
            settings=self.settings,
        )
        self.numbers[appliance.eui64] = number
        return number

    def run(self, seconds: int, step_s: int = 60) -> None:
        """Let time pass, with the worker at work."""
        until_s = self.now_s() + seconds
        self.turn()
        while self.now_s() < until_s:
            self.settings = replace(self.settings, clock=Clock(fixed_s=min(until_s, self.now_s() + step_s)))
            self.turn()

    def turn(self) -> None:
        while carrying.turn(self.conn, self.network, self.settings).full:
            pass
        carrying.sweep(self.conn, self.settings)

    def device(self, number: int) -> Device:
        return known.device(self.conn, factories.reach_of_utility(self.utility), number)

    def states(self, command: store.Command) -> dict[int, str]:
        """What became of a command at each device that it was for."""
        reach = factories.reach_of_utility(self.utility)
        return {each.device_number: each.state for each in store.targets(self.conn, reach, command.id)}

    def targets(self) -> list[store.Target]:
        """Everything that was ever sent."""
        reach = factories.reach_of_utility(self.utility)
        points = [each.id for each in directory.usage_points(self.conn, reach)]
        sent = store.commands(self.conn, reach, points, limit=10_000)
        return [target for each in sent for target in store.targets(self.conn, reach, each.id)]


@pytest.fixture(params=[CELLULAR, MESH], ids=lambda profile: profile.name)
def each_home(request: pytest.FixtureRequest, conn: Conn, settings: Settings) -> Iterator[Home]:
    with connected(Home(conn, settings, request.param)) as made:
        yield made


@pytest.fixture
def home(conn: Conn, settings: Settings) -> Iterator[Home]:
    with connected(Home(conn, settings, CELLULAR)) as made:
        yield made


@contextlib.contextmanager
def connected(home: Home) -> Iterator[Home]:
    """The process speaks with the home's network."""
    gateway.connect(home.network)
    yield home
    gateway.disconnect(home.network.name)
