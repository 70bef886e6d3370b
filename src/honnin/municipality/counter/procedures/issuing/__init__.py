"""Certificates: applied for, issued onto a card, handed over (terms 3 and 4)."""
