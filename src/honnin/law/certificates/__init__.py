"""Certificates in law: whether one has effect, what ends it, the temporary hold."""
