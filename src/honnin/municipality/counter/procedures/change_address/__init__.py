"""A move within the municipality, or another writing of an address."""
