"""A card that somebody found is handed in: it is noted, and its holder is told when they come."""
