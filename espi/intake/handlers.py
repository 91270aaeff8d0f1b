"""Every handler of jobs of this layer, for whoever works on them."""

from __future__ import annotations

from espi.intake import closing, completeness, expiring, forget, upload
from espi.intake.vee import again, job

MODULES = (again, closing, completeness, expiring, forget, job, upload)
"""They register their handlers as they are imported."""
