"""Keys, secrets and certificates of companies: which there are, when they end, and the mails that say so in time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from espi import access, jobs
from espi.access import Principal, Role
from espi.clock import DAY_S, day_date
from espi.delivery import signature
from espi.jobs import Context
from espi.store import clients, companies, directory, third_parties
from espi.store import jobs as outbox
from espi.store.clients import Client
from espi.store.jobs import Job

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn
    from espi.store.third_parties import ThirdParty

KIND, MAIL = "keys.expiring", "mail.send"
WARNED_DAYS = (30, 14, 7, 1)
"""How many days before the end of a key its company is told, once each."""

SECRET, CERTIFICATE, NAMED, KEY, WEBHOOK = "secret", "certificate", "named certificate", "key", "webhook key"
PEM = "pem"


@dataclass(frozen=True)
class Kept:
    """Something that proves a company's programs, or us to them. name: of a key or certificate; "" for secrets.

    made_s: 0 where nobody knows. ends_s: 0 where it has no end that we know. replaced: a newer one is there.
    """

    kind: str
    client_id: str
    name: str
    made_s: int = 0
    ends_s: int = 0
    replaced: bool = False

    def days_left(self, now_s: int) -> int:
        """Days until its end, begun ones counted whole."""
        return -(-(self.ends_s - now_s) // DAY_S)

    def warns(self, now_s: int) -> bool:
        """Whether its end is so near that its company should act."""
        return bool(self.ends_s) and self.days_left(now_s) <= WARNED_DAYS[0]


def kept(conn: Conn, own: list[Client], third_party: ThirdParty | None, now_s: int) -> list[Kept]:
    """All that a company has, client by client; what its clients share stands once."""
    found: dict[tuple[str, str], Kept] = {}
    secrets: list[Kept] = []
    for client in own:
        secrets += _secrets(conn, client, now_s)
        for each in (*_certificates(client), *_keys(client)):
            found.setdefault((each.kind, each.name), each)
    return [*secrets, *found.values(), *_webhook(third_party, now_s)]


def _secrets(conn: Conn, client: Client, now_s: int) -> Iterator[Kept]:
    times = clients.secret_times(conn, client, now_s)
    lasting = any(not each.expires_s for each in times)
    last_s = max((each.expires_s for each in times), default=0)
    for each in times:
        replaced = bool(each.expires_s) and (lasting or each.expires_s < last_s)
        yield Kept(SECRET, client.client_id, "", each.created_s, each.expires_s, replaced)


def _certificates(client: Client) -> Iterator[Kept]:
    pem = str(client.certificate.get(PEM) or "")
    for each in x509.load_pem_x509_certificates(pem.encode("ascii")) if pem else ():
        made_s, ends_s = (int(at.timestamp()) for at in (each.not_valid_before_utc, each.not_valid_after_utc))
        name = f"{each.subject.rfc4514_string()} ({each.serial_number:x})"
        yield Kept(CERTIFICATE, client.client_id, name, made_s, ends_s)
    for member, name in client.certificate.items():
        if member != PEM:
            yield Kept(NAMED, client.client_id, str(name), client.created_s)


def _keys(client: Client) -> Iterator[Kept]:
    for each in client.keys.get("keys", ()):
        yield Kept(KEY, client.client_id, str(each.get("kid") or f"{each.get('kty')} {each.get('crv', '')}".strip()))


def _webhook(third_party: ThirdParty | None, now_s: int) -> Iterator[Kept]:
    if third_party is None or not third_party.content.get("webhook_uri"):
        return
    version = int(third_party.content.get(signature.VERSION, 1))
    old_until_s = int(third_party.content.get(signature.OLD_UNTIL, 0))
    if old_until_s > now_s:
        yield Kept(WEBHOOK, "", str(version - 1), ends_s=old_until_s, replaced=True)
    yield Kept(WEBHOOK, "", str(version))


@jobs.handler(KIND)
def warn(context: Context, job: Job) -> dict[str, int]:
    """Tell companies of what ends soon; each stage of each end is told once."""
    del job
    told = 0
    with context.database.read() as conn:
        apps = [(Role.third_party, each.id, each.name, each) for each in third_parties.third_parties(conn)]
        reps = [(Role.rep, each.id, each.name, None) for each in directory.reps(conn)]
    for role, party_id, name, third_party in (*apps, *reps):
        with context.database.read() as conn:
            own = clients.clients_of(conn, role, party_id)
            ending = [each for each in kept(conn, own, third_party, context.now_s()) if each.warns(context.now_s())]
        if ending:
            with context.database.write() as conn:
                told += sum(_tell(conn, context.settings, (role, party_id), name, each) for each in ending)
    return {"told": told}


def _tell(conn: Conn, settings: Settings, whose: tuple[Role, int], company: str, ending: Kept) -> int:
    """Mail those of a company who may do something about it; how many mails are new."""
    role, party_id = whose
    now_s = settings.clock.now_s()
    left = ending.days_left(now_s)
    stage = min(days for days in WARNED_DAYS if left <= days)
    named = hashlib.sha256(f"{ending.kind}/{ending.client_id}/{ending.name}/{ending.ends_s}".encode()).hexdigest()[:16]
    told = 0
    for each in companies.colleagues(conn, role, party_id):
        to = each.email or each.name
        who = Principal(role, party_id, "password and code", each.name, position=each.position)
        if "@" not in to or not access.may(who, "client:manage"):
            continue
        subject, text = _WORDS[each.language if each.language in _WORDS else "en"]
        kinds = _KINDS.get(each.language, _KINDS["en"])
        facts = {
            "what": kinds[ending.kind, ending.replaced],
            "of": ending.client_id or ending.name,
            "company": company,
            "day": day_date(ending.ends_s // DAY_S).isoformat(),
            "link": f"{settings.base_url}/company/keys",
        }
        payload = {"to": to, "subject": subject % facts, "text": text % facts, "language": each.language}
        key = f"{KIND}/{role}/{party_id}/{named}/{stage}/{each.id}"
        if outbox.job_by_key(conn, key) is None:
            outbox.add_job(conn, MAIL, payload, now_s=now_s, key=key)
            told += 1
    return told


_WORDS = {
    "en": (
        "%(what)s of %(company)s ends on %(day)s",
        """%(what)s (%(of)s) of %(company)s ends on %(day)s (UTC). After that, programs that use it get no answer.

Make a new one in time; for a while both work:
%(link)s
""",
    ),
    "es": (
        "%(what)s de %(company)s termina el %(day)s",
        """%(what)s (%(of)s) de %(company)s termina el %(day)s (UTC). Después, los programas que lo usen no sirven.

Haga a tiempo lo que sigue; por un rato sirven los dos:
%(link)s
""",
    ),
}
_KINDS = {
    "en": {
        (SECRET, False): "A client secret",
        (SECRET, True): "An old client secret",
        (CERTIFICATE, False): "A certificate",
        (WEBHOOK, True): "An old webhook key",
    },
    "es": {
        (SECRET, False): "Una clave secreta",
        (SECRET, True): "Una clave secreta anterior",
        (CERTIFICATE, False): "Un certificado",
        (WEBHOOK, True): "Una clave de webhook anterior",
    },
}

jobs.every(KIND, DAY_S)
