"""The SFTP server: keys only, no shell, no forwarding, and of files what `espi.delivery.tree` shows."""

from __future__ import annotations

import asyncio
import inspect
import os
import secrets
import stat
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPName

from espi import log
from espi.delivery.arriving import Arrival
from espi.delivery.tree import Entry, Opened, Tree, parts_of, party_of
from espi.errors import BadInput, Denied, EspiError, NotFound
from espi.jobs import Context
from espi.store import party_keys

PROTOCOL: Final = "sftp"
HOST_KEYS: Final = {"ssh-ed25519": "ssh_host_ed25519_key", "ecdsa-sha2-nistp256": "ssh_host_ecdsa_key"}
KEX: Final = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS: Final = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")
MACS: Final = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
KEY_KINDS: Final = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
LEAST_RSA_BITS: Final = 3072
RSA: Final = ("rsa-sha2-512", "rsa-sha2-256")
LOGIN_S: Final = 30
SILENT_S: Final = 60
MOST_SESSIONS: Final = 32
"""Connections from one address at a time; a company that needs more has something to be mended."""
READ_ONLY: Final = "Files here are fetched, and sent by utilities into inbox/; nothing else is done with them."

T = TypeVar("T")


def _refuse(*_given: object) -> NoReturn:
    raise asyncssh.SFTPPermissionDenied(READ_ONLY)


REFUSED: Final[Any] = _refuse
"""What an operation is that nobody has."""


class Door(asyncssh.SSHServer):
    """One connection: it finds out whose key opened it."""

    def __init__(self, context: Context, here: Counter[str]) -> None:
        self._context = context
        self._here = here
        self._address = ""
        self._known: party_keys.PartyKey | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Turn away whoever has too many already."""
        self._conn = conn
        self._address = str((conn.get_extra_info("peername") or ("",))[0])
        self._here[self._address] += 1
        if self._here[self._address] > MOST_SESSIONS:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another."""
        del exc
        self._here[self._address] -= 1
        if self._here[self._address] <= 0:
            del self._here[self._address]

    def begin_auth(self, username: str) -> bool:
        """Everybody proves who he is."""
        del username
        return True

    def public_key_auth_supported(self) -> bool:
        """By a key."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether a key is one of the company's; what is unknown takes the same look-up."""
        role, party_id = party_of(username) or ("", 0)

        def find() -> party_keys.PartyKey | None:
            with self._context.database.read() as conn:
                return party_keys.key_of(conn, role, party_id, party_keys.SSH, key.get_fingerprint())

        self._known = await asyncio.to_thread(find)
        return self._known is not None

    def _note(self, key_id: int) -> None:
        with self._context.database.write() as conn:
            party_keys.note_used(conn, key_id, self._context.now_s())

    def auth_completed(self) -> None:
        """Note who came in."""
        known = self._known
        if known is None:
            self._conn.abort()
            return
        self._noting = asyncio.get_running_loop().run_in_executor(None, self._note, known.id)
        own = known.role, known.party_id, known.id
        tree = Tree(self._context, *own, protocol=PROTOCOL, address=self._address)
        self._conn.set_extra_info(tree=tree)
        log.record(log.Event.LOGIN, role=known.role, party=known.party_id, by=PROTOCOL)


class Sftp(asyncssh.SFTPServer):
    """What one session does. Every operation there is stands here: what is not allowed is refused by its name."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan)
        self._tree = cast("Tree", chan.get_extra_info("tree"))

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Begin to fetch a file, or to send one into the inbox."""
        del attrs
        if not pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC | asyncssh.FXF_APPEND):
            return await _done(lambda: self._tree.open(_text(path)))
        anew = bool(pflags & asyncssh.FXF_TRUNC)
        return await _done(lambda: self._tree.send(_text(path), anew=anew))

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> NoReturn:
        """Only version 3 is spoken."""
        del path, desired_access, flags, attrs
        raise asyncssh.SFTPOpUnsupported(READ_ONLY)

    def close(self, file_obj: object) -> Awaitable[None]:
        """End a fetch or what is being sent: it is whole if the client closed it, not if the connection broke.

        The library tells one from the other by nothing but which of its functions calls.
        """
        frame = inspect.currentframe()
        whole = bool(frame and frame.f_back and frame.f_back.f_code.co_name == "_process_close")
        return self._closed(file_obj, whole=whole)

    async def _closed(self, file_obj: object, *, whole: bool) -> None:
        if isinstance(file_obj, Arrival):
            await _done(lambda: file_obj.close(whole=whole))
            self._tree.forget()
        elif isinstance(file_obj, Opened):
            await _done(file_obj.close)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Some bytes of a file that is being fetched, if it may still be seen."""
        if not isinstance(file_obj, Opened):
            raise asyncssh.SFTPPermissionDenied("This file is open to be sent.")
        if file_obj.is_stale:
            await _done(file_obj.look)
        return file_obj.read(offset, size)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Take some bytes of a file that is being sent."""
        if not isinstance(file_obj, Arrival):
            raise asyncssh.SFTPPermissionDenied(READ_ONLY)
        if self._tree.is_stale:
            await _done(self._tree.look)
        _plain(lambda: file_obj.write(offset, data))
        return len(data)

    async def stat(self, path: bytes) -> SFTPAttrs:
        """What a file or folder is."""
        return attrs_of(await _done(lambda: self._tree.entry(_text(path))))

    async def lstat(self, path: bytes) -> SFTPAttrs:
        """The same: there are no links."""
        return await self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """What an open file is."""
        if isinstance(file_obj, Opened):
            return attrs_of(file_obj.entry)
        return attrs_of(Entry("", file_obj.size if isinstance(file_obj, Arrival) else 0))

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """What is in a folder."""
        found = await _done(lambda: self._tree.entries(_text(path)))
        folder = Entry("", changed_s=self._tree.context.now_s(), is_folder=True)
        for name in (b".", b".."):
            yield SFTPName(name, attrs=attrs_of(folder))
        for entry in found:
            yield SFTPName(entry.name.encode(), attrs=attrs_of(entry))

    def realpath(self, path: bytes) -> bytes:
        """A path as it is written here, whether or not anything is there."""
        return ("/" + "/".join(parts_of(_text(path)))).encode()

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file that was sent under an unfinished name its own."""
        await _done(lambda: self._tree.rename(_text(oldpath), _text(newpath)))

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """The same."""
        await self.rename(oldpath, newpath)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Clients set times and permissions of what they send; both are ours."""
        del attrs
        if not isinstance(file_obj, Arrival):
            raise asyncssh.SFTPPermissionDenied(READ_ONLY)

    def fsync(self, file_obj: object) -> None:
        """What was sent is made safe when it is closed."""
        if not isinstance(file_obj, Arrival):
            raise asyncssh.SFTPPermissionDenied(READ_ONLY)

    def map_path(self, path: bytes) -> NoReturn:
        """No operation of the library's own reaches a path of this machine."""
        del path
        raise asyncssh.SFTPPermissionDenied(READ_ONLY)

    def format_user(self, uid: int | None) -> str:
        """Nobody of this machine owns anything."""
        del uid
        return "espi"

    def format_group(self, gid: int | None) -> str:
        """As `format_user`."""
        del gid
        return "espi"

    setstat = lsetstat = remove = mkdir = rmdir = REFUSED
    readlink = symlink = link = lock = unlock = REFUSED
    statvfs = fstatvfs = REFUSED


