from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from espi import jobs
from espi.cli import certificate
from espi.config import Settings
from espi.delivery import handlers
from espi.jobs import Context
from espi.store import jobs as outbox
from espi.store.database import Database
from espi.store.jobs import Job

MAIL = {"to": "ada@example.org", "subject": "Consentimiento de Añil", "text": "¡Hola!\nUn enlace.\n", "language": "es"}


def _sent(context: Context, **payload: Any) -> Job:
    assert handlers.kinds()
    with context.database.write() as conn:
        job = outbox.add_job(conn, "mail.send", {**MAIL, **payload}, now_s=context.now_s())
    jobs.run_due(context)
    with context.database.read() as conn:
        return outbox.job_by_path_id(conn, job.path_id)


@dataclass
class Server:
    """A mail server of few words."""

    port: int = 0
    authority: str = ""
    refuse: bool = False
    commands: list[str] = field(default_factory=list)
    mail: bytes = b""

    def serve(self, listening: socket.socket, context: ssl.SSLContext) -> None:
        opened, _ = listening.accept()
        stream = opened.makefile("rwb", buffering=0)
        stream.write(b"220 here\r\n")
        while line := stream.readline():
            word = line.decode().strip().lower()
            self.commands.append(word)
            if word.startswith("ehlo"):
                stream.write(b"250 here\r\n" if "starttls" in self.commands else b"250-here\r\n250 STARTTLS\r\n")
            elif word == "starttls":
                stream.write(b"220 go on\r\n")
                opened = context.wrap_socket(opened, server_side=True)
                stream = opened.makefile("rwb", buffering=0)
            elif word == "data":
                stream.write(b"354 say\r\n")
                while (line := stream.readline()) != b".\r\n":
                    self.mail += line
                stream.write(b"250 taken\r\n")
            elif word.startswith("rcpt") and self.refuse:
                stream.write(b"550 nobody <ada@example.org> here\r\n")
            elif word == "quit":
                stream.write(b"221 bye\r\n")
                break
            else:
                stream.write(b"250 fine\r\n")
        opened.close()


@pytest.fixture
def server(loopback: None, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    files = certificate.ensure(replace(settings, home=tmp_path_factory.mktemp("server")), "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server, files.server_key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Server(listening.getsockname()[1], str(files.authority))
        thread = threading.Thread(target=found.serve, args=(listening, context), daemon=True)
        thread.start()
        yield found
    thread.join(5)


def test_without_a_server_mail_is_a_file_that_nobody_else_reads(settings: Settings, database: Database) -> None:
    done = _sent(Context(settings, database))
    assert (done.state, done.payload) == (outbox.DONE, {})
    (path,) = (settings.home / "mail").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    _check(path.read_bytes())


def _check(data: bytes) -> None:
    found = message_from_bytes(data, policy=policy.default)
    assert (found["To"], found["Subject"], found["Content-Language"]) == (MAIL["to"], MAIL["subject"], "es")
    assert found["Date"] == "Sun, 15 Jun 2025 17:00:00 -0000"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_content().replace("\r\n", "\n") == MAIL["text"]


def test_a_server_gets_it_over_tls_where_it_offers_that(server: Server, settings: Settings, database: Database) -> None:
    ours = replace(settings, mail_host=f"localhost:{server.port}", trust_ca=server.authority)
    assert _sent(Context(ours, database)).state == outbox.DONE
    _check(server.mail)
    assert "starttls" in server.commands
    assert not (settings.home / "mail").exists()


def test_what_a_server_refuses_is_tried_again_and_the_reason_names_nobody(
    server: Server, settings: Settings, database: Database
) -> None:
    server.refuse = True
    ours = replace(settings, mail_host=f"localhost:{server.port}", trust_ca=server.authority)
    job = _sent(Context(ours, database))
    assert job.state == outbox.WAITING
    assert job.error.startswith("MailFailed: The mail server did not take it: SMTPRecipientsRefused")
    assert "ada" not in job.error


@pytest.mark.parametrize(
    "change", [{"to": "a@b.example, c@d.example"}, {"to": "ada"}, {"subject": "a\r\nBcc: x@y.example"}]
)
def test_a_mail_that_would_go_elsewhere_is_not_sent(
    settings: Settings, database: Database, change: dict[str, str]
) -> None:
    assert _sent(Context(settings, database), **change).state == outbox.WAITING
    assert not (settings.home / "mail").exists()
