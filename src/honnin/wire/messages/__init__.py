"""The messages between actors, one module for each story."""
