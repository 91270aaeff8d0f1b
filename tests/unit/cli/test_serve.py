"""`espi serve`: its certificate, and the server itself."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509

from espi import config
from espi.cli import certificate
from espi.cli.serve import options
from espi.config import Settings
from espi.store.database import Database


def test_clients_that_trust_the_authority_trust_the_server(settings: Settings) -> None:
    files = certificate.ensure(settings, "localhost")
    server = x509.load_pem_x509_certificates(files.server.read_bytes())[0]
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert {str(address) for address in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}


def test_keys_are_the_owners_alone(settings: Settings) -> None:
    files = certificate.ensure(settings, "localhost")
    for path in (files.authority_key, files.server_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_certificate_stays_until_it_lacks_a_name(settings: Settings) -> None:
    files = certificate.ensure(settings, "localhost")
    first, authority = files.server.read_bytes(), files.authority.read_bytes()
    certificate.ensure(settings, "localhost")
    assert files.server.read_bytes() == first
    certificate.ensure(settings, "meters.example")
    assert files.server.read_bytes() != first
    assert files.authority.read_bytes() == authority


def test_a_certificate_from_elsewhere_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    other = certificate.ensure(config.load({}, home=tmp_path / "other"), "localhost")
    files = certificate.ensure(settings, "localhost")
    files.server.write_bytes(other.server.read_bytes())
    files.server_key.write_bytes(other.server_key.read_bytes())
    certificate.ensure(settings, "meters.example")
    assert files.server.read_bytes() == other.server.read_bytes()


def test_nothing_but_the_port_is_opened(settings: Settings) -> None:
    told = options(settings, "::1", 8443, 3)
    assert told["bind"] == "[::1]:8443"
    assert told["control_socket_disable"] is True
    assert (told["workers"], told["worker_class"]) == (3, "gthread")


@pytest.mark.loopback
def test_it_answers_over_tls_and_stops_when_told(database: Database, settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "espi", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Serving https://localhost:8443")
        context = ssl.create_default_context(cafile=settings.home / "ca.pem")
        for _ in range(50):
            try:
                connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        assert answer.status == 200
        assert answer.read()
        connection.close()
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", port)) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        server.stdout.close()
