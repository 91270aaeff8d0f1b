"""ESPI REST: every declared resource as routes, and their answers."""
