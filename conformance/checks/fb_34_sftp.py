"""Function block 34: the bulk as files, by SFTP. Legacy: it left the standard with REQ.21 4.1."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.document import Document, read
from conformance.suite import Evidence, Finding, Skip, at, server_check
from conformance.third_party.batches import bulk_url
from conformance.third_party.news import asked_for, first_named

if TYPE_CHECKING:
    from conformance.client.server import Server

SFTP = ("sftp", "-oBatchMode=yes", "-r", "{uri}", "{folder}")
"""OpenSSH's program; keys and known hosts are those of its own configuration, or of `fetch_sftp` in [operator]."""
MOST_ERRORS = 3


@server_check("SFTP001")
def notified_files_are_feeds(server: Server) -> Iterator[Finding]:
    """On request, an sftp address first; each file there is one valid feed with entries."""
    received = asked_for(server, "", "notify_sftp", bulk=bulk_url(server))
    uris = received.uris
    wrong = list(first_named(received, uris[0] if uris else "", ("sftp",)))
    yield from wrong
    if wrong:
        return
    with tempfile.TemporaryDirectory(prefix="conformance-sftp-") as folder:
        _fetch(server, uris[0], folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        if not files:
            yield Finding(f"There is no file at {uris[0]}.")
        for path in files:
            yield from _judged(read(path, name=path.name))


def _fetch(server: Server, uri: str, folder: str) -> None:
    if "fetch_sftp" in server.settings.operator:
        server.operator.do("fetch_sftp", uri=uri, folder=folder)
        return
    if shutil.which(SFTP[0]) is None:
        raise Skip("OpenSSH's sftp program is not here, and [operator] names no fetch_sftp.")
    words = [word.format(uri=uri, folder=folder) for word in SFTP]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=server.settings.waits.notification_s, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise Skip(f"{uri} could not be fetched within {late.timeout} s.") from late
    if done.returncode:
        raise Skip(f"{uri} could not be fetched.", Evidence("What sftp said", done.stderr))


def _judged(found: Document) -> Iterator[Finding]:
    if found.broken:
        yield Finding(f"The file {found.name} cannot be read as XML: {found.broken}.")
        return
    for wrong in found.schema_errors[:MOST_ERRORS]:
        yield Finding(f"The file {found.name} is not valid: {wrong.message}", (at(wrong.line, path=wrong.path),))
    if found.feed is None or not found.entries:
        yield Finding(f"The file {found.name} is no feed with an entry at least.")
