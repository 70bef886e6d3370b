"""Certificates that are about to expire, renewed on the card that their holder has."""
