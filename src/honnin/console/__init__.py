"""What the screens of every role have: the frame, signing in, the pages of errors. It knows no actor."""
