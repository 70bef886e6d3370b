"""Composition roots: an installation, the roles that a process plays, their settings, pages and servers.

Sites start actors and connect them; no decision of law and no byte of a certificate is made here.
"""
