"""Tokens bound to a key of the client (RFC 9449), where the metadata announce them; tried with the client's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.suite import Finding, Omit, Skip, server_check, shown
from conformance.third_party.expect import OK, UNPROVEN, answered, fault, status
from conformance.third_party.proofs import Key, dpop
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

RESTORE = "Answer 401 with a challenge for DPoP."


@dataclass(frozen=True)
class Bound:
    """A token that was asked for with a proof, its key, and the answer that it came with."""

    token: str
    key: Key
    exchange: Exchange


def _bound(server: Server) -> Bound:
    """The client's token, bound to a new key; got once in a run. `Omit` where tokens are not bound."""
    if "ES256" not in announced(server, "dpop_signing_alg_values_supported"):
        raise Omit("The metadata do not list ES256, which the kit signs with.")
    if "bound" not in server.memo:
        key = Key.new()
        exchange = _asked(server, key, "")
        nonce = answered(exchange).header("DPoP-Nonce")
        if exchange.status == 400 and nonce:
            exchange = _asked(server, key, nonce)
        server.memo["bound"] = Bound(str(exchange.json().get("access_token") or ""), key, exchange)
    found: Bound = server.memo["bound"]
    return found


def _asked(server: Server, key: Key, nonce: str) -> Exchange:
    settings = server.settings
    pair = (settings.admin_client_id, settings.admin_client_secret)
    basic = pair if all(pair) else (settings.client_id, settings.client_secret)
    url = server.endpoint("token")
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("DPoP", dpop(key, "POST", url, nonce=nonce))]
    return server.http.send("POST", url, basic=basic, headers=headers, body="grant_type=client_credentials")


def _good(server: Server) -> Bound:
    found = _bound(server)
    if not found.token:
        raise Skip("No token was given for a proof.", shown(found.exchange.number))
    return found


def _opened(server: Server, bound: Bound, proof: str, scheme: str = "DPoP") -> Exchange:
    """The state of the service, asked for with a token and a proof; where a nonce is demanded, say so."""
    server.recorder.mask.learn(bound.token)
    headers = [("Authorization", f"{scheme} {bound.token}"), *([("DPoP", proof)] if proof else [])]
    return server.get(_url(server), headers=headers)


def _url(server: Server) -> str:
    return f"{server.settings.resource_endpoint}/ReadServiceStatus"


def _proof(server: Server, bound: Bound, **changes: Any) -> str:
    told = {"key": bound.key, "method": "GET", "url": _url(server), "nonce": server.memo.get("nonce", "")} | changes
    return dpop(told["key"], told["method"], told["url"], token=bound.token, nonce=told["nonce"])


def _proven(server: Server, bound: Bound) -> tuple[Exchange, str]:
    """A request with a good proof, made again with a nonce if one is demanded; the answer, and the proof."""
    proof = _proof(server, bound)
    exchange = _opened(server, bound, proof)
    nonce = answered(exchange).header("DPoP-Nonce")
    if exchange.status == 401 and nonce:
        server.memo["nonce"] = nonce
        proof = _proof(server, bound)
        exchange = _opened(server, bound, proof)
    return exchange, proof


@server_check("OAU047")
def token_is_bound_to_the_key(server: Server) -> Iterator[Finding]:
    """A client's token request with a proof."""
    bound = _bound(server)
    yield from status(bound.exchange, OK, "A token request with a DPoP proof", "Give a token bound to its key.")
    kind = str(bound.exchange.json().get("token_type"))
    if bound.token and kind.lower() != "dpop":
        told = f"A token request with a DPoP proof: expected token_type DPoP, and {kind} came."
        yield fault(f"{told} A server that announces DPoP has to bind the token.", bound.exchange)


@server_check("OAU048", needs=("OAU047",))
def proof_opens(server: Server) -> Iterator[Finding]:
    """ReadServiceStatus with the token and a proof of its key."""
    exchange, _ = _proven(server, _good(server))
    yield from status(exchange, OK, "A DPoP token with its proof", "Serve what the token opens.")


@server_check("OAU049", needs=("OAU048",))
def nothing_opens_without_a_proof(server: Server) -> Iterator[Finding]:
    """The token without a proof, and as a bearer token."""
    bound = _good(server)
    yield from status(_opened(server, bound, ""), UNPROVEN, "A DPoP token without a proof", RESTORE)
    yield from status(_opened(server, bound, "", "Bearer"), UNPROVEN, "A DPoP token sent as Bearer", RESTORE)


@server_check("OAU050", needs=("OAU048",))
def proof_is_for_one_key_method_and_address(server: Server) -> Iterator[Finding]:
    """The token with proofs that are wrong in one thing."""
    bound = _good(server)
    for what, changes in (
        ("by another key", {"key": Key.new()}),
        ("for another method", {"method": "POST"}),
        ("for another address", {"url": f"{server.settings.resource_endpoint}/Authorization"}),
    ):
        exchange = _opened(server, bound, _proof(server, bound, **changes))
        yield from status(exchange, UNPROVEN, f"A DPoP token with a proof {what}", RESTORE)


@server_check("OAU051", needs=("OAU048",))
def proof_counts_once(server: Server) -> Iterator[Finding]:
    """The same proof twice."""
    bound = _good(server)
    first, proof = _proven(server, bound)
    if answered(first).status != 200:
        raise Skip("The proof was not taken even once.", shown(first.number))
    yield from status(_opened(server, bound, proof), UNPROVEN, "A DPoP proof that was used", RESTORE)
