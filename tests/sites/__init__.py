"""Composition roots: homes, databases, the tables of errors."""
