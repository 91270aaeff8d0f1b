"""The file servers of one process: SFTP, and FTPS where it is wanted, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from espi.delivery import serve_ftps, serve_sftp
from espi.delivery.serve_ftps import Ftps

if TYPE_CHECKING:
    from espi.jobs import Context

CLOSE_WITHIN_S: Final = 5


@dataclass(frozen=True)
class Listening:
    """Where the servers listen. ftps_port: 0 for none. host_keys: the SFTP server's, as clients show them."""

    sftp_port: int
    ftps_port: int
    host_keys: tuple[str, ...]


Said = Callable[[Listening], None]


async def serve(
    context: Context, host: str, port: int, said: Said, stop: asyncio.Event, ftps: Ftps | None = None
) -> None:
    """Serve until told to stop. said: called once with where they listen. ftps: serve that too."""
    acceptor = await serve_sftp.listen(context, host, port)
    keys = tuple(key.get_fingerprint() for key in serve_sftp.host_keys(context.settings.home))
    try:
        with serve_ftps.serving(context, host, ftps) if ftps else contextlib.nullcontext(0) as ftps_port:
            said(Listening(acceptor.get_port(), ftps_port, keys))
            await stop.wait()
    finally:
        acceptor.close()
        with contextlib.suppress(TimeoutError):  # sessions that go on are cut off
            await asyncio.wait_for(acceptor.wait_closed(), CLOSE_WITHIN_S)


def run(context: Context, host: str, port: int, said: Said, ftps: Ftps | None = None) -> None:
    """Serve until this process is told to stop."""

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(context, host, port, said, stop, ftps)

    asyncio.run(until_told())
