"""What faults aim at: addresses as regular expressions, and words that tell requests apart."""

from __future__ import annotations

from tests.conformance.custodian import facts
from tests.conformance.custodian.spoiling import Spoil, when

AUTHORIZE, TOKEN, CONFIRM = "^/oauth/authorize$", "^/oauth/token$", "^/oauth/confirm$"
METADATA = "^/.well-known/"
REVOKE, INTROSPECT, REGISTER, PUSH = "^/oauth/revoke$", "^/oauth/introspect$", "^/oauth/register$", "^/oauth/par$"
CODE, REFRESH, OWN = "grant_type=authorization_code", "grant_type=refresh_token", "grant_type=client_credentials"

REGISTRATION = "/ApplicationInformation/"
LIST = "/Authorization/?$"
OFFLINE = f"/Authorization/{facts.path_id('offline authorization')}"
RECORD = "/Authorization/[0-9a-f]+$"
STATUS = "/ReadServiceStatus$"
BATCH = "/Batch/Subscription/[0-9a-f]+$"
BULK = f"/Batch/Bulk/{facts.BULK}$"
PERSONAL = "/Batch/RetailCustomer/[0-9a-f]+$"
FILE = "/Batch/RetailCustomer/[0-9a-f]+/UsagePoint$"


def sent(spoil: Spoil, *, words: str = "", lacks: str = "") -> Spoil:
    """Spoil the answers to some authorization requests."""
    return when(spoil, method="GET", path=AUTHORIZE, words=words, lacks=lacks)
