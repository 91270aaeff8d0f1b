"""A company's keys: every secret, certificate and signing key with its end, and how each is followed by a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.clock import DAY_S
from espi.delivery import expiring, signature
from espi.errors import BadInput, Conflict, NotFound
from espi.oauth import client_keys
from espi.oauth.party_clients import rep_client
from espi.oauth.policy import SECRET_METHODS
from espi.portal import desk_words
from espi.portal.company_desk import Company, company, tabs
from espi.portal.language import count, say
from espi.portal.session import redirected
from espi.store import audit, clients, third_parties
from espi.web.site import site

if TYPE_CHECKING:
    from espi.delivery.expiring import Kept
    from espi.store.clients import Client
    from espi.store.database import Conn

pages = Blueprint("company_keys", __name__, url_prefix="/company/keys")

OVERLAPS = (7, 1, 30, 0)
"""For how many days an old secret may count beside the new one; 0: it ends at once, as when it got out."""

LASTS = (365, 730, 0)
"""After how many days a new secret ends; 0: never."""


@dataclass(frozen=True)
class End:
    """A key as the page shows it. left: until its end, in words. warns: it is near."""

    kind: str
    name: str
    made: str
    ends: str
    left: str
    warns: bool
    replaced: bool


def ends(conn: Conn, own: Company) -> list[End]:
    """All that a company has, as its page shows it; what ends first stands first."""
    now_s = site().now_s()
    found = expiring.kept(conn, own.clients, own.third_party, now_s)
    found.sort(key=lambda each: each.ends_s or now_s * 2)
    return [_end(each, now_s) for each in found]


@pages.get("")
def overview() -> Response:
    """Every key with its end, and the forms that make new ones."""
    with site().database.read() as conn:
        return Response(_page(conn, company(conn)))


@pages.post("/roll")
def roll() -> Response:
    """Make a new secret for a client; it is shown this once, and the old one counts for the days that were chosen."""
    here, form = site(), request.form
    overlap, lasts = form.get("overlap", -1, int), form.get("lasts", -1, int)
    if overlap not in OVERLAPS or lasts not in LASTS:
        raise BadInput(say("Choose how long the old secret still counts and how long the new one."))
    with here.database.write() as conn:
        own = company(conn, "client:manage")
        client = _client(own)
        if client.auth_method not in SECRET_METHODS:
            raise Conflict(say("This client proves itself by a key, not by a secret."))
        secret = clients.rotate_secret(conn, client, here.now_s(), overlap_s=overlap * DAY_S, lasts_s=lasts * DAY_S)
        _note(conn, own, "client:secret", client.client_id, {"overlap_days": overlap, "lasts_days": lasts})
        still = count(
            "The old one still counts for %(num)s day.", "The old one still counts for %(num)s days.", overlap
        )
        said = still if overlap else say("The old one ended.")
        return Response(_page(conn, own, shown=(client.client_id, secret, said)), headers=_SECRETLY)


@pages.post("/first")
def first() -> Response:
    """Make the first client of a REP, whose secret is shown this once."""
    with site().database.write() as conn:
        own = company(conn, "client:manage")
        if own.third_party is not None or own.clients:
            raise Conflict(say("There is a key already. Make a new secret for it."))
        made = rep_client(conn, own.who.id, site().settings)
        _note(conn, own, "client:make", made.client.client_id, {})
        own = company(conn, "client:manage")
        return Response(_page(conn, own, shown=(made.client.client_id, made.secret, "")), headers=_SECRETLY)


@pages.post("/webhook")
def webhook() -> Response:
    """Make the next signing key of webhooks; both sign for the days that were chosen."""
    here, overlap = site(), request.form.get("overlap", -1, int)
    with here.database.write() as conn:
        own = company(conn, "client:manage")
        if own.third_party is None or not own.third_party.content.get("webhook_uri"):
            raise NotFound
        if overlap not in OVERLAPS:
            raise BadInput(say("Choose how long the old secret still counts and how long the new one."))
        content = signature.rotated(own.third_party.content, old_until_s=here.now_s() + overlap * DAY_S)
        third_parties.change_third_party(conn, own.third_party.id, content=content, now_s=here.now_s())
        _note(conn, own, "client:webhook-key", "webhook", {"overlap_days": overlap})
        own = company(conn, "client:manage")
        key = signature.webhook_key(here.database, third_parties.third_party(conn, own.who.id))
        return Response(_page(conn, own, shown=("webhook", key, "")), headers=_SECRETLY)


@pages.post("/public")
def public() -> Response:
    """Replace the public keys, or the self-signed certificates, that a company's clients prove themselves by."""
    here, form = site(), request.form
    with here.database.write() as conn:
        own = company(conn, "client:manage")
        client = _client(own)
        try:
            keys, certificate = client_keys.read({"jwks": json.loads(form.get("jwks", ""))}, client.auth_method)
        except json.JSONDecodeError:
            return Response(_page(conn, own, refused=say("That is no JSON.")), 400)
        except BadInput as wrong:
            return Response(_page(conn, own, refused=say(wrong.public)), 400)
        if not keys and not certificate:
            raise Conflict(say("This client proves itself by a secret, not by a key."))
        for each in own.clients:
            if each.auth_method == client.auth_method:
                clients.change_client(conn, each, keys=keys, certificate=certificate)
        _note(conn, own, "client:keys", client.client_id, {})
    return redirected(url_for("company_keys.overview", told="keys"))


