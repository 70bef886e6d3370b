"""機構: the organisation that certifies – records, authorities, cards, issuance, revocation, status, hotline.

Rooms import in one direction: records ← authority, cards ← issuance, revocation ← status, hotline.
"""
