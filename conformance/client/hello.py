"""The first words of TLS, by hand: what a server answers to offers that the local OpenSSL would refuse to make.

Only the beginning of a handshake is spoken (RFC 5246 7.4.1, RFC 8446 4.1): a ClientHello with chosen versions and
cipher suites, and what comes back: a ServerHello, before TLS 1.3 with the certificates in clear, or an alert. Then the
line is cut; no key is ever agreed upon.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS = {SSL3: "SSL 3.0", TLS1_0: "TLS 1.0", TLS1_1: "TLS 1.1", TLS1_2: "TLS 1.2", TLS1_3: "TLS 1.3"}

MODERN = {0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256"}
FORWARD_SECRET = {
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
}
HARNESS_SUITE = {0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA"}
WITHOUT_FORWARD_SECRECY = HARNESS_SUITE | {
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
}
BROKEN = {
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0018: "TLS_DH_anon_WITH_RC4_128_MD5",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
}
UNENCRYPTED = {
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0xC015: "TLS_ECDH_anon_WITH_NULL_SHA",
}
SUITES = MODERN | FORWARD_SECRET | WITHOUT_FORWARD_SECRECY | BROKEN | UNENCRYPTED
"""Names of the registry of cipher suites, by number."""
ALERTS = {40: "handshake_failure", 47: "illegal_parameter", 70: "protocol_version", 71: "insufficient_security"}

ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, CERTIFICATE = 2, 11
MOST_RECORDS, MOST_BYTES = 64, 256 * 1024
GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101)
SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)


@dataclass(frozen=True)
class Greeting:
    """What a server answered: the version and suite that it chose, or why there is none.

    certificates are in DER, the server's own first; they are seen before TLS 1.3 only.
    """

    version: int = 0
    suite: int = 0
    certificates: tuple[bytes, ...] = ()
    refusal: str = ""

    @property
    def accepted(self) -> bool:
        """It went on."""
        return self.version != 0

    @property
    def words(self) -> str:
        """The answer in words."""
        if not self.accepted:
            return self.refusal
        version = VERSIONS.get(self.version, f"version {self.version:#06x}")
        return f"{version} with {SUITES.get(self.suite, f'suite {self.suite:#06x}')}"


def greet(host: str, port: int, version: int, suites: Sequence[int], *, wait_s: float) -> Greeting:
    """Offer one version and some suites.

    Raises:
        OSError: nobody answers at that address.
    """
    with socket.create_connection((host, port), timeout=wait_s) as line:
        try:
            line.sendall(client_hello(host, version, suites))
            return _greeting(_messages(line))
        except (ConnectionError, EOFError):
            return Greeting(refusal="the connection was cut")
        except TimeoutError:
            return Greeting(refusal=f"no answer in {wait_s:g} s")


def client_hello(host: str, version: int, suites: Sequence[int]) -> bytes:
    """The record of a ClientHello. It bears extensions unless it is of SSL 3.0, which knows none."""
    listed = b"".join(struct.pack("!H", suite) for suite in suites)
    hello = struct.pack("!H", min(version, TLS1_2)) + os.urandom(32) + _sized(os.urandom(32), 1)
    hello += _sized(listed, 2) + b"\x01\x00"
    if version > SSL3:
        hello += _sized(b"".join(_extensions(host, version)), 2)
    message = b"\x01" + len(hello).to_bytes(3, "big") + hello
    return struct.pack("!BH", HANDSHAKE, min(version, TLS1_0)) + _sized(message, 2)


def _extensions(host: str, version: int) -> Iterator[bytes]:
    if not _is_address(host):
        yield _extension(0, _sized(b"\x00" + _sized(host.encode("idna"), 2), 2))
    yield _extension(10, _sized(b"".join(struct.pack("!H", one) for one in GROUPS), 2))
    yield _extension(11, b"\x01\x00")
    yield _extension(13, _sized(b"".join(struct.pack("!H", one) for one in SIGNATURES), 2))
    if version >= TLS1_3:
        yield _extension(43, _sized(struct.pack("!H", version), 1))
        yield _extension(51, _sized(struct.pack("!H", GROUPS[0]) + _sized(os.urandom(32), 2), 2))


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized(body, 2)


def _sized(body: bytes, width: int) -> bytes:
    return len(body).to_bytes(width, "big") + body


def _is_address(host: str) -> bool:
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return False


# ---------------------------------------------------------------- the answer


def _greeting(messages: Iterator[tuple[int, bytes]]) -> Greeting:
    found = Greeting()
    for kind, body in messages:
        if kind == -ALERT:
            name = ALERTS.get(body[1], f"alert {body[1]}") if len(body) > 1 else "an alert"
            return found if found.accepted else Greeting(refusal=name)
        if kind == SERVER_HELLO:
            found = _server_hello(body)
            if found.version >= TLS1_3:
                break
        elif kind == CERTIFICATE:
            return Greeting(found.version, found.suite, tuple(_certificates(body)))
        elif found.accepted:
            break
    return found if found.accepted else Greeting(refusal="an answer that is not TLS")


def _server_hello(body: bytes) -> Greeting:
    if len(body) < 38:
        return Greeting(refusal="an answer that is not TLS")
    (version,) = struct.unpack_from("!H", body)
    at = 35 + body[34]
    (suite,) = struct.unpack_from("!H", body, at)
    at += 5
    while at + 4 <= len(body):
        kind, length = struct.unpack_from("!HH", body, at)
        if kind == 43 and length == 2:
            (version,) = struct.unpack_from("!H", body, at + 4)
        at += 4 + length
    return Greeting(version, suite)


def _certificates(body: bytes) -> Iterator[bytes]:
    at, end = 3, len(body)
    while at + 3 <= end:
        length = int.from_bytes(body[at : at + 3], "big")
        yield body[at + 3 : at + 3 + length]
        at += 3 + length


def _messages(line: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The handshake messages, as type and body; an alert has the type -21."""
    kept = b""
    for _ in range(MOST_RECORDS):
        kind, _version, length = struct.unpack("!BHH", _exactly(line, 5))
        body = _exactly(line, length)
        if kind == ALERT:
            yield -ALERT, body
            return
        if kind != HANDSHAKE:
            return
        kept += body
        while len(kept) >= 4 and len(kept) >= (whole := 4 + int.from_bytes(kept[1:4], "big")):
            yield kept[0], kept[4:whole]
            kept = kept[whole:]
        if len(kept) > MOST_BYTES:
            return


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found
