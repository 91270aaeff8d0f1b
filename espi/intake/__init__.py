"""Utilities' files come in: LSE and Green Button files are read, checked and loaded."""
