"""What a login is asked with."""

NONCE = "k" * 43 + "="
