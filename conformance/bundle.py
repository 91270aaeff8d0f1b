"""The kit as one file that Python runs: `python -m conformance.bundle conformance.pyz`, then `python conformance.pyz`.

The file holds the kit, its table, its samples and the schemas. lxml, which is compiled, cannot be in it: the machine
that runs the file must have it (`pip install lxml`, or `python3-lxml` of Debian), and says so if not.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

INTERPRETER = b"#!/usr/bin/env python3\n"
MADE_AT = (2020, 1, 1, 0, 0, 0)
"""The time of every member: the same files make the same archive."""

START = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("The kit needs Python 3.11 or later.")
try:
    import lxml.etree
except ImportError:
    print("The kit needs lxml: `python3 -m pip install lxml`, or `apt-get install python3-lxml`.", file=sys.stderr)
    sys.exit(2)
from conformance.cli import main

sys.exit(main())
"""


def bundle(target: Path) -> None:
    """Write the archive to `target`, so that it can be run."""
    with target.open("wb") as out:
        out.write(INTERPRETER)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(_members()):
                archive.writestr(_member(name), content)
    target.chmod(0o755)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, MADE_AT)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


def _members() -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", START.encode()
    yield "xsd/__init__.py", b'"""The schemas."""\n'  # data in an archive is found through a package only
    for package in ("conformance", "xsd"):
        yield from _files(resources.files(package), package)


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for child in folder.iterdir():
        if child.name in {"__pycache__", "build"} or child.name.endswith(".egg-info"):
            continue
        if child.is_dir():
            yield from _files(child, f"{path}/{child.name}")
        elif (path, child.name) != ("xsd", "__init__.py"):
            yield f"{path}/{child.name}", child.read_bytes()


def main(words: Sequence[str] | None = None) -> int:
    """Write the archive that the command line names."""
    parser = argparse.ArgumentParser(prog="conformance.bundle", description="Write the kit as one file.")
    parser.add_argument("target", type=Path, metavar="OUT.pyz")
    bundle(parser.parse_args(words).target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
