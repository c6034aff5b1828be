"""Whether a broker can be reached: name, port, TLS, AMQP; one attempt, and its first fault.

Rule: after the TLS handshake only AMQP's greeting is sent, which names no user: no login is tried
and no queue is touched. Without it nobody knows whether the other side takes our certificate, for
in TLS 1.3 it says so after the handshake.
"""

import socket
import ssl
from enum import StrEnum
from typing import Final, NamedTuple

from corridor.transport.broker import BrokerAddress
from corridor.transport.connection import why

_TIMEOUT_S: Final = 5.0
_GREETING: Final = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME: Final = 1  # what AMQP 0-9-1 answers with
_EXPIRED: Final = 10  # of X509_V_ERR_*, as the next ones
_NOT_YET: Final = 9
_OTHER_NAME: Final = 62
_OTHER_CA: Final = frozenset({2, 7, 18, 19, 20, 21, 24, 30})
"""No issuer is known, or one of that name with another key."""


class Obstacle(StrEnum):
    """What stands between us and a broker."""

    NAME = "name"
    """No name server knows the host."""
    OWN_FILES = "own_files"
    """Our certificates cannot be used."""
    NOBODY = "nobody"
    """Nothing listens there, or nothing lets us through."""
    OTHER_CA = "other_ca"
    """Its certificate is from another CA than the one we were told."""
    OTHER_NAME = "other_name"
    """Its certificate is for another name."""
    EXPIRED = "expired"
    """Its certificate has ended, or does not count yet."""
    TURNED_AWAY = "turned_away"
    """It does not take our certificate."""
    STRANGER = "stranger"
    """What answers is no broker over TLS."""


class Found(NamedTuple):
    """What stands in the way, and a sentence about it."""

    obstacle: Obstacle
    what: str


def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a name, or of an address itself; none where nobody knows it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({str(entry[4][0]) for entry in found}))


def obstacle(address: BrokerAddress, timeout_s: float = _TIMEOUT_S) -> Found | None:
    """Return what keeps us from a broker, or None where it greets us."""
    if not resolve(address.host):
        return Found(Obstacle.NAME, f"no name server knows {address.host}")
    try:
        context = ssl.create_default_context(cafile=str(address.ca_file))
        context.load_cert_chain(str(address.cert_file), str(address.key_file))
    except (OSError, ssl.SSLError) as error:
        return Found(Obstacle.OWN_FILES, f"certificates cannot be used: {why(error)}")
    try:
        plain = socket.create_connection((address.host, address.port), timeout_s)
    except OSError as error:
        return Found(Obstacle.NOBODY, why(error))
    with plain:
        try:
            tls = context.wrap_socket(plain, server_hostname=address.server_name)
        except ssl.SSLCertVerificationError as error:
            return _unverified(error, address)
        except (OSError, ValueError) as error:
            return _broken(error)
        with tls:
            return _greet(tls)


def _greet(tls: ssl.SSLSocket) -> Found | None:
    try:
        tls.sendall(_GREETING)
        answer = tls.recv(1)
    except TimeoutError:
        return Found(Obstacle.STRANGER, "something answers over TLS and does not greet as a broker")
    except (OSError, ValueError) as error:  # its certificate was right: ours is what it minds
        return Found(Obstacle.TURNED_AWAY, f"it does not take our certificate: {why(error)}")
    if not answer:
        what = "it closed the connection as soon as it saw our certificate"
        return Found(Obstacle.TURNED_AWAY, what)
    if answer[0] != _METHOD_FRAME:
        return Found(Obstacle.STRANGER, "something answers over TLS that is no broker")
    return None


def _unverified(error: ssl.SSLCertVerificationError, address: BrokerAddress) -> Found:
    code = error.verify_code
    if code in {_EXPIRED, _NOT_YET}:
        when = "has ended" if code == _EXPIRED else "does not count yet"
        return Found(Obstacle.EXPIRED, f"its certificate {when}")
    if code == _OTHER_NAME:
        return Found(Obstacle.OTHER_NAME, f"its certificate is not for {address.server_name}")
    if code in _OTHER_CA:
        what = f"its certificate is from another CA than {address.ca_file.name}"
        return Found(Obstacle.OTHER_CA, f"{what} ({error.verify_message})")
    return Found(Obstacle.OTHER_CA, error.verify_message)


def _broken(error: Exception) -> Found:
    """Tell a peer that refuses our certificate from one that speaks no TLS."""
    reason = getattr(error, "reason", "") or ""
    if "ALERT" in reason or isinstance(error, ConnectionResetError | BrokenPipeError):
        return Found(Obstacle.TURNED_AWAY, f"it does not take our certificate: {why(error)}")
    if isinstance(error, TimeoutError):
        return Found(Obstacle.STRANGER, "something listens there and does not answer as a broker")
    return Found(Obstacle.STRANGER, f"what answers there is no broker over TLS: {why(error)}")
