"""Cards for tests: their keys and certificates, the issuer's side and a reader, and what goes wrong."""
