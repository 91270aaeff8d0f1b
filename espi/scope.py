"""ESPI scope strings: parsed, compared, explained."""
