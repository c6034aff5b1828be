"""Floor 5: the conversation of two endpoints. Streams, receipts, windows and repair."""
