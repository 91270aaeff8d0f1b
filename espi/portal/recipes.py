"""The first steps of a developer as text to copy, and whom of the demonstration market to log in as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espi.config import Settings

SHOWN_CUSTOMERS = 4
FACTS = "demo.json"

CURL = """\
TOKEN=$(curl -s --cacert {ca} -u '{client_id}:{secret}' \\
  -d grant_type=client_credentials {base}/oauth/token \\
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
curl -i --cacert {ca} -H "Authorization: Bearer $TOKEN" \\
  {resource}/ReadServiceStatus
"""

PYTHON = """\
import requests

custodian = requests.Session()
custodian.verify = "{ca}"
token = custodian.post(
    "{base}/oauth/token",
    data={{"grant_type": "client_credentials"}},
    auth=("{client_id}", "{secret}"),
).json()
answer = custodian.get(
    "{resource}/ReadServiceStatus",
    headers={{"Authorization": f"Bearer {{token['access_token']}}"}},
)
print(answer.status_code, answer.text)
"""


def first_steps(settings: Settings, client_id: str, secret: str) -> dict[str, str]:
    """The way from nothing to the first 200, by curl and in Python."""
    facts = {
        "ca": "ca.pem",
        "base": settings.base_url,
        "resource": settings.resource_url,
        "client_id": client_id,
        "secret": secret,
    }
    return {"curl": CURL.format(**facts), "Python": PYTHON.format(**facts)}


def customers(settings: Settings) -> list[dict[str, Any]]:
    """Some customers of the demonstration market with their passwords, where it is loaded."""
    path = settings.home / FACTS
    if settings.production or not path.is_file():
        return []
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return [
        {
            "name": one["name"],
            "login": one["login"],
            "password": one["password"],
            "kinds": ", ".join(dict.fromkeys(point["kind"] for point in one["usage_points"])),
        }
        for one in found["customers"][:SHOWN_CUSTOMERS]
    ]
