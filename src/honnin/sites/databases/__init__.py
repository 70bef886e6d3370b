"""The databases of the roles: which there are, what stands in each, and their files."""
