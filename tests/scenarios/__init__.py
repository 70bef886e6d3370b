"""Stories that a citizen would tell, played through every room."""
