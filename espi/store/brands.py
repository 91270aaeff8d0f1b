"""How utilities show themselves to their customers: a name, colours, a logo, whom to call. All of it is public."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, update

from espi.store.database import Conn
from espi.store.tables import brand as table
from espi.store.tables import tenancy, usage_point, utility


@dataclass(frozen=True)
class Brand:
    """What a utility shows of itself; what is empty it has not said.

    name: as customers know it. colour, dark_colour: `#rrggbb` on light and on dark ground. has_logo: there is a PNG.
    phone, mail: for questions. outage_phone: when the power is off. changed_s: what browsers keep is of that time.
    """

    utility_id: int
    name: str = ""
    colour: str = ""
    dark_colour: str = ""
    phone: str = ""
    outage_phone: str = ""
    mail: str = ""
    has_logo: bool = False
    changed_s: int = 0


_WORDS = ("name", "colour", "dark_colour", "phone", "outage_phone", "mail")


def brand_of(conn: Conn, utility_id: int) -> Brand:
    """How a utility shows itself: by its own name at least."""
    found = _first(conn, table.c.utility_id == utility_id)
    if found is not None:
        return found
    name = conn.scalar(select(utility.c.name).where(utility.c.id == utility_id))
    return Brand(utility_id, name=str(name or "")[:64])


def brand_at_home(conn: Conn, customer_id: int, day: int) -> Brand | None:
    """How the utility shows itself that serves a customer's home on a day, if it has said; one of many."""
    here = tenancy.c.usage_point_id == usage_point.c.id
    homes = select(usage_point.c.utility_id).join(tenancy, here).where(tenancy.c.customer_id == customer_id)
    homes = homes.where(tenancy.c.from_day <= day, tenancy.c.until_day > day)
    ids = set(conn.scalars(homes))
    return _first(conn, table.c.utility_id.in_(sorted(ids))) if ids else None


def put_brand(conn: Conn, brand: Brand, logo: bytes | None) -> None:
    """Keep how a utility shows itself. logo: a new PNG; empty bytes: none any more; None: the one it has."""
    values: dict[str, object] = {name: getattr(brand, name) for name in _WORDS} | {"changed_s": brand.changed_s}
    if logo is not None:
        values["logo"] = logo or None
    mine = table.c.utility_id == brand.utility_id
    if not conn.execute(update(table).where(mine).values(**values)).rowcount:
        conn.execute(insert(table).values(utility_id=brand.utility_id, **values))


def logo_of(conn: Conn, utility_id: int) -> bytes:
    """A utility's logo, a PNG; empty where there is none."""
    found = conn.scalar(select(table.c.logo).where(table.c.utility_id == utility_id))
    return bytes(found or b"")


def _first(conn: Conn, which: ColumnElement[bool]) -> Brand | None:
    has_logo = (table.c.logo.is_not(None)).label("has_logo")
    columns = table.c.utility_id, *(table.c[name] for name in _WORDS), has_logo, table.c.changed_s
    query = select(*columns).where(which).order_by(table.c.name).limit(1)
    row = conn.execute(query).first()
    return Brand(*row) if row else None
