"""TLS of the servers: TC003 to TC009 of the suite, and what is known of TLS since.

The suite's TC004 wants TLS 1.0 and 1.1 to be accepted, and its TC006 a suite without forward secrecy. Both contradict
RFC 8996, RFC 9325 and REQ.21 4.0, so the first is judged by the version that is agreed upon and the second is optional.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.client import der
from conformance.client.hello import (
    BROKEN,
    HARNESS_SUITE,
    SSL3,
    SUITES,
    TLS1_0,
    TLS1_1,
    TLS1_2,
    TLS1_3,
    UNENCRYPTED,
    VERSIONS,
    WITHOUT_FORWARD_SECRECY,
)
from conformance.client.tls import Speaker
from conformance.suite import Evidence, Finding, Omit, Skip, Unjudged, server_check

if TYPE_CHECKING:
    from conformance.client.server import Server

WITH_TLS_1_3 = "4.0"
ENDPOINTS = ("authorization", "token")


def speakers(server: Server) -> list[Speaker]:
    """The servers of the custodian: those of resources, of authorization and of tokens.

    Raises:
        Skip: one of them does not speak https, or cannot be reached.
    """
    if "tls" not in server.memo:
        server.memo["tls"] = [_speaker(server, place) for place in _places(server)]
    found: list[Speaker] = server.memo["tls"]
    return found


def _places(server: Server) -> list[str]:
    urls = [server.settings.resource_endpoint]
    for name in ENDPOINTS:
        try:
            urls.append(server.endpoint(name))
        except Unjudged:
            continue
    return sorted({f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in urls})


def _speaker(server: Server, place: str) -> Speaker:
    parts = urlsplit(place)
    if parts.scheme != "https":
        raise Skip(f"{place} is not https.")
    made = Speaker(parts.hostname or "", parts.port or 443, server.settings)
    try:
        made.greeting(TLS1_2)
    except OSError as err:
        raise Skip(f"{place} cannot be reached: {err}") from err
    return made


@server_check("TC003")
def reached_by_tls_1_2(server: Server) -> Iterator[Finding]:
    """A ClientHello of TLS 1.2; one of 1.3 where the settings claim REQ.21 4.0."""
    newer = server.settings.claims.version.startswith(WITH_TLS_1_3)
    for speaker in speakers(server):
        if not speaker.takes(TLS1_2) and not (newer and speaker.takes(TLS1_3)):
            yield _found(
                speaker,
                "TLS 1.2 is not accepted." if not newer else "Neither TLS 1.2 nor 1.3 is accepted.",
                f"TLS 1.2: {speaker.greeting(TLS1_2).words}\nTLS 1.3: {speaker.greeting(TLS1_3).words}",
            )


@server_check("TC004", needs=("TC003",))
def highest_shared_version_is_agreed(server: Server) -> Iterator[Finding]:
    """A client that knows TLS 1.2 and 1.3 gets the newer one that the server takes."""
    for speaker in speakers(server):
        highest = TLS1_3 if speaker.takes(TLS1_3) else TLS1_2
        wanted = "TLSv1.3" if highest == TLS1_3 else "TLSv1.2"
        if speaker.agreed != wanted:
            yield _found(
                speaker,
                f"The server takes {VERSIONS[highest]}, but agrees on {speaker.agreed} with a client that knows both.",
            )


@server_check("TC005", needs=("TC003",))
def suites_without_encryption_are_refused(server: Server) -> Iterator[Finding]:
    """NULL-SHA, and the other suites that encrypt nothing, each alone."""
    yield from _accepted(server, UNENCRYPTED, "a suite that encrypts nothing is accepted")


@server_check("TC006", needs=("TC003",))
def suite_of_the_harness_is_accepted(server: Server) -> Iterator[Finding]:
    """TLS_RSA_WITH_AES_128_CBC_SHA alone, in TLS 1.2."""
    for speaker in speakers(server):
        if not speaker.takes(TLS1_2):
            raise Omit(f"{speaker.name} does not speak TLS 1.2, and later versions do not know this suite.")
        answer = speaker.greeting(TLS1_2, HARNESS_SUITE)
        if not answer.accepted:
            (suite,) = HARNESS_SUITE.values()
            yield _found(speaker, f"{suite} is refused.", answer.words)


@server_check("TC008", needs=("TC003",))
def certificates_are_in_force_and_strong(server: Server) -> Iterator[Finding]:
    """The certificate's dates and its key."""
    for speaker in speakers(server):
        try:
            own = speaker.certificate
        except der.Malformed as err:
            yield _found(speaker, f"The certificate cannot be read: {err}.")
            continue
        now_s = time.time()
        if not own.starts_s <= now_s <= own.ends_s:
            yield _found(speaker, f"The certificate is in force from {_day(own.starts_s)} to {_day(own.ends_s)} only.")
        if not own.as_strong_as_rsa_2048:
            yield _found(speaker, f"The certificate's key is {own.key} of {own.bits} bits.")


@server_check("TC009", needs=("TC003",))
def certificates_lead_to_an_authority(server: Server) -> Iterator[Finding]:
    """The chain, verified against the machine's authorities, or those of `ca_file`."""
    for speaker in speakers(server):
        if speaker.distrust:
            yield _found(speaker, f"The certificate's chain is not trusted: {speaker.distrust}.")


@server_check("TLS001", needs=("TC003",))
def certificates_are_for_the_hosts(server: Server) -> Iterator[Finding]:
    """The names in the certificate."""
    for speaker in speakers(server):
        try:
            names = speaker.certificate.names
        except der.Malformed as err:
            raise Skip(f"The certificate of {speaker.name} cannot be read.") from err
        if not speaker.certificate.is_for(speaker.host):
            yield _found(speaker, f"The certificate is not for {speaker.host} but for {', '.join(names) or 'nobody'}.")


@server_check("TLS002", needs=("TC003",))
def old_versions_are_refused(server: Server) -> Iterator[Finding]:
    """A ClientHello of SSL 3.0, of TLS 1.0 and of TLS 1.1."""
    for speaker in speakers(server):
        for version in (SSL3, TLS1_0, TLS1_1):
            if speaker.takes(version):
                yield _found(speaker, f"{VERSIONS[version]} is accepted.")


@server_check("TLS003", needs=("TC003",))
def tls_1_3_is_offered(server: Server) -> Iterator[Finding]:
    """A ClientHello of TLS 1.3."""
    for speaker in speakers(server):
        if not speaker.takes(TLS1_3):
            yield _found(speaker, "TLS 1.3 is not accepted.", speaker.greeting(TLS1_3).words)


@server_check("TLS004", needs=("TC003",))
def weak_suites_are_refused(server: Server) -> Iterator[Finding]:
    """Every suite with a broken cipher or without forward secrecy."""
    yield from _accepted(server, BROKEN, "a suite with a broken cipher is accepted")
    yield from _accepted(server, WITHOUT_FORWARD_SECRECY, "a suite without forward secrecy is accepted")


def _accepted(server: Server, suites: Iterable[int], what: str) -> Iterator[Finding]:
    listed = tuple(suites)
    for speaker in speakers(server):
        for suite in speaker.accepted(listed):
            yield _found(speaker, f"{SUITES[suite]}: {what}.")


def _found(speaker: Speaker, message: str, text: str = "") -> Finding:
    return Finding(f"{speaker.name}: {message}", (Evidence("TLS", text),) if text else ())


def _day(instant_s: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(instant_s))
