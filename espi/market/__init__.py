"""The market's JSON interface: what changed, what happened, what was shared, and readings as plain numbers.

`make` gives it as an application of its own, to be mounted at `PREFIX`.
"""

from __future__ import annotations

from espi.market.face import make
from espi.market.operation import PREFIX

__all__ = ["PREFIX", "make"]
