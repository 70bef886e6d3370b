"""Revocation lists and CA certificates as files that anyone may be handed."""
