"""Every handler of jobs of this layer, for whoever works on them."""

from __future__ import annotations

from espi.intake import forget
from espi.intake.vee import job

MODULES = (forget, job)
"""They register their handlers as they are imported."""
