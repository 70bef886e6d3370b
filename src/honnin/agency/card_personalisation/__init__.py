"""What is written onto a card before it is handed out: its holder in text and pictures, signed."""