_SECRETLY = {"Cache-Control": "no-store"}


def _client(own: Company) -> Client:
    wanted = request.form.get("client", "")
    found = next((each for each in own.clients if each.client_id == wanted), None)
    if found is None:
        raise NotFound(detail=f"{own.who} has no client {wanted}")
    return found


def _page(conn: Conn, own: Company, *, shown: tuple[str, str, str] | None = None, refused: str = "") -> str:
    by_secret = [each.client_id for each in own.clients if each.auth_method in SECRET_METHODS]
    by_key = [each for each in own.clients if each.kind == "main" and each.auth_method not in SECRET_METHODS]
    return render_template(
        "company_keys.html",
        company=own,
        tabs=tabs("company_keys.overview"),
        keys=ends(conn, own),
        by_secret=by_secret,
        by_key=[each.client_id for each in by_key if each.auth_method != "tls_client_auth"],
        has_webhook=own.third_party is not None and bool(own.third_party.content.get("webhook_uri")),
        first_key=own.third_party is None and not own.clients,
        changes=access.may(own.who, "client:manage"),
        overlaps=[(days, _overlap(days)) for days in OVERLAPS],
        lasts=[(days, _lasts(days)) for days in LASTS],
        shown=shown,
        refused=refused,
        told=say("Your new public keys count from now on.") if request.args.get("told") == "keys" else "",
    )


def _overlap(days: int) -> str:
    return count("%(num)s day more", "%(num)s days more", days) if days else say("It ends at once: it got out")


def _lasts(days: int) -> str:
    return count("%(num)s day", "%(num)s days", days) if days else say("No end")


def _end(each: Kept, now_s: int) -> End:
    kinds = {
        expiring.SECRET: say("Client secret"),
        expiring.CERTIFICATE: say("Certificate"),
        expiring.NAMED: say("Certificate, by its name"),
        expiring.KEY: say("Public key"),
        expiring.WEBHOOK: say("Key that signs webhooks"),
    }
    left = count("%(num)s day left", "%(num)s days left", each.days_left(now_s)) if each.ends_s else ""
    name = say("version %(number)s", number=each.name) if each.kind == expiring.WEBHOOK else each.name
    return End(
        kind=kinds[each.kind],
        name=name or each.client_id,
        made=desk_words.moment(each.made_s) if each.made_s else "",
        ends=desk_words.moment(each.ends_s) if each.ends_s else say("no end"),
        left=say("It has ended") if each.ends_s and each.ends_s <= now_s else left,
        warns=each.warns(now_s),
        replaced=each.replaced,
    )


def _note(conn: Conn, own: Company, action: str, target: str, detail: dict[str, Any]) -> None:
    audit.record(
        conn,
        at_s=site().now_s(),
        actor=str(own.who),
        action=action,
        target=f"client {target}",
        rule="espi.portal.company_keys",
        allowed=True,
        detail=detail,
    )
