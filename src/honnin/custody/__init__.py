"""Where secrets lie that must not be in a database: keys in encrypted files, secrets in plain ones.

Knows no role and nothing of what a key is for. Nothing here is ever written over, and nothing that was lost
is made anew by itself.
"""
