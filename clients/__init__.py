"""Independent programs against our feeds: `python -m clients`."""
