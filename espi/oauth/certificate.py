"""Certificates that clients show (RFC 8705): what they say, who issued them, and their fingerprints."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from espi.config import Settings

AUTHORITY = "client-ca.pem"
"""In the home folder: the authorities whose certificates prove a client by its name."""

SUBJECT, HOST = "tls_client_auth_subject_dn", "tls_client_auth_san_dns"
NAMES = (SUBJECT, HOST)
"""What a client may register of its certificate (RFC 8705, section 2.1.2)."""

PEM = "pem"
"""Where the certificates stand that a client has registered itself."""


class UnfitCertificate(Exception):
    """A certificate that proves nothing; the reason is for the log."""


def thumbprint(der: bytes) -> str:
    """The `x5t#S256` of a certificate: its SHA-256, in base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def read_name(text: str) -> x509.Name:
    """A subject as RFC 4514 writes it. `UnfitCertificate` if it is none."""
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError as err:
        raise UnfitCertificate("not a distinguished name (RFC 4514)") from err


def read_all(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text. `UnfitCertificate` if there is none."""
    try:
        return x509.load_pem_x509_certificates(pem.encode("ascii"))
    except ValueError as err:
        raise UnfitCertificate("not a certificate in PEM") from err


def check_named(der: bytes, registered: Mapping[str, Any], settings: Settings) -> None:
    """tls_client_auth: an authority of ours has issued the certificate, to the name that the client registered.

    The TLS port trusts certificates of other clients too, so who has issued this one is checked here once more.
    """
    shown = _valid(der, settings)
    if not _is_issued_by_authority(shown, settings):
        raise UnfitCertificate("not issued by an authority for clients")
    names = {name: registered[name] for name in NAMES if registered.get(name)}
    if len(names) != 1:
        raise UnfitCertificate("no name is registered")
    if SUBJECT in names and read_name(names[SUBJECT]) != shown.subject:
        raise UnfitCertificate("issued to another subject")
    if HOST in names and names[HOST].lower() not in _hosts(shown):
        raise UnfitCertificate("issued to another host")


def check_registered(der: bytes, registered: Mapping[str, Any], settings: Settings) -> None:
    """self_signed_tls_client_auth: it is one of the certificates that the client itself has registered."""
    _valid(der, settings)
    known = {thumbprint(_der(one)) for one in read_all(registered.get(PEM, ""))}
    if thumbprint(der) not in known:
        raise UnfitCertificate("not registered")


def _valid(der: bytes, settings: Settings) -> x509.Certificate:
    try:
        shown = x509.load_der_x509_certificate(der)
    except ValueError as err:
        raise UnfitCertificate("not a certificate") from err
    now = dt.datetime.fromtimestamp(settings.clock.now_s(), dt.UTC)
    if not shown.not_valid_before_utc <= now <= shown.not_valid_after_utc:
        raise UnfitCertificate("not valid now")
    return shown


def _is_issued_by_authority(shown: x509.Certificate, settings: Settings) -> bool:
    path = settings.home / AUTHORITY
    if not path.is_file():
        return False
    return any(_issued_by(shown, authority) for authority in read_all(path.read_text("ascii")))


def _issued_by(shown: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        shown.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _hosts(shown: x509.Certificate) -> set[str]:
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)}


def _der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)
