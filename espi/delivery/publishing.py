"""Putting files into companies' folders: `keep` takes a file in and signs it, `publish` lets its company see it.

`keep` copies, which takes its time; `publish` is a row, for the transaction of whatever the file is the outcome of.
What was kept and never published goes after a day.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from espi import jobs, signing
from espi.clock import DAY_S
from espi.errors import BadInput
from espi.jobs import Context
from espi.store import party_files, receipts
from espi.store.jobs import Job
from espi.store.party_files import ADHOC, OUTBOX

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

STORE = "files"
SIGNED_AS = "espi-file"
"""What the JWS beside a file says that it signs."""
SIGNATURE_END = ".jws"
SUMS = "SHA256SUMS"
OUR_NAMES = (SIGNATURE_END, ".part", ".tmp")
READ_BYTES = 1 << 20
LONGEST_NAME = 180
FORGET = "files.forget"


@dataclass(frozen=True)
class Kept:
    """A file that was taken in: its name, size and SHA-256, where its bytes are, and the JWS over them."""

    name: str
    size: int
    sha256: str
    key: str
    signature: str


def stored(settings: Settings, key: str) -> Path:
    """Where the bytes of a file are."""
    return settings.home / STORE / key


def keep(settings: Settings, name: str, source: Path | bytes) -> Kept:
    """Take in a file, or the bytes of one, under the name that its company will see; sign it.

    A file is linked where that can be done, so it must not be changed afterwards, only replaced.
    """
    if not name or len(name) > LONGEST_NAME or "/" in name or name.startswith(".") or not name.isprintable():
        raise BadInput(f"A file cannot be called {name!r}.")
    if name.endswith(OUR_NAMES) or name == SUMS:
        raise BadInput(f"A file cannot be called {name!r}: names like that mean something of their own.")
    signer = signing.DetachedSigner(SIGNED_AS, signing.signing_key(settings), name=name)
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(source):
        digest.update(chunk)
        signer.update(chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    key = f"{sha256[:2]}/{sha256}-{secrets.token_hex(8)}"
    path = stored(settings, key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _place(source, path)
    return Kept(name, size, sha256, key, signer.signature())


def publish(
    conn: Conn,
    settings: Settings,
    role: str,
    party_id: int,
    kept: Kept,
    *,
    folder: str = OUTBOX,
    grants: Iterable[int] = (),
) -> int:
    """Let a company see a file that was kept, from the end of the transaction on; the file's number.

    folder: outbox for what comes by itself, adhoc for what was asked for. grants: the ids of the authorizations that
    the file holds something by: a third party sees it while all of them live. It replaces a file of the same name.
    """
    if folder not in {OUTBOX, ADHOC}:
        raise ValueError(f"nothing is published into {folder}")
    key = signing.signing_key(settings)
    receipts.add_consent_key(conn, str(key.kid), signing.public(key))
    return party_files.add_file(
        conn,
        role,
        party_id,
        folder=folder,
        name=kept.name,
        size_bytes=kept.size,
        sha256=kept.sha256,
        storage_key=kept.key,
        signature=kept.signature,
        grants=grants,
        now_s=settings.clock.now_s(),
    )


@jobs.handler(FORGET)
def forget(context: Context, _job: Job) -> Mapping[str, int]:
    """Archive files `files_days` after they were published, and forget them as long after that; strays too."""
    now_s, span_s = context.now_s(), context.settings.files_days * DAY_S
    with context.database.write() as conn:
        archived = party_files.archive(conn, now_s - span_s, now_s)
        gone = party_files.over(conn, archived_before_s=now_s - span_s, withdrawn_before_s=now_s - DAY_S)
        party_files.forget(conn, [number for number, _ in gone])
        party_files.drop_pickups(conn, now_s - 365 * DAY_S)
    for _, key in gone:
        stored(context.settings, key).unlink(missing_ok=True)
    return {"archived": archived, "dropped": len(gone), "stray": _drop_strays(context)}


jobs.every(FORGET, DAY_S)


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            yield chunk


def _place(source: Path | bytes, path: Path) -> None:
    if isinstance(source, Path):
        with contextlib.suppress(OSError):  # another file system
            os.link(source, path)
            return
    unfinished = path.with_name(f".{path.name}")
    with unfinished.open("wb") as out:
        for chunk in _chunks(source):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(path)


def _drop_strays(context: Context) -> int:
    """Drop what was kept a day ago and never published."""
    root = context.settings.home / STORE
    before = context.now_s() - DAY_S
    old = [path for path in root.glob("[0-9a-f][0-9a-f]/*") if path.stat().st_ctime < before]
    dropped = 0
    for start in range(0, len(old), 500):
        some = {f"{path.parent.name}/{path.name}": path for path in old[start : start + 500]}
        with context.database.read() as conn:
            known = party_files.known_keys(conn, list(some))
        for key in some.keys() - known:
            some[key].unlink(missing_ok=True)
            dropped += 1
    return dropped
