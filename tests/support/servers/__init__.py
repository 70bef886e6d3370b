"""Servers under test, and clients that no browser is."""
