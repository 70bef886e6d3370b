"""The log: its lines, and the sums of equal ones."""
