"""The ESPI REST interface: resources as Atom, for programs with a token.

`make` gives it as an application of its own: no sessions, forms or languages, so that a call costs little.
"""

from __future__ import annotations

from espi.api import preparing  # noqa: F401  (a worker that imports this can prepare answers)
from espi.api.application import make
from espi.api.mount import Mount

__all__ = ["Mount", "make"]
