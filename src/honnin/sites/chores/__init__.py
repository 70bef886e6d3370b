"""What an installation does by itself: one round, rounds for ever, and whether they are done."""
