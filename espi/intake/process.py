"""What a process is called among all machines, and whether one of this machine has ended for certain.

`host/boot/space/number/start`: the machine's name, its boot, the space that process numbers count in (containers have
their own), the number, and when it started. Where the system does not tell, only the end of a claim's time counts.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

SYSTEM = Path("/proc")


def mark(system: Path = SYSTEM) -> str:
    """This process."""
    number = os.getpid()
    return "/".join((*_place(system), str(number), _start(system, number)))[-256:]


def has_ended(other: str, system: Path = SYSTEM) -> bool:
    """Whether a process is certain to have ended: it was here, since this boot, and is here no longer."""
    host, _, rest = other.partition("/")
    boot, _, rest = rest.partition("/")
    space, _, rest = rest.partition("/")
    number, _, start = rest.partition("/")
    if (host, boot, space) != _place(system) or not (boot and space and number.isdigit()):
        return False
    return _start(system, int(number)) != start


def shown(other: str) -> str:
    """A process as people are told of it: host and number."""
    parts = other.split("/")
    return f"{parts[0]}:{parts[3]}" if len(parts) > 3 else other


def _place(system: Path) -> tuple[str, str, str]:
    try:
        boot = (system / "sys/kernel/random/boot_id").read_text("ascii").strip()
        space = str((system / "self/ns/pid").stat().st_ino)
    except OSError:
        boot = space = ""
    return socket.gethostname().replace("/", "-")[:100], boot, space


def _start(system: Path, number: int) -> str:
    """When a process started, in ticks since the boot; empty where there is none, or it is dead already."""
    try:
        text = (system / str(number) / "stat").read_text("ascii", "replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if len(fields) < 20 or fields[0] in "ZX" else fields[19]
