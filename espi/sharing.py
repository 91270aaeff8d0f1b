"""The life of a grant: given, changed, ended; invited, accepted, rejected."""
