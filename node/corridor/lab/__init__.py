"""Floor 8: a whole network on one machine."""
