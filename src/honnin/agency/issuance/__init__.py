"""Issuing: from an approved application to certificates on the card, in one resumable procedure.

The authentication certificate comes first, since it caps the signature certificate. A cut at any point
leaves what was there or what shall be; the same request, sent again, finishes it.
"""
