"""What is said to the agency, and what the world is told by it."""
