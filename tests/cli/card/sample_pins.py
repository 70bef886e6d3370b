"""The PINs of a sample for which nobody chose others."""

SIGNATURE_PIN, AUTHENTICATION_PIN = "MIHON2026", "4126"
