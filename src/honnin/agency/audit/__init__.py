"""What the agency records, publishes and answers, held against its journal and its keys."""
