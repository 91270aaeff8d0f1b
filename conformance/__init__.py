"""The test kit of Green Button (ESPI): judges any file and any data custodian, and shows the evidence.

It knows the standard and nothing of any server: not of ours either.
"""

__version__ = "0.1.0"
