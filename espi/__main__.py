"""`python -m espi` is the `espi` command."""

import sys

from espi.cli import main

sys.exit(main())
