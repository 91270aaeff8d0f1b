"""Who asks: roles, kinds of tokens, and the principal that a login, a token or a job of the system is to the gate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a principal speaks for."""

    customer = "customer"
    rep = "rep"
    third_party = "third_party"
    tdsp = "tdsp"
    regulator = "regulator"
    operator = "operator"
    system = "system"


class Position(StrEnum):
    """What somebody may do within a company that he speaks for."""

    administrator = "administrator"
    developer = "developer"
    viewer = "viewer"


class TokenKind(StrEnum):
    """Kinds of bearer tokens (ESPI: A, C, R, U, D), as proofs of a principal. `name` is the authorization's kind."""

    customer = "customer token"
    client = "client token"
    registration = "registration token"
    upload = "upload token"
    custodian = "custodian token"


@dataclass(frozen=True)
class Principal:
    """Who acts.

    id: of the customer, REP, third party or utility that he speaks for. proof: how he proved it ("password", or the
    `TokenKind` of his token), or the job that the system does. name: of the login or client,
    for the audit. grant: the id of the one authorization that his token opens; 0 for all that are his. points: the
    usage points that this one ever covered, where they are known. position: within the company whose login it is; ""
    for whoever speaks for all of it, as programs do.
    """

    role: Role
    id: int
    proof: str
    name: str = ""
    grant: int = 0
    points: tuple[int, ...] = ()
    position: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.role, str(self.id), self.name)))
