"""Chores, the periodic work of an installation: one round, rounds in a thread, and whether they are done."""
