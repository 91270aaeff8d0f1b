"""`Reach`: what a caller may see, as a query. Every read of meter or customer data requires one.

Only `espi.access` may make a `Reach` (an import contract), and there is none that means "everything".
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select


@dataclass(frozen=True)
class Reach:
    """The usage points and local days that a caller may see, and the rule that says so.

    spans: a select of (usage_point_id, from_day, until_day), until_day not included; a usage point may come several times.
    """

    spans: Select[tuple[int, int, int]]
    rule: str
    actor: str
