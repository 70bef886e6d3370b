"""A loss that was reported by telephone: reported here too, or over since the card was found (terms 9)."""
