"""Revocation at a holder's request or for a compromised key: applied for, examined, carried out (terms 7)."""
