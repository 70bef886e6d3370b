"""Keys that are not in files alone: the PKCS#11 token, and the master keys from which the keys of cards are
derived.
"""
