"""Copies of documents that were shown: read from a scanner, sealed, kept."""
