"""The FTPS server, for those that cannot do SFTP: explicit TLS only, for commands and for data; the same folders."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import posixpath
import secrets
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from OpenSSL import SSL
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

from espi import log
from espi.delivery.arriving import Arrival
from espi.delivery.tree import READ_ONLY, Entry, Opened, Tree, parts_of, party_of
from espi.errors import EspiError, NotFound
from espi.jobs import Context
from espi.store import party_keys

PROTOCOL: Final = "ftps"
NEVER: Final = ("PORT", "EPRT", "STOU")
"""Commands that are unknown here: connections from us to callers, and names of our own making."""
CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"
MOST_FROM_ONE: Final = 32
IDLE_S: Final = 300
BROKE_OFF: Final = "426 Transfer aborted: the connection broke. Go on where it stopped."
QUIET: Final = logging.getLogger("pyftpdlib")
"""What it writes has names of files in it; our own log says who came in."""

T = TypeVar("T")


@dataclass(frozen=True)
class Ftps:
    """Where to listen, with which certificate. passive: the ports that data connections come to; any if none."""

    port: int
    certificate: Path
    key: Path
    passive: range | None = None


def fingerprint_of(password: str) -> str:
    """What a password is found by: it is long and random, so its hash says nothing of it."""
    return f"ftps:{hashlib.sha256(password.encode()).hexdigest()}"


def new_password() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(32)


class Transfer:
    """A file as pyftpdlib wants one: with a place in it. whole: what its sender says when all has come."""

    def __init__(self, name: str, file: Opened | Arrival, place: int = 0) -> None:
        self.name = name
        self.closed = False
        self.whole = False
        self._file = file
        self._place = place

    def seek(self, place: int) -> None:
        """Go on from a place."""
        self._place = place

    def read(self, size: int) -> bytes:
        """The next bytes, if the file may still be seen."""
        if not isinstance(self._file, Opened):
            raise OSError(errno.EACCES, READ_ONLY)
        if self._file.is_stale:
            with _as_os_error():
                self._file.look()
        chunk = self._file.read(self._place, size)
        self._place += len(chunk)
        return chunk

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if not isinstance(self._file, Arrival):
            raise OSError(errno.EACCES, READ_ONLY)
        with _as_os_error():
            self._file.write(self._place, chunk)
        self._place += len(chunk)

    def close(self) -> None:
        """Let it go."""
        if self.closed:
            return
        self.closed = True
        if isinstance(self._file, Arrival):
            self._file.close(whole=self.whole)
        else:
            self._file.close()


class Folders(AbstractedFS):  # type: ignore[misc]  # pyftpdlib has no types
    """A company's folders; paths are those of the tree, and none is one of this machine."""

    def __init__(self, root: str, cmd_channel: Any) -> None:
        super().__init__("/", cmd_channel)
        del root
        self._tree: Tree = cmd_channel.tree

    def ftp2fs(self, ftppath: str) -> str:
        """A path of the tree."""
        return "/" + "/".join(parts_of(posixpath.join(self.cwd, ftppath)))

    def fs2ftp(self, fspath: str) -> str:
        """The same."""
        return fspath

    def validpath(self, path: str) -> bool:
        """There is nothing outside."""
        del path
        return True

    def open(self, filename: str, mode: str) -> Transfer:
        """Begin to fetch a file, or to send one into the inbox."""
        if mode == "rb":
            return Transfer(filename, _plain(lambda: self._tree.open(filename)))
        arrival = _plain(lambda: self._tree.send(filename, anew=mode == "wb"))
        return Transfer(filename, arrival, arrival.size if mode == "ab" else 0)

    def chdir(self, path: str) -> None:
        """Go to a folder."""
        if not self.isdir(path):
            raise FilesystemError("There is no such folder here")
        self.cwd = path

    def listdir(self, path: str) -> list[str]:
        """What is in a folder."""
        return [entry.name for entry in _plain(lambda: self._tree.entries(path))]

    def rename(self, src: str, dst: str) -> None:
        """Give a file that was sent under an unfinished name its own."""
        _plain(lambda: self._tree.rename(src, dst))

    def stat(self, path: str) -> os.stat_result:
        """What a file or folder is."""
        return stat_of(_plain(lambda: self._tree.entry(path)))

    lstat = stat

    def isfile(self, path: str) -> bool:
        """Whether it is a file."""
        return self._is(path, lambda entry: not entry.is_folder)

    def isdir(self, path: str) -> bool:
        """Whether it is a folder."""
        return self._is(path, lambda entry: entry.is_folder)

    def lexists(self, path: str) -> bool:
        """Whether there is such a thing."""
        return self._is(path, lambda _: True)

    def islink(self, path: str) -> bool:
        """There are no links."""
        del path
        return False

    def getsize(self, path: str) -> int:
        """How large it is, or how much of it has arrived."""
        self._tree.forget()
        return self.stat(path).st_size

    def getmtime(self, path: str) -> float:
        """When it was published."""
        return self.stat(path).st_mtime

    def realpath(self, path: str) -> str:
        """The same: there are no links."""
        return path

    def get_user_by_uid(self, uid: int) -> str:
        """Nobody of this machine owns anything."""
        del uid
        return "espi"

    get_group_by_gid = get_user_by_uid

    def _is(self, path: str, what: Callable[[Entry], bool]) -> bool:
        try:
            return what(self._tree.entry(path))
        except EspiError:
            return False

    def _refuse(self, *_given: Any, **_named: Any) -> NoReturn:
        raise FilesystemError(READ_ONLY.rstrip("."))

    mkstemp = mkdir = rmdir = remove = chmod = utime = readlink = listdirinfo = _refuse


