"""A person's card and certificates, as the agency has them and as they lie on the reader.

What procedures and applications share of it: how things stand, what an act makes of them, the reader, the
PINs on their way to the card, the relaying of the agency's commands.
"""
