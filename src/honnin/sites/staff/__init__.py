"""Accounts of staff, and who looked at whom."""
