"""The parameters of a call to an OAuth endpoint: of its body, each once."""

from __future__ import annotations

from flask import Request

from espi.config import Settings
from espi.errors import BadInput


def parameters_of(request: Request, settings: Settings) -> dict[str, str]:
    """The parameters of a request's form. What is in its address counts where the certification harness runs only.

    Addresses end up in logs and histories, and so would the codes, tokens and secrets in them. `BadInput` where one
    comes twice (RFC 6749, section 3.2).
    """
    sources = [request.form, *([request.args] if settings.certification_harness else [])]
    found: dict[str, str] = {}
    for source in sources:
        for name, values in source.lists():
            if len(values) > 1 or name in found:
                raise BadInput(f"The parameter {name[:64]} comes more than once.")
            found[name] = values[0]
    return found
