"""What templates of every role may load."""
