"""pika's connection as Corridor uses it: mutual TLS, one write per message, a socket to drop.

Rules:

* this is the innermost door: what pika 1.4 offers only as protected methods is used here alone;
* certificates are read anew for each connection, so that renewed files need no restart;
* `why` turns whatever pika or the system reports into one line for a person.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import get_ident
from typing import Final

from pika import ConnectionParameters, SSLOptions
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.adapters.utils.selector_ioloop_adapter import SelectorIOServicesAdapter
from pika.credentials import ExternalCredentials
from pika.exceptions import (
    ChannelClosed,
    ChannelClosedByClient,
    ConnectionClosed,
    InvalidFrameError,
    StreamLostError,
)
from pika.frame import decode_frame

from corridor.errors import LinkTrouble
from corridor.transport.broker import BrokerAddress

_CONNECT_TIMEOUT_S: Final = 10
_LONGEST_REASON: Final = 300
_DEEPEST_CAUSE: Final = 8  # pika wraps a failure four times
_RECEIVE_BYTES: Final = 65_536
_FRAME_OVERHEAD: Final = 8  # type, channel (2), length (4) and the end mark

Opened = Callable[["LeanConnection"], None]
Gone = Callable[["LeanConnection", BaseException], None]


class LeanLoop(IOLoop):  # type: ignore[misc]  # pika carries no types
    """A loop that wakes itself only when another thread asks.

    pika's own sends a byte through a socket for each callback, also to itself.
    """

    _thread: int | None = None

    def start(self) -> None:
        """Run the loop in this thread until it is stopped."""
        self._thread = get_ident()
        super().start()

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        """Run `callback` at the end of this turn, or as soon as possible from another thread."""
        self._callbacks.append(callback)  # a waiting callback lets the loop not wait for sockets
        if get_ident() != self._thread:
            self._poller.wake_threadsafe()

    add_callback = add_callback_threadsafe


class LeanServices(SelectorIOServicesAdapter):  # type: ignore[misc]  # pika carries no types
    """What a connection asks of the loop, without one way in which pika ends the loop."""

    def create_streaming_connection(
        self,
        protocol_factory: Callable[[], object],
        sock: socket.socket,
        on_done: Callable[[object], None],
        ssl_context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> object:
        """Set up TLS; a socket that was reset just after it connected is a failed dial."""
        try:
            return super().create_streaming_connection(
                protocol_factory, sock, on_done, ssl_context, server_hostname
            )
        except ValueError as error:
            # a broker that is starting or a relay on the way: pika takes it for our mistake
            sock.close()
            return _Given(self, on_done, ConnectionResetError(str(error)))


class _Given:
    """An answer that is given in a later turn, unless it is called off."""

    def __init__(
        self, loop: LeanServices, on_done: Callable[[object], None], answer: BaseException
    ) -> None:
        self._off = False

        def give() -> None:
            if not self._off:
                on_done(answer)

        loop.add_callback_threadsafe(give)

    def cancel(self) -> bool:
        """Call it off."""
        self._off = True
        return True


class LeanConnection(SelectConnection):  # type: ignore[misc]  # pika carries no types
    """A connection that writes a message at once and can be dropped without ceremony."""

    def _proto_connection_made(self, transport: object) -> None:
        # pika reads 4 KiB at a time; a TLS record holds 16
        transport._MAX_RECV_BYTES = _RECEIVE_BYTES  # type: ignore[attr-defined]  # noqa: SLF001
        self._unread = bytearray()
        super()._proto_connection_made(transport)

    def _on_data_available(self, data_in: bytes) -> None:
        # pika copies the whole buffer for each frame and tries again at each piece of a large one
        unread = self._unread
        unread += data_in
        at, size = 0, len(unread)
        while size - at >= _FRAME_OVERHEAD:
            end = at + _FRAME_OVERHEAD + int.from_bytes(unread[at + 3 : at + 7], "big")
            if end > size:
                break
            consumed, frame = decode_frame(bytes(unread[at:end]))
            if frame is None or consumed != end - at:
                raise InvalidFrameError("a frame of another length than it says")
            at = end
            self.bytes_received += consumed
            self._process_frame(frame)
        del unread[:at]

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        # pika writes method, header and each body frame apart: three TLS records and system calls
        joined = b"".join(marshaled_frames)
        self.bytes_sent += len(joined)
        self.frames_sent += len(marshaled_frames)
        self._adapter_emit_data(joined)

    def drop(self, reason: str) -> None:
        """Close the socket without asking the broker; `on_gone` follows in a later turn."""
        if not self.is_closed:
            self._terminate_stream(StreamLostError(reason))

    def sever(self) -> None:
        """Shut the socket down from any thread, when the loop no longer answers."""
        transport = self._transport
        if transport is not None and transport._sock is not None:  # noqa: SLF001 - see the rules
            with suppress(OSError):  # the peer was faster
                transport._sock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001

    def dispose(self) -> None:
        """Close the socket of a connection whose loop has ended, also while it was being made."""
        dialled = getattr(getattr(self._connection_workflow, "_connector", None), "_sock", None)
        if dialled is not None:
            dialled.close()
        transport = self._transport
        if transport is not None:
            transport._close_and_finalize()  # noqa: SLF001 - its loop can no longer do it


def connect(
    address: BrokerAddress, loop: LeanLoop, blocked_timeout_s: float, opened: Opened, gone: Gone
) -> LeanConnection:
    """Begin to connect to `address` on `loop`; `opened` or `gone` is called in a later turn.

    Raises:
        LinkTrouble: A certificate or key cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(address.ca_file))
        context.load_cert_chain(str(address.cert_file), str(address.key_file))
    except (OSError, ssl.SSLError) as error:
        raise LinkTrouble(f"certificates for {address.host}: {why(error)}") from error
    parameters = ConnectionParameters(
        host=address.host,
        port=address.port,
        virtual_host=address.vhost,
        credentials=ExternalCredentials(),
        ssl_options=SSLOptions(context, address.server_name),
        heartbeat=address.heartbeat_s,
        blocked_connection_timeout=blocked_timeout_s,
        socket_timeout=_CONNECT_TIMEOUT_S,
        stack_timeout=_CONNECT_TIMEOUT_S + 5,
    )
    return LeanConnection(
        parameters,
        on_open_callback=opened,
        on_open_error_callback=gone,
        on_close_callback=gone,
        custom_ioloop=LeanServices(loop),
    )


def why(error: BaseException) -> str:
    """Return one line that names the innermost cause pika or the system reported."""
    for _ in range(_DEEPEST_CAUSE):
        inner = _inner(error)
        if inner is None:
            break
        error = inner
    if isinstance(error, ChannelClosedByClient):
        return str(error.reply_text)  # our own words; the code is none of the broker's
    if isinstance(error, ConnectionClosed | ChannelClosed):
        return f"{error.reply_code} {error.reply_text}"[:_LONGEST_REASON]
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:_LONGEST_REASON]


def _inner(error: BaseException) -> BaseException | None:
    failures: tuple[object, ...] = tuple(getattr(error, "exceptions", ()) or error.args)
    for candidate in (getattr(error, "exception", None), *reversed(failures)):
        if isinstance(candidate, BaseException):
            return candidate
    return None
