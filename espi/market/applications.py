"""A client's own registration: what is on record, how old its secrets are, and a new one."""

from __future__ import annotations

from espi.clock import instant_text
from espi.errors import Conflict, NotFound
from espi.market.operation import INSTANT, MAYBE_INSTANT, Ask, Operation, Reply
from espi.market.shapes import LINE, Free, Listing, Nullable, Record, Text, Truth, Whole
from espi.oauth import certificate
from espi.store import clients, grants
from espi.store.clients import Client

STATUSES = {1: "review", 2: "production", 3: "on hold", 4: "withdrawn"}
LONGEST_OVERLAP_S = 30 * 86_400
DAY_S = 86_400

SECRET = Record("Secret", {"created": INSTANT, "age_days": Whole(), "expires": MAYBE_INSTANT})
CLIENT = Record(
    "Client",
    {
        "client_id": Text(most=64),
        "kind": Text("What it is for.", choices=("main", "registration", "admin", "upload", "custodian")),
        "policy": Text(choices=("classic", "modern", "fapi2")),
        "auth_method": Text("How it proves itself, in the words of RFC 7591 and 8705.", most=40),
        "sandbox": Truth(),
        "disabled": Truth(),
        "created": INSTANT,
        "secrets": Listing(SECRET, "Those that count, the oldest first; the secrets themselves are nowhere kept."),
        "certificate_ends": MAYBE_INSTANT,
    },
)
APPLICATION = Record(
    "Application",
    {
        "name": Text(),
        "status": Text(choices=tuple(STATUSES.values())),
        "application_information_uri": Text(form="uri", most=2048),
        "registration": Free("Its ApplicationInformation, by the names of the standard."),
        "clients": Listing(CLIENT),
    },
)
ROTATION = Record(
    "Rotation",
    {
        "client_id": Text("Which of your clients; without it, the one that asks.", least=1, most=64, pattern=LINE),
        "overlap_s": Whole("How many seconds the old secret still counts. 0: it ends at once.", most=LONGEST_OVERLAP_S),
    },
    may=frozenset({"client_id", "overlap_s"}),
)
ROTATED = Record(
    "NewSecret",
    {
        "client_id": Text(most=64),
        "client_secret": Text("It is shown this once.", most=128),
        "old_secret_ends": Nullable(INSTANT),
    },
)


def read_own(ask: Ask) -> Reply:
    """The caller's registration and its clients."""
    found = grants.third_party(ask.conn, ask.bearer.client.party_id)
    return Reply(
        {
            "name": found.name,
            "status": STATUSES[found.status],
            "application_information_uri": f"{ask.settings.resource_url}/ApplicationInformation/{found.path_id}",
            "registration": {**found.content},
            "clients": [_client(ask, each) for each in _clients(ask)],
        }
    )


def rotate(ask: Ask) -> Reply:
    """A new secret in place of the old one, which counts on for a while if that is wished."""
    wanted = ask.body.get("client_id", ask.bearer.client.client_id)
    chosen = next((each for each in _clients(ask) if each.client_id == wanted), None)
    if chosen is None:
        raise NotFound(detail=f"{ask.bearer.client.client_id} has no client {wanted}")
    if not chosen.auth_method.startswith("client_secret"):
        raise Conflict(f"This client proves itself by {chosen.auth_method} and has no secret.")
    overlap_s = ask.body.get("overlap_s", DAY_S)
    had = clients.secret_times(ask.conn, chosen, ask.now_s)
    secret = clients.rotate_secret(ask.conn, chosen, ask.now_s, overlap_s=overlap_s)
    ends = instant_text(ask.now_s + overlap_s) if overlap_s and had else None
    return Reply({"client_id": chosen.client_id, "client_secret": secret, "old_secret_ends": ends}, 201)


def _clients(ask: Ask) -> list[Client]:
    own = ask.bearer.client
    return clients.clients_of(ask.conn, own.role, own.party_id)


def _client(ask: Ask, client: Client) -> dict[str, object]:
    secrets = clients.secret_times(ask.conn, client, ask.now_s)
    ends_s = _certificate_ends_s(client)
    return {
        "client_id": client.client_id,
        "kind": client.kind,
        "policy": client.policy,
        "auth_method": client.auth_method,
        "sandbox": client.sandbox,
        "disabled": client.disabled,
        "created": instant_text(client.created_s),
        "secrets": [
            {
                "created": instant_text(each.created_s),
                "age_days": max(ask.now_s - each.created_s, 0) // DAY_S,
                "expires": instant_text(each.expires_s) if each.expires_s else None,
            }
            for each in secrets
        ],
        "certificate_ends": instant_text(ends_s) if ends_s else None,
    }


def _certificate_ends_s(client: Client) -> int:
    """When the first of the certificates ends that the client has registered itself; 0 if there is none."""
    shown = certificate.read_all(client.certificate["pem"]) if certificate.PEM in client.certificate else ()
    return min((int(each.not_valid_after_utc.timestamp()) for each in shown), default=0)


OPERATIONS = (
    Operation(
        "GET",
        "/applications/self",
        "application",
        "application",
        "The caller's own registration, its clients and how old their secrets are.",
        read_own,
        {200: APPLICATION},
        action="client:manage",
    ),
    Operation(
        "POST",
        "/applications/self/secrets",
        "rotate-secret",
        "application",
        "A new secret for a client of the caller.",
        rotate,
        {201: ROTATED},
        action="client:manage",
        writes=True,
        doc="The secret is shown this once. The old one counts on for `overlap_s` seconds, a day if nothing is said.",
        body=ROTATION,
        refusals=(404, 409),
    ),
)
