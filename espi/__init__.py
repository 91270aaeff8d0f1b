"""The Green Button / ESPI Data Custodian."""

__version__ = "0.1.0"
