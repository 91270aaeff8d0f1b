"""The `espi` command: parses words, calls one function, prints."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from espi import __version__, config, log
from espi.cli import (
    completeness,
    consent,
    demonstrate,
    directory,
    docs,
    download,
    events,
    export,
    home,
    intake,
    keeping,
    premises,
    serve,
    third_party,
    vee,
    work,
)
from espi.cli.words import Words
from espi.errors import EspiError

FAILED = 1
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say. Exit status: 0 done, 1 failed, 2 words not understood, 3 done in part (intake)."""
    given = vocabulary().parser.parse_args(words)
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


def vocabulary() -> Words:
    """Every command there is."""
    parser = argparse.ArgumentParser(prog="espi", description="A Green Button (ESPI) data custodian.")
    parser.add_argument("--version", action="version", version=f"espi {__version__}")
    words = Words(parser, "espi")
    home.add(words)
    demonstrate.add(words)
    serve.add(words)
    work.add(words)
    intake.add(words)
    vee.add(words)
    completeness.add(words)
    download.add(words)
    export.add(words)
    keeping.add(words)
    directory.add(words)
    third_party.add(words)
    premises.add(words)
    events.add(words)
    consent.add(words)
    docs.add(words)
    return words
