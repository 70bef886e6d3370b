"""Revocation at a holder's request or for a compromised key (terms 7)."""
