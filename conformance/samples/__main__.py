"""`python -m conformance.samples FOLDER` writes the sample files out, and the table of what each must fail."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.samples.catalogue import write


def main(words: list[str] | None = None) -> int:
    """Write the samples below the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m conformance.samples", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the files are to stand; it is made if need be")
    given = parser.parse_args(words)
    count = write(given.folder)
    sys.stdout.write(f"{count} files, and {given.folder / 'samples.csv'} says what each must fail.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
