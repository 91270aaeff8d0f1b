"""The database, and the only SQL."""
