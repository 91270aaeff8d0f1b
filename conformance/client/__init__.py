"""The kit as a third party: what it is told, what it sends, what comes back, and who it pretends to be."""
