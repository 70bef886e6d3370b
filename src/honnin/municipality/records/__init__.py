"""The municipality's journal: what its counter did, and whom it looked at."""
