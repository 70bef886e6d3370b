"""Commands about a PDF: sign it, and verify it."""
