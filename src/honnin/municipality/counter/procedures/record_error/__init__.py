"""An error in what a certificate says, found at the counter: it is revoked at once (Act 13, 32)."""
