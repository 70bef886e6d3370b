"""Speeds, always as ratios to the raw limit measured in the same run, never as absolute times alone."""
