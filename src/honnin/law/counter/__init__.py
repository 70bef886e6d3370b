"""Acts at a counter in law: eligibility, identity, PIN reset, and what a clerk may do."""
