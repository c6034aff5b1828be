"""Messages on the local socket: four bytes of length, big-endian, then protobuf."""

import socket
import struct
from typing import Final

from corridor.errors import LocalTrouble

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
"""One record of the greatest length (48 MiB), or 1,024 of 64 KiB; more is sent in parts."""
_LENGTH: Final = struct.Struct(">I")


def send_message(connection: socket.socket, body: bytes) -> None:
    """Send one message.

    Raises:
        LocalTrouble: It is longer than MAX_MESSAGE_BYTES; nothing was sent.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise LocalTrouble(f"a message of at most {MAX_MESSAGE_BYTES} bytes, not {len(body)}")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive_message(connection: socket.socket) -> bytes | None:
    """Return the next message, or None where the other side has closed between two.

    Raises:
        LocalTrouble: The message is too long or ends half-way.
    """
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    (size,) = _LENGTH.unpack(head)
    if size > MAX_MESSAGE_BYTES:
        raise LocalTrouble(f"a message of at most {MAX_MESSAGE_BYTES} bytes, not {size}")
    body = _exactly(connection, size) if size else b""
    if body is None:
        raise LocalTrouble("the connection ended in the middle of a message")
    return body


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            if parts:
                raise LocalTrouble("the connection ended in the middle of a message")
            return None
        parts += part
    return bytes(parts)
