"""Which node of a Citus cluster holds what: tables are distributed by usage point, the others stand on every node.

A table's `info["distribute"]` says it. All distributed tables are co-located: what is known of a usage point lies on
one node, in shards of one number, so that whatever is asked of it is asked there. On PostgreSQL without the extension,
and on SQLite, nothing is distributed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import SetTableComment

from espi.errors import WrongSchema
from espi.store.tables import METADATA

DEFAULT_SHARDS = 32

_INSTALLED = text("SELECT extversion FROM pg_extension WHERE extname = 'citus'")
_NODES = text("SELECT count(*) FROM pg_dist_node WHERE noderole = 'primary' AND isactive AND shouldhaveshards")
_SETTLED = text(
    "SELECT logicalrelid::regclass::text AS name, partmethod = 'n' AS everywhere, "
    "column_to_column_name(logicalrelid, partkey) AS by_column FROM pg_dist_partition"
)
_SHARDS = text("SELECT max(shards) FROM (SELECT count(*) AS shards FROM pg_dist_shard GROUP BY logicalrelid) AS each")

_MODE = "citus.multi_shard_modify_mode"


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the tables lie.

    nodes: how many hold shards. shards: of each distributed table. distributed, everywhere: how many tables of a kind.
    """

    version: str
    nodes: int
    shards: int
    distributed: int
    everywhere: int

    @property
    def summary(self) -> str:
        """In one line, for an operator."""
        nodes = "one node" if self.nodes == 1 else f"{self.nodes} nodes"
        return (
            f"Citus {self.version}: {self.distributed} tables distributed over {nodes} in {self.shards} shards each, "
            f"{self.everywhere} whole on every node."
        )


def installed(conn: Connection) -> str | None:
    """The version of the Citus extension that this database has, or None."""
    if conn.dialect.name != "postgresql":
        return None
    found: str | None = conn.scalar(_INSTALLED)
    return found


def distribute(conn: Connection, shards: int = DEFAULT_SHARDS) -> None:
    """Lay out every table that is not laid out yet, in the transaction of `conn`; nothing without the extension.

    shards: of each distributed table, when the first is made. `WrongSchema`, with what to do, where no node can hold
    shards and where a table lies otherwise than it must.
    """
    if installed(conn) is None:
        return
    if not conn.scalar(_NODES):
        raise WrongSchema(
            "No node of the Citus cluster can hold shards. Add workers to this database with "
            "SELECT citus_add_node('HOST', PORT), or let the coordinator hold them with "
            "SELECT citus_set_node_property('HOST', PORT, 'shouldhaveshards', true); then run `espi init` again."
        )
    settled = {row.name.strip('"'): row.by_column for row in conn.execute(_SETTLED)}
    wanted = [table for table in METADATA.sorted_tables if table.name not in settled]
    _check(settled)
    _write_in_turn(conn)
    for table in wanted:
        if table.info["distribute"] is None:
            conn.execute(text("SELECT create_reference_table(:name)"), {"name": table.name})
    first = next((name for name, by in settled.items() if by and name in METADATA.tables), None)
    for table in wanted:
        if table.info["distribute"] is not None:
            _spread(conn, table, first, shards)
            first = first or table.name
    for table in wanted:
        if table.foreign_keys:  # laying these out loses what is said of them
            conn.execute(SetTableComment(table))


def distribution(conn: Connection) -> Distribution | None:
    """How the tables lie now; None without the extension."""
    version = installed(conn)
    if version is None:
        return None
    rows = [row for row in conn.execute(_SETTLED) if row.name.strip('"') in METADATA.tables]
    everywhere = sum(row.everywhere for row in rows)
    nodes, shards = conn.scalar(_NODES) or 0, conn.scalar(_SHARDS) or 0
    return Distribution(version, nodes, shards, len(rows) - everywhere, everywhere)


def _write_in_turn(conn: Connection) -> None:
    """Let transactions of ours write over one connection a node, from the next connection on, and this one too.

    One that writes to several shards at once may not write to a table that another names in a foreign key.
    """
    database = conn.dialect.identifier_preparer.quote(str(conn.scalar(text("SELECT current_database()"))))
    conn.exec_driver_sql(f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET {_MODE} = 'sequential'")
    conn.exec_driver_sql(f"SET LOCAL {_MODE} = 'sequential'")


def _check(settled: dict[str, str | None]) -> None:
    for name, by_column in settled.items():
        table = METADATA.tables.get(name)
        if table is not None and table.info["distribute"] != by_column:
            wanted = table.info["distribute"] or "nothing"
            raise WrongSchema(
                f"Table {name} is distributed by {by_column or 'nothing'} and must be by {wanted}: "
                f"SELECT undistribute_table('{name}') puts it back on the coordinator; then run `espi init` again."
            )


def _spread(conn: Connection, table: Table, first: str | None, shards: int) -> None:
    given = {"name": table.name, "column": table.info["distribute"]}
    if first is None:
        query = text("SELECT create_distributed_table(:name, :column, shard_count => :shards)")
        conn.execute(query, {**given, "shards": shards})
    else:
        query = text("SELECT create_distributed_table(:name, :column, colocate_with => :first)")
        conn.execute(query, {**given, "first": first})