def attrs_of(entry: Entry) -> SFTPAttrs:
    """How an entry looks to clients: a folder or a file to be read, of nobody's."""
    mode = stat.S_IFDIR | 0o550 if entry.is_folder else stat.S_IFREG | 0o440
    size = 0 if entry.is_folder else entry.size
    return SFTPAttrs(size=size, uid=0, gid=0, permissions=mode, atime=entry.changed_s, mtime=entry.changed_s, nlink=1)


@dataclass(frozen=True)
class PublicKey:
    """A public key of a company: in OpenSSH's form, what it is found by, and what its owner calls it."""

    text: str
    fingerprint: str
    label: str


def read_public(text: bytes) -> PublicKey:
    """The public key of a file that ssh-keygen wrote; `BadInput` for what is none, or weak."""
    try:
        key = asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError) as err:
        raise BadInput(f"This is no public SSH key: {err}.") from err
    kind = key.get_algorithm()
    bits = getattr(getattr(key, "pyca_key", None), "key_size", LEAST_RSA_BITS)
    if kind == "ssh-rsa" and bits < LEAST_RSA_BITS:
        raise BadInput(f"An RSA key needs {LEAST_RSA_BITS} bits at least; this one has {bits}.")
    if kind not in {*KEY_KINDS, "ssh-rsa"}:
        raise BadInput(f"Keys of the kind {kind} are not taken: make one with ssh-keygen -t ed25519.")
    return PublicKey(key.export_public_key().decode("ascii").strip(), key.get_fingerprint(), key.get_comment() or "")


def host_keys(home: Path) -> list[asyncssh.SSHKey]:
    """The server's own keys, made once; processes that start at once all end with the same ones."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = []
    for kind, name in HOST_KEYS.items():
        path = home / name
        if not path.exists():
            made = home / f"{name}.{secrets.token_hex(4)}"
            made.touch(mode=0o600)
            made.write_bytes(asyncssh.generate_private_key(kind).export_private_key())
            try:
                os.link(made, path)
            except FileExistsError:
                pass  # another process was first
            finally:
                made.unlink()
        found.append(asyncssh.read_private_key(path))
    return found


async def listen(context: Context, host: str, port: int) -> asyncssh.SSHAcceptor:
    """Serve from now on; port 0: one that is free."""
    here: Counter[str] = Counter()
    return await asyncssh.create_server(
        lambda: Door(context, here),
        host,
        port,
        server_host_keys=host_keys(context.settings.home),
        sftp_factory=Sftp,
        allow_scp=False,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        agent_forwarding=False,
        x11_forwarding=False,
        kex_algs=KEX,
        encryption_algs=CIPHERS,
        mac_algs=MACS,
        signature_algs=(*KEY_KINDS, *RSA),
        compression_algs=("none",),
        login_timeout=LOGIN_S,
        keepalive_interval=SILENT_S,
        server_version="espi",
        line_editor=False,
        reuse_address=True,
        backlog=100,
    )


async def _done(what: Callable[[], T]) -> T:
    """Do something with the database beside the loop, and say in the protocol's words what is refused."""
    return await asyncio.to_thread(_plain, what)


def _plain(what: Callable[[], T]) -> T:
    try:
        return what()
    except NotFound as err:
        raise asyncssh.SFTPNoSuchFile(err.public) from err
    except Denied as err:
        raise asyncssh.SFTPPermissionDenied(err.public) from err
    except EspiError as err:
        raise asyncssh.SFTPFailure(err.public) from err


def _text(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as err:
        raise asyncssh.SFTPNoSuchFile("There is no such file here.") from err
