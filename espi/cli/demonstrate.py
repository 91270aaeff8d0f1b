"""`espi demo`: the demonstration market, and who may log in to it."""

from __future__ import annotations

import argparse
import json
import sys

from espi import demo
from espi.cli.home import open_home
from espi.cli.words import Words
from espi.config import Settings

SHOWN_CUSTOMERS = 4
SANDBOX = """\
# Written by `espi demo`: developers may register by themselves, and apps may be on this machine. Not for production.
sandbox = true
notify_private = true
"""


def add(words: Words) -> None:
    """Add `espi demo`."""
    words.command("demo", load, "Load the demonstration market and write demo.json; again and again if need be.")


def load(settings: Settings, given: argparse.Namespace) -> int:
    """Load what is missing of the market and print what to try first."""
    del given
    with open_home(settings, secret=demo.ID_NAMESPACE) as database:
        market = demo.load(database, settings, say=lambda line: print(line, file=sys.stderr))
    settle(settings)
    print_logins(market)
    return 0


def settle(settings: Settings) -> None:
    """Let a home folder without settings of its own have those of a sandbox, whose apps are on the same machine."""
    path = settings.home / "espi.toml"
    if not path.exists():
        authority = json.dumps(str((settings.home / "ca.pem").absolute()))
        path.write_text(f"{SANDBOX}trust_ca = {authority}\n", "utf-8")


def print_logins(market: demo.Facts) -> None:
    """The logins of demo.json and what to try first, in lines that can be copied whole."""
    first = market["customers"][0]
    shown = [
        (one, f"{one['name']}, {len(one['usage_points'])} meters") for one in market["customers"][:SHOWN_CUSTOMERS]
    ]
    shown += [(one, f"{one['role']} {one['of']}".strip()) for one in market["staff"]]
    rows = [("LOGIN", "PASSWORD", "TOTP KEY", "WHO")]
    rows += [(one["login"], one["password"], one["totp"] or "-", who) for one, who in shown]
    print("\nThe demonstration market is loaded. Some of its logins:\n")
    for login, password, totp, who in rows:
        print(f"  {login:<12}{password:<26}{totp:<34}{who}")
    print(f"""
All of them, and every id, are in {market["path"]}.

What to try first:
  1. Open {market["base"]} and accept the browser's warning, or trust {market["ca"]} in the home folder.
  2. Log in as {first["login"]} with the password {first["password"]}: yesterday's chart is there.
  3. Click the Green Button and open the file it gives.
  4. Connect an app: .venv/bin/python -m examples.third_party, then open https://localhost:8445.
  5. Register an app of your own at {market["base"]}/developers.
""")
