"""Composition roots: homes, databases, processes, what every installation does."""
