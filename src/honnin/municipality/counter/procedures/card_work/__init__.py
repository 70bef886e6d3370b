"""A card that was handed out: brought up to date, cleared, taken back."""
