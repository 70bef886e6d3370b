"""The messages between actors, and the line that carries them."""
