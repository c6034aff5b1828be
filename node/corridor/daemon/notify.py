"""Tells systemd how the node is (sd_notify): ready, reloading, stopping, alive.

The protocol is one datagram to the socket named in NOTIFY_SOCKET; without it nothing is sent.
"""

import contextlib
import os
import socket


def notify(state: str) -> bool:
    """Send `state`, for example "READY=1"; returns whether there was somebody to tell.

    A service manager that does not listen must not stop the node: failures are ignored.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
    ):
        out.connect(address)
        out.sendall(state.encode())
        return True
    return False


def watchdog_interval_s() -> float | None:
    """Return how often systemd wants a sign of life, half its deadline; None if it does not."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    return int(usec) / 2_000_000 if usec.isdecimal() and int(usec) > 0 else None
