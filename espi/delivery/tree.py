"""The folders of one company, as the file servers show them, whichever protocol asks.

    inbox/    what a utility sends: files that arrive, and that wait to be loaded
      done/   those that were loaded, each with its response file
    outbox/   what comes by itself: bulk deliveries with their manifests, reports of enrolments
    adhoc/    what was asked for
    archive/  both, when they are older

Nothing here stands for a path of the machine: a name is looked for among those that the company sees at that moment,
and what is not among them is not there, for whatever reason. A second after a grant, what it opened is gone too, in an
open file as well.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from espi import access
from espi.access import Principal, Role
from espi.delivery import arriving
from espi.delivery.espi_bulk import ROOT, Unpacked, feed_of, last_feeds
from espi.delivery.publishing import SIGNATURE_END, SUMS, stored
from espi.errors import Denied, NotFound
from espi.jobs import Context
from espi.store import directory, grants, party_files, party_keys
from espi.store.party_files import PartyFile, Pickup

if TYPE_CHECKING:
    from espi.delivery.arriving import Arrival
    from espi.store.database import Conn

PROOF: Final = "file server"
TAKE, LIST, SEND = "file:take", "file:list", "file:send"
INBOX, DONE = "inbox", "done"
READ_ONLY: Final = "This is here to be fetched; it cannot be changed."
NO_SUCH: Final = "There is no such file here."
OVER: Final = "This file is not yours to see any more."
SHUT: Final = "The key that opened this session counts no longer."
FRESH_S: Final = 1.0
"""So long a company's files, and that its key counts, are taken as they were found."""
DASHES: Final = {str(role): str(role).replace("_", "-") for role in Role}


def user_name(role: str, party_id: int) -> str:
    """What a company logs in as, such as rep-3."""
    return f"{DASHES[role]}-{party_id}"


def party_of(name: str) -> tuple[str, int] | None:
    """The role and the number of a party that logs in by a name; None for a name that nobody can have."""
    kind, _, number = name.rpartition("-")
    role = kind.replace("-", "_")
    plain = number.isascii() and number.isdigit() and len(number) < 16
    return (role, int(number)) if role in DASHES and plain else None


@dataclass(frozen=True)
class Entry:
    """A folder or a file. file: of the store; path: of the inbox; text: made here, such as a signature.

    packed: it is unpacked as it is read. hidden: it is there for whoever knows its name.
    """

    name: str
    size: int = 0
    changed_s: int = 0
    is_folder: bool = False
    file: PartyFile | None = None
    path: Path | None = None
    text: bytes | None = None
    packed: bool = False
    hidden: bool = False


class Opened:
    """A file that is being fetched."""

    def __init__(self, tree: Tree, entry: Entry) -> None:
        self.entry = entry
        self._tree = tree
        self._sent = self._reached = 0
        self._began_s = tree.context.now_s()
        self._looked = time.monotonic()
        self._number = -1
        self._unpacked: Unpacked | None = None
        if entry.text is None:
            place = stored(tree.context.settings, entry.file.storage_key) if entry.file else entry.path
            if place is None:
                raise NotFound(NO_SUCH)
            try:
                self._number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except OSError as err:
                raise NotFound(NO_SUCH, detail=f"{entry.name}: {err}") from err
            self._unpacked = Unpacked(self._number) if entry.packed else None

    @property
    def is_stale(self) -> bool:
        """Whether it is time to ask again if it may be seen."""
        return time.monotonic() - self._looked >= FRESH_S

    def look(self) -> None:
        """Raise `Denied` if the file may not be seen any more."""
        self._tree.look()
        if self.entry.file is not None and not self._tree.sees(self.entry.file):
            raise Denied(OVER)
        self._looked = time.monotonic()

    def read(self, start: int, size: int) -> bytes:
        """Some of its bytes; none at its end."""
        if self.entry.text is not None:
            chunk = self.entry.text[start : start + size]
        elif self._unpacked is not None:
            chunk = self._unpacked.read(start, size)
        else:
            chunk = os.pread(self._number, size, start)
        self._sent += len(chunk)
        self._reached = max(self._reached, start + len(chunk))
        return chunk

    def close(self) -> None:
        """Let it go, and record how much of it was fetched."""
        if self._number >= 0:
            os.close(self._number)
            self._number = -1
        if self.entry.file is not None:
            to_end = self._reached >= self.entry.size and (self._sent > 0 or not self.entry.size)
            self._tree.note(self.entry.file, self._began_s, self._sent, to_end=to_end)


