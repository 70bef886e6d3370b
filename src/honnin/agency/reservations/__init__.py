"""Reservations of a PIN reset at a kiosk, for who knows the other PIN of the card and has the face on it."""
