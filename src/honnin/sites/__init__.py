"""Composition roots: which roles one process plays, their settings and addresses, the `honnin` command.

Sites start actors and connect them; no decision of law and no byte of a certificate is made here.
"""
