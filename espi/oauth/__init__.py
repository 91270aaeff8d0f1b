"""OAuth 2.0 with the ESPI profile: clients, consent, tokens."""
