"""A notice of moving in from another municipality."""
