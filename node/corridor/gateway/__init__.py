"""Floor 8: the way in and out for national systems."""
