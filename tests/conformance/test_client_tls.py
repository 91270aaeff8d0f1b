"""What the kit finds out of a server's TLS, against servers of every kind on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.client import der, hello
from conformance.client import settings as kit_settings
from conformance.client.hello import SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3
from conformance.client.tls import Speaker
from tests.conformance.custodian import certificates
from tests.conformance.custodian.certificates import Certificates

pytestmark = pytest.mark.loopback

Serve = Callable[..., Speaker]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(files: Certificates) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def begin(
            name: str = "good",
            ciphers: str = "DEFAULT:@SECLEVEL=0",
            *,
            lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
            highest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
            host: str = "localhost",
        ) -> Speaker:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_ciphers(ciphers)
            context.minimum_version, context.maximum_version = lowest, highest
            context.load_cert_chain(files.server(name))
            port = stack.enter_context(_shaking_hands(context))
            told = {"tls": {"ca_file": str(files.authority)}, "waits": {"answer_s": 2}}
            return Speaker(host, port, kit_settings.from_table(told))

        yield begin


@contextlib.contextmanager
def _shaking_hands(context: ssl.SSLContext) -> Iterator[int]:
    """A server that does nothing but shake hands."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        ended = threading.Event()

        def run() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    line, _address = listening.accept()
                    line.settimeout(2)
                    with line, context.wrap_socket(line, server_side=True) as secured:
                        secured.recv(1)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_versions_are_found_one_by_one(serve: Serve) -> None:
    old = serve(lowest=ssl.TLSVersion.MINIMUM_SUPPORTED, highest=ssl.TLSVersion.TLSv1_2)
    assert [old.takes(one) for one in (SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3)] == [False, True, True, True, False]
    assert old.greeting(SSL3).refusal
    new = serve(lowest=ssl.TLSVersion.TLSv1_3)
    assert [new.takes(one) for one in (TLS1_0, TLS1_1, TLS1_2, TLS1_3)] == [False, False, False, True]
    assert new.greeting(TLS1_2).refusal == "protocol_version"
    assert new.agreed == "TLSv1.3"


def test_each_suite_that_is_taken_is_found(serve: Serve) -> None:
    careless = serve("rsa", ciphers="AES128-SHA:NULL-SHA256:NULL-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    assert sorted(careless.accepted(hello.UNENCRYPTED)) == [0x0002, 0x003B]
    assert careless.accepted(hello.HARNESS_SUITE) == [0x002F]
    careful = serve("rsa", ciphers="ECDHE+AESGCM")
    assert careful.accepted(hello.UNENCRYPTED) == []
    assert careful.accepted(hello.HARNESS_SUITE) == []
    assert careful.greeting(TLS1_2).words.startswith("TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_")
    assert careful.greeting(TLS1_2, hello.HARNESS_SUITE).words == "handshake_failure"


@pytest.mark.parametrize("lowest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize(("name", "key", "bits"), [("good", "EC", 256), ("rsa", "RSA", 2048)])
def test_a_certificate_says_for_whom_and_how_long(
    serve: Serve, lowest: ssl.TLSVersion, name: str, key: str, bits: int
) -> None:
    own = serve(name, lowest=lowest).certificate
    assert (own.key, own.bits, own.as_strong_as_rsa_2048) == (key, bits, True)
    assert own.starts_s < time.time() < own.ends_s < time.time() + 31 * 86_400
    assert own.names == ("localhost", "127.0.0.1")
    assert [own.is_for(name) for name in ("localhost", "LOCALHOST.", "127.0.0.1", "other")] == [True, True, True, False]


def test_weakness_and_age_are_seen(serve: Serve) -> None:
    weak, expired = serve("weak").certificate, serve("expired").certificate
    assert (weak.bits, weak.as_strong_as_rsa_2048) == (1024, False)
    assert expired.ends_s < time.time()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("good", ""),
        ("misnamed", ""),
        ("expired", "certificate has expired"),
        ("stranger", "unable to get local issuer certificate"),
    ],
)
def test_the_chain_is_verified(serve: Serve, name: str, why: str) -> None:
    assert serve(name).distrust == why


def test_a_star_stands_for_one_label() -> None:
    own = der.Certificate("EC", 256, 0, 1, ("*.custodian.example",))
    assert [own.is_for(host) for host in ("a.custodian.example", "a.b.custodian.example", "custodian.example")] == [
        True,
        False,
        False,
    ]


def test_what_is_no_certificate_is_told_as_such(files: Certificates) -> None:
    whole = ssl.PEM_cert_to_DER_cert(files.authority.read_text("ascii"))
    assert der.read(whole).key == "EC"
    for broken in (b"", b"\x30", whole[:200], b"\x30\x03\x02\x01\x01"):
        with pytest.raises(der.Malformed):
            der.read(broken)


def test_who_does_not_speak_tls_is_told(tmp_path: Path) -> None:
    told = kit_settings.from_table({"waits": {"answer_s": 1}})
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _address = listening.accept()
            with line:
                line.recv(1000)
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 30_000)

        thread = threading.Thread(target=answer)
        thread.start()
        found = Speaker("127.0.0.1", listening.getsockname()[1], told).greeting(TLS1_2)
        thread.join()
    assert (found.accepted, found.words) == (False, "an answer that is not TLS")
    with pytest.raises(ConnectionRefusedError):
        Speaker("127.0.0.1", 1, told).greeting(TLS1_2)
