"""A file is judged by the conformance kit: in a process of its own, within limits, and nothing of it stays.

The kit runs apart so that a hostile file can take no more than its process may have, and so that the threads of the
server go on answering. It gets no setting and no secret of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

import conformance
from espi.errors import BadInput, EspiError
from espi.portal.language import say

AT_ONCE = 2
"""Files judged at the same time by one process of the server."""
PATIENCE_S = 10
"""How long a file waits for its turn, in seconds."""
PROCESSOR_S = 60
WHOLE_S = 90
MEMORY_MB = 768
"""What one judgment may take: seconds of a processor, seconds in all, megabytes of addresses."""
LONGEST_NAME = 80
BROKEN = range(1, 128)
"""Exit codes without a report that tell of the kit's own fault; below 0, the system ended it at a limit."""

OUT_OF_MEMORY = (b"MemoryError", b"more memory than is allowed")
"""What the kit says where its memory did not suffice."""

_turns = BoundedSemaphore(AT_ONCE)


class Busy(EspiError):
    """Other files are being judged."""

    status = 503
    code = "busy"
    public = "Other files are being checked just now. Try again in a minute."


class KitBroke(EspiError):
    """The kit has a fault of its own; the log says that it ended, and nothing of the file."""

    code = "kit_broke"


@dataclass(frozen=True)
class Judgment:
    """What the kit said: its reports as the texts it wrote, and the JSON one as data."""

    data: dict[str, Any]
    json: str
    page: str
    fragment: str


def judge(file: FileStorage, earlier: FileStorage | None, blocks: str) -> Judgment:
    """Judge a file, beside an earlier one if there is one, by the function blocks claimed (`1,4,5`; empty: none).

    Raises:
        Busy: too many are being judged.
        BadInput: the kit could not judge it within the limits.
        KitBroke: the kit has a fault.
    """
    with _turn(), tempfile.TemporaryDirectory(prefix="validate-") as folder:
        words = [_kept(file, Path(folder, "file"))]
        if earlier is not None:
            words += ["--previous", _kept(earlier, Path(folder, "earlier"))]
        if blocks:
            words += ["--blocks", blocks]
        return _run(words, Path(folder))


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE_S):
        raise Busy
    try:
        yield
    finally:
        _turns.release()


def _kept(file: FileStorage, folder: Path) -> str:
    """The file, for as long as it is judged, under a name that is fit for one."""
    folder.mkdir()
    path = folder / (secure_filename(file.filename or "")[-LONGEST_NAME:] or "file.xml")
    file.save(path)
    return str(path)


def _run(words: Iterable[str], folder: Path) -> Judgment:
    paths = {form: folder / f"report.{form}" for form in ("fragment", "json", "html")}
    reports = [f"--output={paths['fragment']}", f"--json={paths['json']}", f"--html={paths['html']}"]
    command = [
        *(sys.executable, "-m", "conformance", "file", *words, "--quiet"),
        *("--seconds", str(PROCESSOR_S), "--memory-mb", str(MEMORY_MB)),
        *("--report", "fragment", *reports),
    ]
    alone = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path(conformance.__file__).parents[1])}
    try:
        done = subprocess.run(
            command, cwd=folder, env=alone, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=WHOLE_S
        )
    except subprocess.TimeoutExpired:
        raise BadInput(_too_much(), detail="the kit took too long") from None
    if not all(path.is_file() for path in paths.values()):
        if done.returncode in BROKEN and not any(words in done.stderr for words in OUT_OF_MEMORY):
            raise KitBroke(detail=f"the kit ended with {done.returncode}")
        raise BadInput(_too_much(), detail=f"the kit ended with {done.returncode}")
    texts = {form: path.read_text("utf-8") for form, path in paths.items()}
    return Judgment(json.loads(texts["json"]), texts["json"], texts["html"], texts["fragment"])


def _too_much() -> str:
    return say("This file takes more time or memory than there is for it here. The kit by itself can judge it.")
