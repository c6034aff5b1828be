"""Generated from proto/corridor/wire/v1; never edited, not in git."""
