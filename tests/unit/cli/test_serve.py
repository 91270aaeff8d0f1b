"""`espi serve`: its certificate, and the server itself."""

from __future__ import annotations

import contextlib
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
from espi.cli import certificate, serve_certified
from espi.cli.serve import address_of, options
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


def test_nothing_but_the_ports_is_opened(settings: Settings) -> None:
    files = certificate.ensure(settings, "localhost")
    told = options(files, "::1", 8443, 3)
    assert (told["address"], told["port"], told["workers"]) == ("::1", 8443, 3)
    beside = serve_certified.options(settings, files, "::1")
    assert beside["bind"] == f"[::1]:{settings.mtls_port}"
    assert beside["control_socket_disable"] is True


def test_a_name_is_served_at_its_address() -> None:
    assert address_of("127.0.0.1") == "127.0.0.1"
    assert address_of("localhost") == "127.0.0.1"


@pytest.mark.loopback
def test_it_answers_over_tls_and_stops_when_told(database: Database, settings: Settings) -> None:
    port, certified = _free_port(), _free_port()
    command = [sys.executable, "-m", "espi", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = os.environ | {"ESPI_MTLS_PORT": str(certified)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        assert server.stdout.readline().startswith("Serving https://localhost:8443")
        context = ssl.create_default_context(cafile=settings.home / "ca.pem")
        assert _status(port, context) == 200
        assert _status(certified, context) == 200
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", port)) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    finally:
        server.send_signal(signal.SIGTERM)
        stopped = server.wait(30)
        server.stdout.close()
    assert stopped == 0


@pytest.mark.loopback
@pytest.mark.parametrize("name", ["--port", "ESPI_MTLS_PORT"])
def test_a_port_that_somebody_else_serves_is_refused(database: Database, settings: Settings, name: str) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"--port": _free_port(), "ESPI_MTLS_PORT": _free_port()} | {name: taken.getsockname()[1]}
        command = [sys.executable, "-m", "espi", "serve", "--host", "127.0.0.1", "--port", str(ports["--port"])]
        environment = os.environ | {"ESPI_MTLS_PORT": str(ports["ESPI_MTLS_PORT"])}
        found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 1
    assert f"Port {ports[name]} of 127.0.0.1 cannot be used" in found.stderr


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _status(port: int, context: ssl.SSLContext) -> int:
    """What the health page answers, as soon as the server does."""
    for _ in range(100):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
        with contextlib.closing(connection), contextlib.suppress(ConnectionRefusedError):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            assert answer.read()
            return answer.status
        time.sleep(0.1)
    raise AssertionError(f"nobody answers on port {port}")
