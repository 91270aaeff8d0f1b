"""What a caller sends: one Atom entry of a resource; `BadInput` says what is wrong with it."""

from __future__ import annotations

import hashlib
import io

from espi.api.endpoint import Asked
from espi.atom import read
from espi.errors import BadInput

MOST_BYTES = 1 << 20
MOST_FAULTS = 3


def entry_of(asked: Asked, resource: str) -> read.Entry:
    """The one entry of that resource in the body, or the resource's bare element."""
    return entry_and_hash(asked, resource)[0]


def entry_and_hash(asked: Asked, resource: str) -> tuple[read.Entry, str]:
    """The same, and the SHA-256 of the body, by which it is known when it comes again."""
    body = asked.request.stream.read(MOST_BYTES + 1)
    found = list(read.entries(io.BytesIO(body), limit_bytes=MOST_BYTES))
    if len(found) != 1 or found[0].resource != resource:
        raise BadInput(f"Send one Atom entry with one {resource} in it.")
    if found[0].faults:
        raise BadInput(f"The {resource} cannot be understood: {'; '.join(found[0].faults[:MOST_FAULTS])}.")
    return found[0], hashlib.sha256(body).hexdigest()
