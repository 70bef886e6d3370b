"""Procedures of the counter that tests add."""
