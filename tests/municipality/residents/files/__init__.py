"""Residents from a file and into one."""
