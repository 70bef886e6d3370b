"""What every application that brings certificates has in common, whichever procedure receives it."""
