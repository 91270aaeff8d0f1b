"""The `espi` command: parses words, calls one function, prints."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from espi import __version__, config, log
from espi.cli.words import Words
from espi.errors import EspiError

FAILED = 1
INTERRUPTED = 130

MODULES = {
    "home": ("init",),
    "demonstrate": ("demo",),
    "serve": ("serve",),
    "work": ("work", "jobs"),
    "intake": ("intake",),
    "vee": ("vee",),
    "completeness": ("completeness",),
    "download": ("download",),
    "export": ("export",),
    "files": ("files",),
    "backing": ("backup", "restore"),
    "keeping": ("retention", "hold", "store", "audit"),
    "directory": ("utility", "rep", "user"),
    "third_party": ("third-party",),
    "premises": ("usage-point", "customer", "switch"),
    "events": ("events",),
    "consent": ("consent",),
    "docs": ("docs",),
}
"""Which first words each module has: only that of the word that is given is loaded, for all together take seconds."""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say. Exit status: 0 done, 1 failed, 2 words not understood, 3 done in part (intake)."""
    spoken = sys.argv[1:] if words is None else words
    given = vocabulary(spoken[0] if spoken else "").parser.parse_args(spoken)
    try:
        settings = config.load()
        log.configure("WARNING" if settings.log_level == "INFO" else settings.log_level, json=settings.log_json)
        return int(given.do(settings, given))
    except EspiError as err:
        print(f"espi: {err.public}", file=sys.stderr)
        return FAILED
    except FileNotFoundError as err:
        print(f"espi: there is no {err.filename}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def vocabulary(first: str = "") -> Words:
    """Every command there is; or those of the module that has a first word, if one has it."""
    parser = argparse.ArgumentParser(prog="espi", description="A Green Button (ESPI) data custodian.")
    parser.add_argument("--version", action="version", version=f"espi {__version__}")
    words = Words(parser, "espi")
    for name in [name for name, its in MODULES.items() if first in its] or MODULES:
        importlib.import_module(f"{__name__}.{name}").add(words)
    return words
