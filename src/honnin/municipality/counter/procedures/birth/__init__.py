"""A child that was born is entered where a parent is."""
