"""The market of `tests.metered` with customers who share it under scopes of every kind, and tokens to read it with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Flask
from lxml import etree
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from espi.access import TokenKind
from espi.api import Mount, make
from espi.atom import schema
from espi.clock import DAY_S
from espi.oauth.party_clients import rep_client, utility_client
from espi.store import clients, directory, grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from tests import factories
from tests.function_block_rules import Element
from tests.metered import FIRST_DAY, NOW_S, World

ROOT = "/espi/1_1/resource"
ALL_BLOCKS = "FB=1_3_4_5_6_7_8_9_10_11_12_15_16_17_26_27_28_29;IntervalDuration=900"


class ReadingWorld(World):
    """Customers live at every usage point; `share` gives an application a token for some of them."""

    def __init__(self, folder: Path, url: str = "") -> None:
        super().__init__(folder, url)
        self.fill()
        self.app = Mount(Flask("elsewhere"), make(self.settings, self.database))
        self.paths: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        with self.database.write() as conn:
            self.sunny = grants.add_third_party(conn, "Sunny", grants.PRODUCTION)
            self.client = clients.add_client(
                conn, role="third_party", party_id=self.sunny, kind="main", now_s=NOW_S, client_id="sunny"
            )
            self.customer = directory.add_customer(conn, "Ada Lovelace", "residential")
            for point in directory.usage_points(conn, self.reach):
                directory.add_tenancy(conn, point.id, self.customer, FIRST_DAY - 100)

    def share(self, scope: str, *names: str, days: tuple[int, int] | None = None, token: str = "") -> str:
        """Share usage points under a scope; the path of the subscription, whose token it is remembered by."""
        with self.database.write() as conn:
            ids = [point.id for name in names for point in self.points(conn, name)]
            return self.grant(conn, scope, ids, days, token)

    def grant(self, conn: Conn, scope: str, ids: Iterable[int], days: tuple[int, int] | None, token: str) -> str:
        first, last = days or (FIRST_DAY - 400, FIRST_DAY + 400)
        key = grants.add_authorization(
            conn,
            self.sunny,
            self.customer,
            [(each, first, last) for each in ids],
            scope=scope,
            starts_s=NOW_S - DAY_S,
            ends_s=NOW_S + 300 * DAY_S,
            now_s=NOW_S - DAY_S,
            client_id=self.client.id,
        )
        found = grants.authorization(conn, key)
        path = f"Subscription/{found.subscription_path_id}"
        self.tokens[path] = self.issue(conn, key, self.client)
        if token:
            self.paths[token] = path
        return path

    def issue(self, conn: Conn, authorization_id: int, client: Client) -> str:
        return tokens.issue(
            conn,
            kind=tokens.ACCESS,
            authorization_id=authorization_id,
            client_id=client.id,
            family=str(factories.count()),
            binding="",
            issued_s=NOW_S,
            expires_s=NOW_S + 3600,
        )

    def custodian_token(self) -> str:
        """A token of the utility itself."""
        with self.database.write() as conn:
            mine = utility_client(conn, self.utility, TokenKind.custodian, self.settings).client
            key = grants.add_client_authorization(conn, mine, "custodian", "FB=33", NOW_S)
            return self.issue(conn, key, mine)

    def rep_token(self, *names: str, since: int = FIRST_DAY - 50) -> tuple[str, str]:
        """A token of a REP that serves usage points since a day, and the path of its subscription."""
        with self.database.write() as conn:
            rep_id = factories.rep(conn)
            for name in names:
                for point in self.points(conn, name):
                    directory.switch_rep(conn, point.id, rep_id, since)
            mine = rep_client(conn, rep_id, self.settings).client
            key = grants.add_client_authorization(conn, mine, "client", "FB=34_35", NOW_S)
            path = f"Subscription/{grants.authorization(conn, key).subscription_path_id}"
            return self.issue(conn, key, mine), path

    def get(self, path: str, token: str = "", *, method: str = "GET", **headers: str) -> TestResponse:
        """An answer of the resource endpoint. token: a token, or the path of the subscription whose it is."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        path, _, query = path.partition("?")
        return Browser(self.app).open(f"{ROOT}/{path}", method=method, query_string=query, headers=sent, buffered=True)

    def batch(self, subscription: str, query: str = "") -> Element:
        """The valid feed of a subscription."""
        return valid(self.get(f"Batch/{subscription}{query}", subscription))


def valid(answer: TestResponse) -> Element:
    """The document of an answer of 200, which the schema accepts."""
    assert answer.status_code == 200, answer.data
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    assert schema.validate(answer.data) == []
    return etree.fromstring(answer.data)


def path_of(href: str) -> str:
    """The path below the resource endpoint that an href names."""
    return href.partition(f"{ROOT}/")[2]
