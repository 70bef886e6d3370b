"""Form input that is kept and shown again: in another language, after a fault, after a new sign-in."""
