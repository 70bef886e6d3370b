"""PINs that were forgotten or blocked, set again (terms 10)."""
