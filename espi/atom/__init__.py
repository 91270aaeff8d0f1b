"""Declared resources to Atom and back: links, writer, hardened reader, and the fast path for interval blocks."""
