"""Whether a broker can be reached: name, port, TLS; one attempt, and its first fault in words.

Rule: nothing is said to the broker beyond the TLS handshake, so that no login is tried and no
queue is touched; whether it lets us in is what the link itself shows.
"""

import socket
import ssl
from typing import Final

from corridor.transport.broker import BrokerAddress
from corridor.transport.connection import why

_TIMEOUT_S: Final = 5.0


def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a name, or of an address itself; none where nobody knows it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({str(entry[4][0]) for entry in found}))


def unreachable(address: BrokerAddress, timeout_s: float = _TIMEOUT_S) -> str | None:
    """Return why a TLS session with a broker cannot be had, or None where it can."""
    if not resolve(address.host):
        return f"no name server knows {address.host}"
    try:
        context = ssl.create_default_context(cafile=str(address.ca_file))
        context.load_cert_chain(str(address.cert_file), str(address.key_file))
    except (OSError, ssl.SSLError) as error:
        return f"certificates cannot be used: {why(error)}"
    try:
        with (
            socket.create_connection((address.host, address.port), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=address.server_name),
        ):
            return None
    except (OSError, ValueError) as error:
        return why(error)
