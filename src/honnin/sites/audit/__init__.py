"""Audit of an installation: whether records, journal, responder, lists and files agree."""
