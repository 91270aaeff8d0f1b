"""New days straight into the shards of a Citus cluster, past the coordinator, which would take every row apart again.

The rows of a shard go to the node that holds it, in a transaction there. All of these commit just before that of the
connection whose put it is, and are rolled back with it. If a machine fails between the two, the days are there and
the file is not noted as loaded; when it is loaded again they are what is in force already, and nothing changes.

It needs connections to all nodes, by the user and database of the coordinator. Where a node cannot be reached, while
shards are being moved, and for a few days, the coordinator takes the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import OperationalError

from espi import log
from espi.day import Column
from espi.store import distribution
from espi.store.copying import copy_into
from espi.store.database import Conn, Node, transaction_of

FEWEST_A_SHARD = 1000
"""Fewer days than so many for each shard are quicker sent through the coordinator."""

Places = npt.NDArray[np.intp]
Rows = Callable[[Places, Places], Sequence[bytes]]

_SHARDS = text(
    "SELECT nodename AS host, nodeport AS port, shard_name(logicalrelid, shardid) AS name, "
    "CAST(shardminvalue AS integer) AS least FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) "
    "JOIN pg_dist_node USING (groupid) WHERE logicalrelid = to_regclass(:name) AND noderole = 'primary' AND NOT EXISTS "
    "(SELECT 1 FROM pg_dist_background_job WHERE state IN ('scheduled', 'running', 'failing', 'cancelling')) "
    "ORDER BY least"
)


class Shard(NamedTuple):
    """A shard of a table: on which node, what it is called there, and the least hash of its usage points."""

    host: str
    port: int
    name: str
    least: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """Where the rows of a table go, and the transactions on the nodes that they go to."""

    shards: Sequence[Shard]
    transactions: dict[Node, Connection]

    def copy(self, names: Sequence[str], usage_point_ids: Column, rows: Rows) -> None:
        """Insert rows of usage points. rows: gives those of places in an order, apart for the run of each shard."""
        owners = np.searchsorted([shard.least for shard in self.shards], hashed(usage_point_ids), side="right") - 1
        order = np.argsort(owners, kind="stable")
        found = rows(order, np.searchsorted(owners[order], np.arange(1, len(self.shards) + 1)))
        by_node: dict[Node, list[tuple[Connection, str, bytes]]] = {}
        for shard, own in zip(self.shards, found, strict=True):
            if own:
                node = shard.host, shard.port
                by_node.setdefault(node, []).append((self.transactions[node], shard.name, own))
        for at_once in zip_longest(*by_node.values()):
            with ExitStack() as copies:
                for conn, name, own in filter(None, at_once):
                    copies.enter_context(copy_into(conn, name, names)).write(own)


def nodes_for(conn: Conn, table: Table, days: int) -> Nodes | None:
    """The nodes that so many new days of a table can be sent to, in this transaction; None: send them as ever."""
    if days < FEWEST_A_SHARD:
        return None
    if not is_cluster(conn):
        return None
    shards = [Shard(*row) for row in conn.execute(_SHARDS, {"name": table.name})]
    if not shards or days < FEWEST_A_SHARD * len(shards):
        return None
    try:
        transactions = {node: _begun(conn, node) for node in sorted({(shard.host, shard.port) for shard in shards})}
    except OperationalError as err:
        log.record(log.Event.NODE_UNREACHABLE, reason=str(err.orig).strip().splitlines()[0])
        return None
    return Nodes(shards, transactions)


def is_cluster(conn: Conn) -> bool:
    """Whether the database is that of a Citus cluster."""
    database = transaction_of(conn).database
    if database.citus is None:
        database.citus = distribution.installed(conn) is not None
    return database.citus


def hashed(usage_point_ids: Column) -> npt.NDArray[np.int32]:
    """What PostgreSQL's `hashint4` makes of them, by which Citus chooses the shard."""
    start = np.uint32(0x9E3779B9 + 4 + 3923095 & 0xFFFFFFFF)
    a = usage_point_ids.astype(np.uint32) + start
    b = c = np.full(len(a), start, np.uint32)
    c = (c ^ b) - _turned(b, 14)
    a = (a ^ c) - _turned(c, 11)
    b = (b ^ a) - _turned(a, 25)
    c = (c ^ b) - _turned(b, 16)
    a = (a ^ c) - _turned(c, 4)
    b = (b ^ a) - _turned(a, 14)
    c = (c ^ b) - _turned(b, 24)
    return c.view(np.int32)


def _turned(word: npt.NDArray[np.uint32], bits: int) -> npt.NDArray[np.uint32]:
    return (word << np.uint32(bits)) | (word >> np.uint32(32 - bits))


def _begun(conn: Conn, node: Node) -> Connection:
    """The transaction on a node that ends as that of a connection does."""
    transaction = transaction_of(conn)
    if node not in transaction.beside:
        opened = transaction.beside[node] = transaction.database.at(*node)
        opened.begin()
    return transaction.beside[node]