class Data(TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection: what came is whole only if its sender ended TLS, not if the connection broke."""

    transfer_finished: bool
    _looked = False

    def secure_connection(self, _context: SSL.Context) -> None:
        """Data connections have settings of their own."""
        super().secure_connection(self.cmd_channel.data_context)

    def close(self) -> None:
        """Look at how it ended before TLS is ended from here."""
        if not self._looked and isinstance(self.file_obj, Transfer) and isinstance(self.socket, SSL.Connection):
            told = bool(self.socket.get_shutdown() & SSL.RECEIVED_SHUTDOWN)
            self.file_obj.whole = told and bool(self.transfer_finished)
            if self.receive and not self.file_obj.whole:
                self.transfer_finished, self._resp = False, (BROKE_OFF, QUIET.debug)
        self._looked = True
        super().close()

    def handle_error(self) -> None:
        """Say on the other connection that the transfer ended, as when a file may not be seen any more."""
        self._resp = ("426 Transfer aborted: the file is not here any more.", QUIET.debug)
        super().handle_error()


class Commands(TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A connection for commands: it sends files as they are, since a line end that changes breaks a signature."""

    tree: Tree | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._current_type = "i"

    def ftp_TYPE(self, line: str) -> None:  # noqa: N802 - pyftpdlib finds it by this name
        """Whatever the client says, files are octets."""
        if line.upper().replace(" ", "") in {"I", "L8", "L7", "A", "AN"}:
            self.respond("200 Files are sent as they are.")
        else:
            self.respond(f'504 Unsupported type "{line}".')


class Doorkeeper:
    """Lets companies in by their passwords; what pyftpdlib calls an authorizer."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        """Raise unless the password is one of the company's."""
        role, party_id = party_of(username) or ("", 0)
        own = role, party_id, party_keys.FTPS, fingerprint_of(password)
        with self._context.database.read() as conn:
            known = party_keys.key_of(conn, *own)
        if known is None:
            raise AuthenticationFailed("No such company, or not its password.")
        with self._context.database.write() as conn:
            party_keys.note_used(conn, known.id, self._context.now_s())
        whose = known.role, known.party_id, known.id
        handler.tree = Tree(self._context, *whose, protocol=PROTOCOL, address=handler.remote_ip)
        log.record(log.Event.LOGIN, role=known.role, party=known.party_id, by=PROTOCOL)

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        """The folders themselves say what is refused, and why."""
        del username, perm, path
        return True

    def get_perms(self, username: str) -> str:
        """What listings say of it."""
        del username
        return "elr"

    def get_home_dir(self, username: str) -> str:
        """The root of the tree."""
        del username
        return "/"

    def get_msg_login(self, username: str) -> str:
        """What is said at the door."""
        return f"Welcome, {username}."

    def get_msg_quit(self, username: str) -> str:
        """What is said in the end."""
        del username
        return "Goodbye."

    def impersonate_user(self, username: str, password: str) -> None:
        """Nobody of this machine is meant."""

    def terminate_impersonation(self, username: str) -> None:
        """As `impersonate_user`."""


def stat_of(entry: Entry) -> os.stat_result:
    """How an entry looks to clients."""
    mode = stat.S_IFDIR | 0o550 if entry.is_folder else stat.S_IFREG | 0o440
    size = 0 if entry.is_folder else entry.size
    return os.stat_result((mode, 0, 0, 1, 0, 0, size, *(entry.changed_s,) * 3))


def handler_of(context: Context, given: Ftps) -> type[Any]:
    """What answers a connection."""
    data = _context(given)
    data.set_max_proto_version(SSL.TLS1_2_VERSION)
    commands = {name: what for name, what in TLS_FTPHandler.proto_cmds.items() if name not in NEVER}
    values = {
        "authorizer": Doorkeeper(context),
        "abstracted_fs": Folders,
        "dtp_handler": Data,
        "proto_cmds": commands,
        "ssl_context": _context(given),
        "data_context": data,
        "tls_control_required": True,
        "tls_data_required": True,
        "use_sendfile": False,
        "banner": "espi ready: AUTH TLS first.",
        "timeout": IDLE_S,
        "max_login_attempts": 3,
        "auth_failed_timeout": 1,
        "passive_ports": given.passive,
    }
    return type("Handler", (Commands,), values)


def _context(given: Ftps) -> SSL.Context:
    """TLS 1.2 and 1.3; 1.2 alone for data, as `handler_of` has it.

    In TLS 1.3 the server sends tickets that a client which only sends never reads, so that its system resets the
    connection when it closes it, and the end of what was sent can be lost on the way.
    """
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    made.set_cipher_list(CIPHERS)
    made.use_certificate_chain_file(str(given.certificate))
    made.use_privatekey_file(str(given.key))
    return made


@contextlib.contextmanager
def serving(context: Context, host: str, given: Ftps) -> Iterator[int]:
    """Serve FTPS in threads of this process for a block; the port."""
    QUIET.handlers = [logging.NullHandler()]
    QUIET.propagate = False
    server = ThreadedFTPServer((host, given.port), handler_of(context, given))
    server.max_cons_per_ip = MOST_FROM_ONE
    thread = threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, name="ftps", daemon=True)
    thread.start()
    try:
        yield int(server.address[1])
    finally:
        server.close_all()
        thread.join(10)


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except EspiError as err:
        raise PermissionError(errno.EACCES, err.public) from err


def _plain(what: Callable[[], T]) -> T:
    try:
        return what()
    except NotFound as err:
        raise FilesystemError("There is no such file here") from err
    except EspiError as err:
        raise FilesystemError(err.public.rstrip(".")) from err
