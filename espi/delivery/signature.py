"""Signatures of webhooks, so that who receives one knows that it is ours, unchanged and new.

The form is that of Standard Webhooks: three headers, HMAC-SHA256 over id, time and body. The key is kept nowhere: it is
derived from the installation's secret (HKDF, RFC 5869) for a third party and a version, which a rotation counts up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from espi.store.database import Database
from espi.store.grants import ThirdParty

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
VERSION, OLD_UNTIL = "webhook_key_version", "webhook_old_key_until_s"
"""In a third party's content: the version of its key, and until when the one before signs too."""


def webhook_key(database: Database, third_party: ThirdParty, version: int | None = None) -> str:
    """The key that a third party checks signatures with, as it is shown to it. version: the present one if none."""
    number = third_party.content.get(VERSION, 1) if version is None else version
    named = f"webhook/{third_party.path_id}/{number}"
    made = HKDF(hashes.SHA256(), length=32, salt=None, info=named.encode()).derive(database.secret.bytes)
    return PREFIX + base64.b64encode(made).decode()


def rotated(content: Mapping[str, Any], *, old_until_s: int) -> dict[str, Any]:
    """A third party's content with the next version of its key; the present one signs too until an instant."""
    return {**content, VERSION: int(content.get(VERSION, 1)) + 1, OLD_UNTIL: old_until_s}


def signed(database: Database, third_party: ThirdParty, message_id: str, body: bytes, now_s: int) -> dict[str, str]:
    """The headers that sign a body; two signatures while a key is being rotated."""
    present = int(third_party.content.get(VERSION, 1))
    versions = [present]
    if now_s < int(third_party.content.get(OLD_UNTIL, 0)):
        versions.append(present - 1)
    content = f"{message_id}.{now_s}.".encode() + body
    signatures = [_signature(webhook_key(database, third_party, version), content) for version in versions]
    return {ID: message_id, TIME: str(now_s), SIGNATURE: " ".join(signatures)}


def _signature(key: str, content: bytes) -> str:
    digest = hmac.new(base64.b64decode(key.removeprefix(PREFIX)), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
