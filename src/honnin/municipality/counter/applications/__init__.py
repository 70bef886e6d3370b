"""What all applications have in common, whatever is applied for; what differs, procedures declare."""
