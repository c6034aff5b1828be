"""Corridor: customs administrations exchange transit records directly with each other."""

__version__ = "0.1.0"
