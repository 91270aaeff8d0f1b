"""The help desk and the operator: tickets, look-ups, notices, third parties' standing, who gets which role."""

from __future__ import annotations

from espi.helpdesk.looking import look_up, release, resend, unlock
from espi.helpdesk.publishing import publish, withdraw
from espi.helpdesk.replies import REPLIES, replies
from espi.helpdesk.roles import decide, propose
from espi.helpdesk.standing import appeal, approve, check, checklist, judge, notice_suspension, suspend
from espi.helpdesk.tickets import CATEGORIES, KINDS, Asked, answer, assign, link_of, note, open_ticket, solve, write

__all__ = [
    "CATEGORIES",
    "KINDS",
    "REPLIES",
    "Asked",
    "answer",
    "appeal",
    "approve",
    "assign",
    "check",
    "checklist",
    "decide",
    "judge",
    "link_of",
    "look_up",
    "note",
    "notice_suspension",
    "open_ticket",
    "propose",
    "publish",
    "release",
    "replies",
    "resend",
    "solve",
    "suspend",
    "unlock",
    "withdraw",
    "write",
]
