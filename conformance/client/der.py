"""What a certificate says of itself, read from its DER (RFC 5280, X.690), so far as a server is judged by it.

Nothing here trusts it: whether a chain leads to an authority is asked of OpenSSL (`tls.py`).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

RSA = "1.2.840.113549.1.1.1"
EC = "1.2.840.10045.2.1"
KEYS = {RSA: "RSA", "1.2.840.113549.1.1.10": "RSA", EC: "EC", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448"}
CURVES = {
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.132.0.33": 224,
    "1.3.132.0.10": 256,
    "1.2.840.10045.3.1.1": 192,
}
"""Bits of a named curve by its identifier."""
EDWARDS = {"Ed25519": 255, "Ed448": 448}
SEQUENCE, BITS, OBJECT, UTC_TIME = 0x30, 0x03, 0x06, 0x17
VERSION, EXTENSIONS = 0xA0, 0xA3
SUBJECT_ALT_NAME = "2.5.29.17"
DNS_NAME, IP_ADDRESS = 0x82, 0x87


class Malformed(ValueError):
    """The bytes are no certificate."""


@dataclass(frozen=True)
class Certificate:
    """What a certificate says. key: RSA, EC, Ed25519, Ed448, or an object identifier; bits of that key.

    names: the host names and addresses that it is for. The times are epoch seconds, both ends inclusive.
    """

    key: str
    bits: int
    starts_s: int
    ends_s: int
    names: tuple[str, ...]

    @property
    def as_strong_as_rsa_2048(self) -> bool:
        """112 bits of strength or more (NIST SP 800-57)."""
        least = {"RSA": 2048, "EC": 224}
        return self.bits >= least.get(self.key, 1)

    def is_for(self, host: str) -> bool:
        """A name of it is the host's (RFC 9525 6): equal, or with `*` for its first label."""
        wanted = host.lower().rstrip(".")
        _first, _, rest = wanted.partition(".")
        return any(name.lower() == wanted or (bool(rest) and name.lower() == f"*.{rest}") for name in self.names)


def read(der: bytes) -> Certificate:
    """What a certificate says. `Malformed` if it is none."""
    try:
        return _certificate(der)
    except (IndexError, ValueError, StopIteration, UnicodeDecodeError) as err:
        raise Malformed(f"not a certificate: {err}") from err


def _certificate(der: bytes) -> Certificate:
    (_kind, whole) = next(_parts(der))
    (_kind, body) = next(_parts(whole))
    fields = [part for part in _parts(body) if part[0] != VERSION]
    _serial, _signature, _issuer, (_, validity), _subject, (_, public) = fields[:6]
    (starts, ends) = _parts(validity)
    key, bits = _key(public)
    extensions = next((part for kind, part in fields[6:] if kind == EXTENSIONS), b"")
    return Certificate(key, bits, _time(*starts), _time(*ends), tuple(_names(extensions)))


def _key(public: bytes) -> tuple[str, int]:
    (_kind, algorithm), (_kind2, held) = _parts(public)
    (_kind, number), *parameters = _parts(algorithm)
    name = KEYS.get(oid := _object(number), oid)
    if name == "RSA":
        (_kind, pair) = next(_parts(held[1:]))
        (_kind, modulus) = next(_parts(pair))
        return name, int.from_bytes(modulus, "big").bit_length()
    if name == "EC":
        curve = _object(parameters[0][1]) if parameters and parameters[0][0] == OBJECT else ""
        return name, CURVES.get(curve, (len(held) - 2) * 4)
    return name, EDWARDS.get(name, 0)


def _names(extensions: bytes) -> Iterator[str]:
    if not extensions:
        return
    (_kind, listed) = next(_parts(extensions))
    for _kind, extension in _parts(listed):
        (_kind, number), *rest = _parts(extension)
        if _object(number) == SUBJECT_ALT_NAME:
            (_kind, names) = next(_parts(rest[-1][1]))
            for kind, name in _parts(names):
                if kind == DNS_NAME:
                    yield name.decode("ascii")
                elif kind == IP_ADDRESS:
                    yield str(ipaddress.ip_address(name))


def _time(kind: int, text: bytes) -> int:
    form = "%y%m%d%H%M%SZ" if kind == UTC_TIME else "%Y%m%d%H%M%SZ"
    found = dt.datetime.strptime(text.decode("ascii"), form).replace(tzinfo=dt.UTC)
    return int(found.timestamp())


def _object(body: bytes) -> str:
    """The dotted form of an object identifier."""
    numbers, value = [*divmod(min(body[0], 119), 40)], 0
    for byte in body[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    return ".".join(map(str, numbers))


def _parts(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The values that stand one after the other, as tag and content."""
    at = 0
    while at < len(body):
        kind, length = body[at], body[at + 1]
        at += 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(body[at : at + width], "big")
            at += width
        if at + length > len(body):
            raise Malformed("it is cut short")
        yield kind, body[at : at + length]
        at += length
