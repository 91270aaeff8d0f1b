"""Asking a customer in a check's own way: with a state, a scope or a challenge of its own, for a grant it may end."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.client.listener import Received
from conformance.client.tokens import TokenAnswer, answer_of
from conformance.suite import Skip, Wait, shown
from conformance.third_party.expect import answered, texts_of
from conformance.third_party.proofs import challenge, verifier

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

CODE_COUNTS_S = 200
"""How long a code that is kept in hand is trusted to count, in seconds; it has 360 at most."""


@dataclass(frozen=True)
class Asked:
    """What came back of asking a customer; verifier: the secret behind its code challenge, empty if it had none."""

    received: Received
    verifier: str = ""

    @property
    def code(self) -> str:
        """The authorization code; empty if none came."""
        return self.received.query.get("code", "")


def ask(
    server: Server, script: str = "consent", *, state: str = "", scope: str | None = None, prove: bool | None = None
) -> Asked:
    """Ask the customer, and wait for the browser at our callback. `Skip` if it does not come.

    prove: send a code challenge (S256), whatever the settings say.
    """
    secret = verifier() if (server.settings.pkce if prove is None else prove) else ""
    extra = {"code_challenge": challenge(secret), "code_challenge_method": "S256"} if secret else {}
    mark = server.listener.mark()
    server.browser.run(script, server.authorize_url(scope, state or secrets.token_hex(16), **extra))
    received = server.listener.wait_for("callback", server.patience_s, since=mark)
    if received is None:
        raise _not_back(server)
    if "code" in received.query:
        mind_the_kept_grant(server)
    return Asked(received, secret)


def _not_back(server: Server) -> Skip | Wait:
    """What it means that the browser did not come: a person had no time, or a script no success."""
    told = "The customer's browser did not come back to our callback"
    if server.browser.by_hand:
        return Wait(f"{told} within {server.patience_s} s (person_s in [waits]).")
    return Skip(f"{told}.")


def mind_the_kept_grant(server: Server) -> None:
    """Forget the customer's token that other checks use, if the new consent has ended its grant, as some servers do."""
    kept: TokenAnswer | None = server.tokens.kept()
    if kept is None:
        return
    exchange = server.get(kept.authorizationURI, server.tokens.client().access_token)
    if exchange.status in {404, 410} or texts_of(exchange, "Authorization", "status") == ["0"]:
        server.tokens.forget()


def code_of(asked: Asked) -> str:
    """The code that the customer's consent brought. `Skip` if it brought none."""
    if not asked.code:
        error = asked.received.query.get("error", "no error")
        raise Skip(f"The callback brought no code, but {error}.", shown(asked.received.exchange.number))
    return asked.code


def spare_code(server: Server, *, prove: bool | None = None) -> Asked:
    """A code that nobody has exchanged, for requests that must fail for another reason; used again while it counts.

    prove: one that was asked for with a code challenge, or without, whatever the settings say.
    """
    wanted = server.settings.pkce if prove is None else prove
    kept: Asked | None = server.memo.get("spare code")
    if kept is None or bool(kept.verifier) is not wanted or not _counts(server, kept):
        kept = ask(server, prove=wanted)
        code_of(kept)
        server.memo["spare code"] = kept
    return kept


def _counts(server: Server, asked: Asked) -> bool:
    """The code is young, and no later consent may have ended its grant."""
    ended_s = server.settings.waits.old_code_s
    counts_s = min(CODE_COUNTS_S, ended_s // 2) if ended_s else CODE_COUNTS_S
    return time.time() < asked.received.at_s + counts_s and asked.received is _last_consent(server)


def _last_consent(server: Server) -> Received | None:
    """The newest callback with a code: an older code may have ended with its grant."""
    callbacks = [one for one in server.listener.received if one.kind == "callback" and "code" in one.query]
    return callbacks[-1] if callbacks else None


def spend_spare_code(server: Server) -> None:
    """The code in hand was taken, or may have been."""
    server.memo.pop("spare code", None)


def parameters_of(server: Server, asked: Asked, **changes: str | None) -> dict[str, str]:
    """The parameters that exchange a code, with changes; None leaves one out."""
    usual: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code_of(asked),
        "redirect_uri": server.redirect_uri,
        "code_verifier": asked.verifier or None,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def exchanged(server: Server, asked: Asked) -> Exchange:
    """The answer to the exchange of a code."""
    return server.tokens.request(parameters_of(server, asked))


def own_grant(server: Server, scope: str | None = None, script: str = "consent") -> TokenAnswer:
    """A grant of the caller's own, that it may end: another consent, whose tokens nobody else uses. `Skip` if none."""
    return taken(exchanged(server, ask(server, script, scope=scope)), "The code was not exchanged")


def taken(exchange: Exchange, why: str) -> TokenAnswer:
    """The tokens of an answer that has some. `Skip` if not."""
    answer = answer_of(answered(exchange))
    if exchange.status != 200 or not answer.access_token:
        raise Skip(f"{why}: {exchange.status}.", shown(exchange.number))
    return answer
