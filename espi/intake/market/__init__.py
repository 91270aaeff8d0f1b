"""Market events: what follows from them, and files of them."""
