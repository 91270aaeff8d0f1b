"""`espi docs build`: the pages of `docs/` that are made from declarations. A test fails when they are stale."""

from __future__ import annotations

import argparse
from pathlib import Path

from espi.cli import compliance_page, market_pages, pages, resource_pages, vocabulary
from espi.cli.words import Words
from espi.config import SETTINGS, Settings

FOLDER = Path(__file__).parents[2] / "docs"


def add(words: Words) -> None:
    """Add `espi docs`."""
    group = words.group("docs", "Documentation.")
    parser = group.command("build", build, "Write the generated pages.")
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="where to (this checkout's docs)")


def build(settings: Settings, given: argparse.Namespace) -> int:
    """Write each page, and remove resource pages of resources that are gone."""
    del settings
    made = generated(vocabulary())
    for old in (given.folder / "resources").glob("*.md"):
        if f"resources/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        path = given.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    print(f"{len(made)} pages written to {given.folder}")
    return 0


def generated(words: Words) -> dict[str, str]:
    """Every generated page: its path below `docs/` and its text."""
    return {
        "settings.md": pages.settings(SETTINGS),
        "commands.md": pages.commands(words),
        "roles.md": pages.roles(),
        "api-operations.md": market_pages.operations(),
        "compliance.md": compliance_page.compliance(),
        **resource_pages.every(),
    }
