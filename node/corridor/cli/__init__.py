"""Floor 9: the command `corridor`. The one door to click and rich."""
