"""Consent: invitations, grants and their ends, receipts, and moving them from one platform to another.

Every road to a grant (the consent page, an invitation, paper) ends in `grant`, and every end of one in `end`.
"""

from __future__ import annotations

from espi.sharing import holders
from espi.sharing.codes import code_for
from espi.sharing.deadlines import end_left, expire_due, move_out, remind_due
from espi.sharing.granting import end, grant, owner_of, renew, restore, shorten, withdraw_third_party
from espi.sharing.invitations import Asked, accept, invite, reject, terminate, withdraw
from espi.sharing.own import end_own
from espi.sharing.terms import MONTHS, TEXT_VERSION, Terms, end_after, longest_months

__all__ = [
    "MONTHS",
    "TEXT_VERSION",
    "Asked",
    "Terms",
    "accept",
    "code_for",
    "end",
    "end_after",
    "end_left",
    "end_own",
    "expire_due",
    "grant",
    "holders",
    "invite",
    "longest_months",
    "move_out",
    "owner_of",
    "reject",
    "remind_due",
    "renew",
    "restore",
    "shorten",
    "terminate",
    "withdraw",
    "withdraw_third_party",
]
