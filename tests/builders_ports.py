"""A port that stays free until the program under test takes it."""

from functools import cache

from corridor.lab.ports import PortLease


@cache
def _lease() -> PortLease:
    """One for the whole run of tests; its locks end with the process."""
    return PortLease()


def free_port() -> int:
    """Return a port of 127.0.0.1 that no outgoing connection and no other test is given.

    A port that the kernel chose (`bind` to 0) is in the range of outgoing connections: a test
    beside this one may have it before the program that was told to listen there has started.
    """
    (port,) = _lease().take()
    return port
