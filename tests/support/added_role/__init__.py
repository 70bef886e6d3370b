"""A small role that a test adds to the others: a library, its declaration and its room with memory."""
