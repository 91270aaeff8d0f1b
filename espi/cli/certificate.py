"""The TLS files of a server that was given none: a certificate authority of its own and one certificate from it.

They are for trying out and for use inside a house. Where the public calls, a certificate from a public authority is put
in their place (`server.pem`, `server-key.pem`).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from espi.clock import Clock
from espi.config import Settings

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # the most that browsers take
RENEW_BEFORE_DAYS = 30


@dataclass(frozen=True)
class Files:
    """Where the TLS files of a home folder are."""

    home: Path

    @property
    def authority(self) -> Path:
        """The certificate that clients are told to trust."""
        return self.home / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The key that signs server certificates; never leaves the folder."""
        return self.home / "ca-key.pem"

    @property
    def server(self) -> Path:
        """The server's certificate, then its issuer's."""
        return self.home / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's key."""
        return self.home / "server-key.pem"


def ensure(settings: Settings, host: str) -> Files:
    """The TLS files of the home folder, made or renewed where that is needed.

    A certificate that is not from the folder's own authority is left alone, whatever it says.
    """
    files = Files(settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)
    if files.server.is_file() and not files.authority_key.is_file():
        return files
    now = dt.datetime.fromtimestamp(Clock().now_s(), dt.UTC)
    if not files.authority_key.is_file():
        _make_authority(files, now)
    names = _names(settings, host)
    if not _serves(files, names, now):
        _make_server(files, names, now)
    return files


def _names(settings: Settings, host: str) -> tuple[str, ...]:
    called = urlsplit(settings.base_url).hostname or "localhost"
    wanted = ["localhost", "127.0.0.1", "::1", called, host]
    return tuple(name for name in dict.fromkeys(wanted) if name not in {"0.0.0.0", "::", ""})  # noqa: S104 - compared


def _serves(files: Files, names: tuple[str, ...], now: dt.datetime) -> bool:
    """Whether there is a certificate for these names, from our authority, that lasts a while longer."""
    if not files.server.is_file() or not files.server_key.is_file():
        return False
    certificate = x509.load_pem_x509_certificate(files.server.read_bytes())
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    if certificate.issuer != authority.subject:
        return True
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    missing = set(_alternatives(names)) - set(named)
    return not missing and certificate.not_valid_after_utc - now > dt.timedelta(days=RENEW_BEFORE_DAYS)


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _make_authority(files: Files, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"espi local authority {serial:x}"[:48])])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(files.authority_key, key)


def _make_server(files: Files, names: tuple[str, ...], now: dt.datetime) -> None:
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = serialization.load_pem_private_key(files.authority_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the key of the local authority is of another kind than the one made here")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = (
        _builder(subject, authority.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files.server.write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))
    _write_key(files.server_key, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
