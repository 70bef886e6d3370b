"""The card room: every command byte for byte, cuts at every point, and bytes that mean nothing."""
