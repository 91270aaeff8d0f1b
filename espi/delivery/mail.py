"""Mail: by SMTP where the settings name a server, else as files in the home folder for who tries things out."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from espi import jobs, log
from espi.clock import zone
from espi.config import Settings
from espi.errors import BadInput
from espi.jobs import Context
from espi.store import brands
from espi.store import jobs as outbox
from espi.store.jobs import Job

FOLDER = "mail"
SILENT_S = 20
PORT = 25
ZONE = "America/Chicago"
FEET = {
    "en": ("Power off? Call %s", "Questions: %s"),
    "es": ("¿Sin luz? Llame al %s", "Preguntas: %s"),
}
"""What stands below mails to customers: for outages and for questions, by language."""

_ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]]+@[^\s@<>,;:\\\"()\[\]]+")


class MailFailed(Exception):
    """A mail was not taken. What it says names neither the address nor the words of the mail."""


@jobs.handler("mail.send")
def send(context: Context, job: Job) -> None:
    """Send a mail {to, subject, text, language, off, customer}; the job then forgets what it said and to whom."""
    message = written(context, job)
    if context.settings.mail_host:
        _by_smtp(message, context.settings)
    else:
        _as_file(message, context.settings, job)
    with context.database.write() as conn:
        outbox.drop_payload(conn, job)
        outbox.finish(conn, job, None, context.now_s())
    log.record(log.Event.MAIL_SENT, job=job.id)


def written(context: Context, job: Job) -> EmailMessage:
    """A job's mail as it is sent. `BadInput` for what is no single address, or a subject of several lines."""
    to, subject = str(job.payload["to"]), str(job.payload["subject"])
    if not _ADDRESS.fullmatch(to):
        raise BadInput("A mail goes to one address.")
    if any(not letter.isprintable() for letter in subject):
        raise BadInput("A mail's subject is one line.")
    sender = context.settings.mail_from
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(context.now_s())
    message["Message-ID"] = make_msgid(f"job-{job.id}", domain=parseaddr(sender)[1].rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    if off := job.payload.get("off"):  # where one click, or the mail program's own button, ends such mails (RFC 8058)
        message["List-Unsubscribe"] = f"<{off}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(str(job.payload["text"]) + _foot(context, job))
    message["Content-Language"] = str(job.payload.get("language", "en"))
    return message


def _foot(context: Context, job: Job) -> str:
    """Below a mail to a customer: his utility and whom to call, as it has said."""
    if not job.payload.get("customer"):
        return ""
    with context.database.read() as conn:
        day = zone(ZONE).day_of(context.now_s())
        said = brands.brand_at_home(conn, int(job.payload["customer"]), day)
    if said is None:
        return ""
    outage, questions = FEET["es" if job.payload.get("language") == "es" else "en"]
    lines = [said.name]
    lines += [outage % said.outage_phone] if said.outage_phone else []
    lines += [questions % ", ".join(filter(None, (said.phone, said.mail)))] if said.phone or said.mail else []
    return "\n-- \n" + "\n".join(lines) + "\n"


def _by_smtp(message: EmailMessage, settings: Settings) -> None:
    host, _, port = settings.mail_host.rpartition(":") if ":" in settings.mail_host else (settings.mail_host, "", "")
    trust = ssl.create_default_context(cafile=settings.trust_ca or None)
    try:
        with smtplib.SMTP(host, int(port or PORT), timeout=SILENT_S) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=trust)
                server.ehlo()
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as err:
        code = getattr(err, "smtp_code", "")
        raise MailFailed(f"The mail server did not take it: {type(err).__name__} {code}".strip()) from None


def _as_file(message: EmailMessage, settings: Settings, job: Job) -> None:
    folder = settings.home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{job.id}.eml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(message.as_bytes())
