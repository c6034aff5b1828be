"""`corridor agreement`: what two members agreed to exchange."""

from corridor.cli.leave import agreement as command

__all__ = ["command"]
