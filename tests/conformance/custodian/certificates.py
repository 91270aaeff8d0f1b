"""Certificates for the played custodian: a good one, and some that no third party should take."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@dataclass(frozen=True)
class Certificates:
    """A folder of PEM files; each server file holds key and certificate.

    authority: who signs. good: for localhost. rsa: the same with a key of the older kind. weak: a key of 1024 bits.
    expired: ended yesterday. stranger: from an authority that nobody knows. misnamed: for another host.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    def server(self, name: str = "good") -> Path:
        return self.folder / f"{name}.pem"


def make(folder: Path) -> Certificates:
    """Make them all; about a second, most of it for the keys."""
    made = Certificates(folder)
    key, other_key, authority_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    rsa_key, weak_key = _rsa_key(2048), _rsa_key(1024)
    authority = _certificate("Authority of the play", authority_key, "Authority of the play", authority_key, is_ca=True)
    stranger = partial(_certificate, "localhost", key, "Authority of strangers", other_key)
    ours = partial(_certificate, "localhost", issuer="Authority of the play", issuer_key=authority_key)
    made.authority.write_bytes(_pem(authority))
    files: dict[str, tuple[Key, x509.Certificate]] = {
        "good": (key, ours(key=key)),
        "rsa": (rsa_key, ours(key=rsa_key)),
        "weak": (weak_key, ours(key=weak_key)),
        "expired": (key, ours(key=key, ends_days=-1)),
        "stranger": (key, stranger()),
        "misnamed": (key, ours(key=key, names=[x509.DNSName("elsewhere.example")])),
    }
    for name, (own_key, certificate) in files.items():
        made.server(name).write_bytes(_key_pem(own_key) + _pem(certificate))
    return made


def _certificate(
    subject: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    *,
    names: list[x509.GeneralName] | None = None,
    ends_days: int = 30,
    is_ca: bool = False,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=False, key_encipherment=not is_ca, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=40))
        .not_valid_after(now + dt.timedelta(days=ends_days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_id, critical=False)
    )
    if not is_ca:
        builder = builder.add_extension(x509.SubjectAlternativeName(names or NAMES), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
