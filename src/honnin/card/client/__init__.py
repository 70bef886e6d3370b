"""The client side of a card: sessions, files, PIN tries and traces, over any transport."""
