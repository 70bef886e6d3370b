"""The card itself: command bytes in, response bytes out, with a small durable state."""
