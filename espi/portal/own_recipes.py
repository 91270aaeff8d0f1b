"""Lines to copy for a customer's own programs: with curl, in Python, and for Home Assistant."""

from __future__ import annotations

from espi.config import Settings

CURL = """\
# your readings of the last 30 days, as plain numbers
curl -H "Authorization: Bearer {token}" \\
  "{api}/usage-points/{point}/readings?series=daily"

# all of it as Green Button (XML)
curl -H "Authorization: Bearer {token}" \\
  "{resource}/Batch/Subscription/{subscription}"
"""

PYTHON = """\
import json
import urllib.request

request = urllib.request.Request(
    "{api}/usage-points/{point}/readings?series=daily",
    headers={{"Authorization": "Bearer {token}"}},
)
with urllib.request.urlopen(request) as answer:
    usage = json.load(answer)
for channel in usage["usage_points"][0]["channels"]:
    for reading in channel["readings"]:
        amount = reading["value"] * 10 ** channel["power_of_ten"]
        print(reading["local"], channel["flow"], amount, channel["unit"])
"""

SECRETS = 'green_button: "Bearer {token}"\n'

HOME_ASSISTANT = """\
rest:
  - resource: "{api}/usage-points/{point}/readings?series=daily"
    headers:
      Authorization: !secret green_button
    scan_interval: 21600
    sensor:
      - name: "Energy of the last day known"
        unit_of_measurement: "Wh"
        device_class: energy
        state_class: total
        value_template: >-
          {{{{ ((value_json.usage_points[0].channels
          | selectattr("flow", "eq", "forward") | first).readings | last).value }}}}
"""


def lines(settings: Settings, token: str, subscription: int, point: int) -> dict[str, str]:
    """The way to the readings, by curl and in Python."""
    facts = _facts(settings, point) | {"token": token, "subscription": str(subscription)}
    return {"curl": CURL.format(**facts), "Python": PYTHON.format(**facts)}


def home_assistant(settings: Settings, token: str, point: int) -> tuple[str, str]:
    """What goes into the secrets of Home Assistant, and what into its configuration."""
    return SECRETS.format(token=token), HOME_ASSISTANT.format(**_facts(settings, point))


def _facts(settings: Settings, point: int) -> dict[str, str]:
    return {"api": f"{settings.base_url}/api/v1", "resource": settings.resource_url, "point": str(point)}
