"""An entry that is removed for a death, or by the municipality itself."""