class Tree:
    """One company's folders, for one session. protocol: sftp or ftps. address: where it calls from."""

    def __init__(self, context: Context, role: str, party_id: int, key_id: int, *, protocol: str, address: str) -> None:
        self.context = context
        self.who = Principal(Role(role), party_id, PROOF, f"key {key_id}")
        self._key_id = key_id
        self._protocol = protocol
        self._address = address
        self._folders: dict[str, dict[str, Entry]] = {}
        self._read = self._looked = float("-inf")
        self._inbox = self._inbox_of(party_id) if access.may(self.who, SEND) else None

    @property
    def is_stale(self) -> bool:
        """Whether it is time to ask again if the key counts."""
        return time.monotonic() - self._looked >= FRESH_S

    def look(self) -> None:
        """Raise `Denied` if the key of this session counts no longer."""
        if not self.is_stale:
            return
        with self.context.database.read() as conn:
            counts = party_keys.is_key(conn, self._key_id)
        if not counts:
            raise Denied(SHUT)
        self._looked = time.monotonic()

    def sees(self, file: PartyFile) -> bool:
        """Whether the company sees one of its files now."""
        with self.context.database.read() as conn:
            own = self.who.role, self.who.id, file.id
            return party_files.file_of(conn, *own, self.context.now_s()) is not None

    def entry(self, path: str) -> Entry:
        """What a path stands for, or `NotFound`."""
        self.look()
        parts = parts_of(path)
        if not parts:
            return Entry("", is_folder=True)
        folder, _, name = "/".join(parts).rpartition("/")
        try:
            return self._listed(folder)[name]
        except KeyError:
            raise NotFound(NO_SUCH) from None

    def entries(self, path: str) -> list[Entry]:
        """What is in a folder, by name; `NotFound` for what is none."""
        if not self.entry(path).is_folder:
            raise NotFound(NO_SUCH)
        found = self._listed("/".join(parts_of(path))).values()
        return sorted((entry for entry in found if not entry.hidden), key=lambda entry: entry.name)

    def open(self, path: str) -> Opened:
        """Begin to fetch a file; audited. `NotFound` where there is none, or not any more."""
        entry = self.entry(path)
        if entry.is_folder:
            raise Denied("This is a folder.")
        if entry.file is not None and not self.sees(entry.file):
            raise NotFound(NO_SUCH)
        with self.context.database.write() as conn:
            target = f"{self._protocol} {'/'.join(parts_of(path))}"
            what = LIST if entry.text is not None else TAKE
            access.require(conn, self.who, what, settings=self.context.settings, target=target)
        return Opened(self, entry)

    def send(self, path: str, *, anew: bool) -> Arrival:
        """Begin to send a file into the inbox, or go on with it; audited. anew: what has arrived of it is dropped."""
        self.look()
        name = self._sent_name(path)
        with self.context.database.write() as conn:
            target = f"{self._protocol} {INBOX}/{name}"
            access.require(conn, self.who, SEND, settings=self.context.settings, target=target)
        if self._inbox is None:
            raise Denied(READ_ONLY)
        self.forget()
        return self._inbox.begin(name, anew=anew)

    def rename(self, path: str, to: str) -> None:
        """Let a file that was sent under an unfinished name (.part, .tmp) have its own, by which it is taken."""
        self.look()
        before, after = self._sent_name(path), self._sent_name(to)
        if self._inbox is None or not self._inbox.rename(before, after):
            raise Denied("Only a file that arrives, with a name that ends in .part or .tmp, can get another.")
        self.forget()

    def note(self, file: PartyFile, began_s: int, sent: int, *, to_end: bool) -> None:
        """Record a fetch."""
        own = self.who.role, self.who.id, file.id, file.name, self._protocol, self._address
        pickup = Pickup(*own, began_s, self.context.now_s(), sent, to_end)
        with self.context.database.write() as conn:
            party_files.note_pickup(conn, pickup)

    def forget(self) -> None:
        """Look at the folders afresh the next time."""
        self._read = float("-inf")

    def _sent_name(self, path: str) -> str:
        parts = parts_of(path)
        if self._inbox is None or len(parts) != 2 or parts[0] != INBOX:
            where = "Files are sent into inbox/ alone." if self._inbox else READ_ONLY
            raise Denied(where)
        return parts[1]

    def _espi_bulk(self, conn: Conn, files: list[PartyFile]) -> dict[str, dict[str, Entry]]:
        """The folders that lead to a third party's last bulk files by ESPI's address."""
        feeds = [feed_of(file, stored(self.context.settings, file.storage_key)) for file in last_feeds(files)]
        shown = [Entry(one.name, one.size, one.file.published_at_s, file=one.file, packed=True) for one in feeds if one]
        if not shown:
            return {}
        way = (*ROOT, str(grants.third_party(conn, self.who.id).path_id))
        changed_s = self.context.now_s()
        folders = {
            "/".join(way[:depth]): {way[depth]: Entry(way[depth], 0, changed_s, is_folder=True)}
            for depth in range(1, len(way))
        }
        return {**folders, "/".join(way): {entry.name: entry for entry in shown}}

    def _inbox_of(self, party_id: int) -> arriving.Inbox:
        with self.context.database.read() as conn:
            return arriving.Inbox(self.context.settings, directory.utility(conn, party_id))

    def _listed(self, folder: str) -> dict[str, Entry]:
        if time.monotonic() - self._read >= FRESH_S:
            with self.context.database.read() as conn:
                files = party_files.files_of(conn, self.who.role, self.who.id, self.context.now_s())
                self._folders = folders_of(files, self.context.now_s()) | self._espi_bulk(conn, files)
            if ROOT[0] in self._folders:
                self._folders[""][ROOT[0]] = Entry(ROOT[0], is_folder=True, hidden=True)
            if self._inbox is not None:
                self._folders[""][INBOX] = Entry(INBOX, changed_s=self.context.now_s(), is_folder=True)
                now_s = self.context.now_s()
                self._folders[INBOX] = {entry.name: entry for entry in _inbox_entries(self._inbox, now_s)}
                self._folders[f"{INBOX}/{DONE}"] = {entry.name: entry for entry in _done_entries(self._inbox)}
            self._read = time.monotonic()
        try:
            return self._folders[folder]
        except KeyError:
            raise NotFound(NO_SUCH) from None


