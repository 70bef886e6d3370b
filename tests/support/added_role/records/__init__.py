"""The records of the library: its journal, its books and who works there."""
