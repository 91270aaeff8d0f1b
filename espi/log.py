"""The structured log: one line an event, fixed event names, never a token, a reading or a person's data."""

from __future__ import annotations

import enum
import logging
import sys
from typing import Any

import structlog


class Event(enum.StrEnum):
    """Every event that is logged, once."""

    STARTED = "started"
    HARNESS = "certification_harness"
    REQUEST = "request"
    REQUEST_FAILED = "request.failed"
    DENIED = "access.denied"
    LOGIN = "login"
    LOGIN_REFUSED = "login.refused"
    FILE_TAKEN = "intake.file_taken"
    FILE_DONE = "intake.file_done"
    FILE_FAILED = "intake.file_failed"
    FILE_WAITS = "intake.file_waits"
    FILE_SET_ASIDE = "intake.file_set_aside"
    INTAKE_SLOW = "intake.slow"
    INTAKE_GOES_ON = "intake.goes_on"
    BLOCKS_REFUSED = "intake.blocks_refused"
    RETENTION_DONE = "retention.done"
    RETENTION_LEFT = "retention.left"
    MIGRATED = "database.migrated"
    NODE_UNREACHABLE = "database.node_unreachable"
    AUDIT_LATE = "audit.late"
    TOKEN_REUSED = "oauth.token_reused"  # noqa: S105 - an event, no token
    DEPRECATED = "oauth.deprecated"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_GIVEN_UP = "job.given_up"
    DELIVERED = "delivery.delivered"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_GIVEN_UP = "delivery.given_up"
    MAIL_SENT = "mail.sent"
    BAD_FRAME = "han.bad_frame"
    CHECKS_BLOCKED = "invitation.checks_blocked"


def configure(level: str = "INFO", *, json: bool = False) -> None:
    """Send the log to standard error, as text for people or as JSON for machines."""
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def record(event: Event, **facts: object) -> None:
    """Log an event with its facts."""
    structlog.get_logger().info(str(event), **facts)


def warn(event: Event, **facts: object) -> None:
    """Log an event that an operator should look at."""
    structlog.get_logger().warning(str(event), **facts)