def parts_of(path: str) -> list[str]:
    """The names that lead from the root to what a path means; none lead out of it."""
    return [part for part in posixpath.normpath(f"/{path.lstrip('/')}").split("/") if part]


def folders_of(files: list[PartyFile], now_s: int) -> dict[str, dict[str, Entry]]:
    """The folders of files, each file with its signature beside it, and the check sums of a folder's files."""
    found: dict[str, dict[str, Entry]] = {
        "": {name: Entry(name, changed_s=now_s, is_folder=True) for name in party_files.FOLDERS},
        **{name: {} for name in party_files.FOLDERS},
    }
    sums: dict[str, list[PartyFile]] = {}
    for file in files:
        entry = Entry(file.name, file.size_bytes, file.published_at_s, file=file)
        text = f"{file.signature}\n".encode("ascii")
        beside = replace(entry, name=file.name + SIGNATURE_END, size=len(text), file=None, text=text)
        found[file.place] |= {file.name: entry, beside.name: beside}
        sums.setdefault(file.place, []).append(file)
    for folder, own in sums.items():
        text = "".join(f"{file.sha256}  {file.name}\n" for file in own).encode()
        changed_s = max(file.published_at_s for file in own)
        found[folder][SUMS] = Entry(SUMS, len(text), changed_s, text=text)
    return found


def _inbox_entries(inbox: arriving.Inbox, now_s: int) -> Iterator[Entry]:
    yield Entry(DONE, changed_s=now_s, is_folder=True)
    for path, size, changed_s in inbox.files():
        yield Entry(path.name, size, changed_s, path=path)


def _done_entries(inbox: arriving.Inbox) -> Iterator[Entry]:
    for path, size, changed_s in inbox.done():
        yield Entry(path.name, size, changed_s, path=path)
