"""The file servers of one process: SFTP, and FTPS where it is wanted, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi.delivery import serve_sftp

if TYPE_CHECKING:
    from espi.jobs import Context


@dataclass(frozen=True)
class Listening:
    """Where the servers listen. host_keys: the SFTP server's, as clients show them."""

    sftp_port: int
    host_keys: tuple[str, ...]


async def serve(context: Context, host: str, port: int, said: Callable[[Listening], None], stop: asyncio.Event) -> None:
    """Serve until told to stop. said: called once with where they listen."""
    acceptor = await serve_sftp.listen(context, host, port)
    keys = tuple(key.get_fingerprint() for key in serve_sftp.host_keys(context.settings.home))
    try:
        said(Listening(acceptor.get_port(), keys))
        await stop.wait()
    finally:
        acceptor.close()
        await acceptor.wait_closed()


def run(context: Context, host: str, port: int, said: Callable[[Listening], None]) -> None:
    """Serve until this process is told to stop."""

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(context, host, port, said, stop)

    asyncio.run(until_told())
