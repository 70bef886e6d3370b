"""Renewal at the counter."""
