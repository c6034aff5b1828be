"""Floor 1: customs words. Countries, endpoints, identifiers and the movement."""
