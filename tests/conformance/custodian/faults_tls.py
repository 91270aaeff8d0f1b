"""Faults in TLS."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable

from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.doors import GOOD_SUITES, Tls, secured
from tests.conformance.custodian.faults import Fault

Secures = Callable[[Tls, Certificates], None]
V = ssl.TLSVersion


def versions(least: ssl.TLSVersion, most: ssl.TLSVersion) -> Secures:
    """Other versions of the protocol, with the suites and the kind of key that the oldest need."""

    def secures(tls: Tls, certificates: Certificates) -> None:
        suites(f"{GOOD_SUITES}:AES128-SHA:@SECLEVEL=0")(tls, certificates)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            tls.context.minimum_version = least
        tls.context.maximum_version = most

    return secures


def suites(text: str) -> Secures:
    """Other suites, with the kind of key that the older ones need."""

    def secures(tls: Tls, certificates: Certificates) -> None:
        tls.context = secured(certificates, "rsa", text)

    return secures


def certificate(name: str) -> Secures:
    """Another certificate."""

    def secures(tls: Tls, certificates: Certificates) -> None:
        tls.context = secured(certificates, name, f"{GOOD_SUITES}:@SECLEVEL=0")

    return secures


def lesser_version(tls: Tls, certificates: Certificates) -> None:
    """Whoever knows TLS 1.2 and 1.3 gets the older one."""
    tls.lesser = secured(certificates)
    tls.lesser.maximum_version = V.TLSv1_2


WITH_OLD_SUITE = Fault(
    "TLS004", "a suite without forward secrecy is taken", secures=suites(f"{GOOD_SUITES}:AES128-SHA:@SECLEVEL=0")
)
"""What the older suite's TC006 asks for, and the newer rule forbids."""

FAULTS = [
    Fault("TC003", "TLS 1.2 is refused", secures=versions(V.TLSv1_3, V.TLSv1_3)),
    Fault("TC004", "the lesser of two versions is agreed on", secures=lesser_version),
    Fault("TLS002", "TLS 1.1 is taken", secures=versions(V.TLSv1_1, V.TLSv1_3), also_fails=("TLS004",)),
    Fault("TLS003", "TLS 1.3 is refused", secures=versions(V.TLSv1_2, V.TLSv1_2), also_fails=("TLS004",)),
    Fault(
        "TC005",
        "a suite without encryption is taken",
        secures=suites(f"{GOOD_SUITES}:NULL-SHA:@SECLEVEL=0"),
    ),
    Fault("TC008", "the certificate has expired", secures=certificate("expired"), also_fails=("TC009",)),
    Fault("TC009", "nobody knows who signed the certificate", secures=certificate("stranger")),
    Fault("TLS001", "the certificate is for another host", secures=certificate("misnamed")),
    WITH_OLD_SUITE,
]
