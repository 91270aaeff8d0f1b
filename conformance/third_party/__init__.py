"""What a third party does: it asks for consent and for tokens, and proves that it holds a key."""
