"""Loading by several processes side by side, and how far they are, on a terminal."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from espi.intake.claim import Incoming, Loader
from espi.store import claims
from espi.store.claims import Claim

BAR_EVERY_S = 0.5
BEGIN_AGAIN_S = 1.0


def side_by_side(words: Sequence[str], processes: int, *, crashes: int | None) -> None:
    """Run `espi intake WORDS` in so many processes until all have ended; one that crashes begins again.

    crashes: how often that may be; None: without end.
    """
    command = [sys.executable, "-m", "espi", "intake", *words]
    left = crashes
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        while running:
            time.sleep(0.1)
            ended = [one for one in running if one.poll() is not None]
            running = [one for one in running if one not in ended]
            for one in ended:
                if one.returncode < 0 and (left is None or left > 0):
                    left = None if left is None else left - 1
                    time.sleep(BEGIN_AGAIN_S)
                    running.append(subprocess.Popen(command))
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()


@contextlib.contextmanager
def ended_by_signal() -> Iterator[None]:
    """Within the block a wish to stop (SIGTERM) is like Ctrl-C: what this process has claimed is set free at once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def bar(loader: Loader, files: Sequence[Incoming]) -> Iterator[None]:
    """How far all files are, by whomever they are loaded, while standard error is a terminal; nothing for machines."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    stop = threading.Event()
    with Progress(*columns, console=console, transient=True) as shown:
        drawing = threading.Thread(target=_draw, args=(loader, files, shown, stop), daemon=True)
        drawing.start()
        try:
            yield
        finally:
            stop.set()
            drawing.join()


def _draw(loader: Loader, files: Sequence[Incoming], shown: Progress, stop: threading.Event) -> None:
    """The sum of all files, and below it each that is being loaded."""
    keys = [file.key for file in files]
    sum_of_all = shown.add_task("", total=sum(file.size for file in files))
    lines: dict[str, int] = {}
    while not stop.wait(BAR_EVERY_S):
        known = loader.known(keys)
        now = {one.key: one for one in known if one.state == claims.LOADING}
        for gone in [key for key in lines if key not in now]:
            shown.remove_task(lines.pop(gone))  # type: ignore[arg-type]
        if len(keys) > 1:
            for key, one in now.items():
                if key not in lines:
                    lines[key] = shown.add_task(one.name, total=one.size)
                shown.update(lines[key], completed=one.done)  # type: ignore[arg-type]
        over = sum(one.state in (claims.DONE, claims.SET_ASIDE) for one in known)
        text = f"{over} of {len(keys)} files" if len(keys) > 1 else files[0].name
        shown.update(sum_of_all, completed=_bytes_done(known), description=text)


def _bytes_done(known: Sequence[Claim]) -> int:
    return sum(one.size if one.state in (claims.DONE, claims.SET_ASIDE) else one.done for one in known)
