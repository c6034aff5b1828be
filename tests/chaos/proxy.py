"""A TCP relay on loopback that can be cut, stalled, slowed and made to spoil what it carries.

Rules:

* one thread with one event loop carries every relay; the methods may be called from any thread
  and return when what they ask for is done;
* `bites` counts what a fault has done to the traffic since it began: connections cut or refused,
  chunks withheld, delayed or spoilt. A fault with no bite proves nothing;
* bounded: a relay holds one chunk for each direction of a connection and lets TCP hold the rest.

Example:
    >>> with Relays() as relays:
    ...     way = relays.open("GE>TR", port, target_port)
    ...     way.cut()
    ...     way.heal()
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

_T = TypeVar("_T")
_CHUNK = 65_536
_LOOPBACK = "127.0.0.1"
_RESET = struct.pack("ii", 1, 0)  # close with RST, as a host does that has forgotten us
_CALL_S = 10.0


class Way:
    """One relay, from a port of ours to a port of a broker."""

    def __init__(self, name: str, port: int, target: int, run: "Relays") -> None:
        """Describe it; `Relays.open` makes it listen."""
        self.name = name
        self.port = port
        self.target = target
        self.bites = 0
        self._run = run
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter | None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay_s = 0.0
        self._spoil = 0
        self._is_cut = False

    # -- faults; any thread

    def cut(self) -> None:
        """Reset every connection, and each new one as soon as it is made."""
        self._run.call(self._cut)

    def refuse(self) -> None:
        """Reset every connection and listen no more: nobody is there."""
        self._run.call(self._vanish)

    def reset(self) -> None:
        """Reset every connection; new ones are let through."""
        self._run.call(self._drop_all)

    def stall(self) -> None:
        """Move no byte any more, neither on these connections nor on new ones: half-open."""
        self._begin(self._flowing.clear)

    def slow(self, delay_s: float) -> None:
        """Let each chunk, up to 64 KiB, wait so long."""
        self._begin(lambda: setattr(self, "_delay_s", delay_s))

    def corrupt(self, chunks: int = 1) -> None:
        """Change one bit in each of the next `chunks` chunks."""
        self._begin(lambda: setattr(self, "_spoil", chunks))

    def heal(self, *, reset: bool = False) -> None:
        """Carry everything again; `reset` first resets what was connected, as a new route does."""
        self._run.call(lambda: self._heal(reset=reset))

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return len(self._pairs)

    # -- the loop's thread

    def _begin(self, action: Callable[[], object]) -> None:
        async def begin() -> None:
            self.bites = 0
            action()

        self._run.call(begin)

    async def listen(self) -> None:
        """Listen; again after a cut."""
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, _LOOPBACK, self.port)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _cut(self) -> None:
        self.bites, self._is_cut = 0, True
        await self._drop_all()

    async def _vanish(self) -> None:
        self.bites = 0
        await self._refuse()
        await self._drop_all()

    async def _drop_all(self) -> None:
        for pair in tuple(self._pairs):
            self.bites += 1
            for writer in pair:
                if writer is not None:
                    _reset(writer)
        for task in tuple(self._tasks):
            task.cancel()

    async def _heal(self, *, reset: bool) -> None:
        self._delay_s, self._spoil, self._is_cut = 0.0, 0, False
        if reset:
            bites = self.bites
            await self._drop_all()
            self.bites = bites
        self._flowing.set()
        await self.listen()

    async def shut(self) -> None:
        """End it."""
        await self._refuse()
        await self._drop_all()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.bites += 1
            _reset(writer)
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter | None] = (writer, None)
        self._pairs.add(pair)
        try:
            await self._gate(count=1)
            far_reader, far = await asyncio.open_connection(_LOOPBACK, self.target)
            self._pairs.discard(pair)
            pair = (writer, far)
            self._pairs.add(pair)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far))
                group.create_task(self._pump(far_reader, writer))
        except (OSError, asyncio.CancelledError, ExceptionGroup):
            pass  # what an end of a relay sees of its broker's or its partner's end
        finally:
            self._pairs.discard(pair)
            self._tasks.discard(task)
            for one in pair:
                if one is not None:
                    _reset(one)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._gate(count=1)
            if self._delay_s:
                self.bites += 1
                await asyncio.sleep(self._delay_s)
            if self._spoil > 0:
                self._spoil -= 1
                self.bites += 1
                chunk = _spoilt(chunk)
            writer.write(chunk)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
        raise ConnectionResetError  # the other direction ends with this one

    async def _gate(self, count: int) -> None:
        if not self._flowing.is_set():
            self.bites += count
            await self._flowing.wait()


class Relays:
    """The thread in which all relays run; use as a context manager."""

    def __init__(self) -> None:
        """Make the loop; `__enter__` starts it."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relays", daemon=True)
        self.ways: dict[str, Way] = {}

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every relay and the thread."""
        for way in self.ways.values():
            self.call(way.shut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_S)
        if not self._thread.is_alive():
            self._loop.close()

    @property
    def running(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def open(self, name: str, port: int, target: int) -> Way:
        """Relay from `port` to `target`, both of 127.0.0.1."""
        way = Way(name, port, target, self)
        self.call(way.listen)
        self.ways[name] = way
        return way

    def call(self, action: Callable[[], Awaitable[_T]]) -> _T:
        """Run `action` in the loop's thread and wait for it."""

        async def run() -> _T:
            return await action()

        work: Coroutine[Any, Any, _T] = run()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_S)


def _spoilt(chunk: bytes) -> bytes:
    """Change one bit in the middle: TLS must find it."""
    at = len(chunk) // 2
    return chunk[:at] + bytes([chunk[at] ^ 0x40]) + chunk[at + 1 :]


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
