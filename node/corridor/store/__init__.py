"""Floor 6: what survives a crash. The one door to SQLite."""
