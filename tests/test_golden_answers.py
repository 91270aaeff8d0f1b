"""Golden answers of the resource endpoint: what an application with a token gets, byte for byte.

A suite of `tests/golden` with an `answers.txt` has a line a request: the name of the file in `answers/`, the scope
under which all its usage points are shared, and the path below the resource endpoint, in which {s} is the subscription.
The suites themselves, and how to write the files anew, are in `tests/test_golden.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import Client

from espi.api import Mount, make
from espi.atom import schema
from espi.clock import DAY_S, FOREVER
from espi.store import clients, directory, grants, tokens
from tests.factories import reach_of_utility
from tests.test_golden import GOLDEN, WRITE, Suite, comparable

ROOT = "/espi/1_1/resource"


class Asked(NamedTuple):
    suite: str
    name: str
    scope: str
    path: str


def asked() -> Iterator[Asked]:
    for path in sorted(GOLDEN.glob("*/answers.txt")):
        for line in path.read_text("utf-8").splitlines():
            yield Asked(path.parent.name, *line.split())


class Shared:
    """A suite, all of whose usage points a customer shares under each scope."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._client = Client(Mount(Flask("elsewhere"), make(suite.settings, suite.database)))
        self._shared: dict[str, tuple[int, str]] = {}
        now_s = suite.now_s
        with suite.database.write() as conn:
            self._sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
            self._main = clients.add_client(
                conn, role="third_party", party_id=self._sunny, kind="main", now_s=now_s, client_id="sunny"
            )
            self._customer = directory.add_customer(conn, "Ada Lovelace", "residential")
            self._points = directory.usage_points(conn, reach_of_utility(suite.utility))
            for point in self._points:
                directory.add_tenancy(conn, point.id, self._customer, 0)

    def answer(self, scope: str, path: str) -> bytes:
        subscription, token = self._shared.setdefault(scope, self._share(scope))
        address, _, query = path.replace("{s}", str(subscription)).partition("?")
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._client.get(f"{ROOT}/{address}", query_string=query, headers=headers)
        assert answer.status_code == 200, answer.data
        return answer.data

    def _share(self, scope: str) -> tuple[int, str]:
        now_s = self._suite.now_s
        covered = [(point.id, 0, FOREVER) for point in self._points]
        period = {"starts_s": now_s, "ends_s": now_s + DAY_S, "now_s": now_s}
        with self._suite.database.write() as conn:
            key = grants.add_authorization(
                conn, self._sunny, self._customer, covered, scope=scope, client_id=self._main.id, **period
            )
            token = tokens.issue(
                conn,
                kind=tokens.ACCESS,
                authorization_id=key,
                client_id=self._main.id,
                family=scope[-32:],
                binding="",
                issued_s=now_s,
                expires_s=now_s + DAY_S,
            )
            return grants.authorization(conn, key).subscription_path_id, token


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shared]]:
    loaded = {name: Suite(name, tmp_path_factory.mktemp(name)) for name in sorted({each.suite for each in asked()})}
    yield {name: Shared(suite) for name, suite in loaded.items()}
    for suite in loaded.values():
        suite.database.close()


@pytest.mark.parametrize("asked_", list(asked()), ids=lambda each: f"{each.suite}/{each.name}")
def test_an_answer_is_what_is_expected(suites: dict[str, Shared], asked_: Asked) -> None:
    answer = suites[asked_.suite].answer(asked_.scope, asked_.path)
    ending = asked_.name.rpartition(".")[2]
    if ending == "xml":
        assert schema.validate(answer) == []
    found, expected = comparable(answer, ending), GOLDEN / asked_.suite / "answers" / asked_.name
    if WRITE:
        expected.parent.mkdir(exist_ok=True)
        expected.write_bytes(found)
    assert found == expected.read_bytes()


def test_no_expected_answer_is_left_over() -> None:
    assert set(GOLDEN.glob("*/answers/*")) == {GOLDEN / each.suite / "answers" / each.name for each in asked()}
