"""A notice of moving abroad, on a day that may be still to come."""
