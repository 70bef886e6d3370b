"""A notice of moving to another municipality (法第12条)."""
