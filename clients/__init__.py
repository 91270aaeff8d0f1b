"""Independent programs against our feeds and our server: `python -m clients`."""
