"""Reads bodies before anything else sees them: within a limit, in time, within what all may take.

Rules:

* a body that says that it is too large is not kept at all, and one that grows too large is let go;
* whoever sends too much may finish, within reason: else it sees a reset and not the answer;
* what is held counts until its request is answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from corridor.gateway.http.problems import Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_S: Final = 30.0
"""How long a body may take to come, and an answer to be taken."""
MIB: Final = 1024 * 1024
LIMITS: Final = {"/v1/records": 20 * MIB, "/v1/records:bulk": 16 * MIB}
"""The largest NCTS messages that national test suites send; a bulk of full size."""
MAX_BODY: Final = 64 * 1024
_PART: Final = 256 * 1024
"""A part of a file."""
MAX_HELD: Final = 64 * MIB
"""What the bodies of all requests under way may take together."""
_DRAIN_S: Final = 2.0
_DRAIN_BYTES: Final = 64 * MIB


class Bodies:
    """The bodies of all requests under way; used in one event loop."""

    def __init__(self) -> None:
        """Hold none."""
        self.held = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the whole body of a request; `release` it when the request is answered.

        Raises:
            Problem: too_large, too_slow or busy.
        """
        limit = LIMITS.get(scope["path"], _PART if _is_part(scope["path"]) else MAX_BODY)
        body = bytearray()
        try:
            if _told_size(scope) > limit:
                await _drain(receive)
                raise _too_large(limit)
            async with asyncio.timeout(BODY_S):
                await self._fill(body, receive, limit)
        except TimeoutError:
            self.held -= len(body)
            raise Problem("too_slow", headers={"Connection": "close"}) from None
        except Problem:
            self.held -= len(body)
            raise
        except asyncio.CancelledError:
            self.held -= len(body)
            raise
        return bytes(body)

    async def _fill(self, body: bytearray, receive: Receive, limit: int) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem("too_slow", "The client went away.")
            part = message.get("body", b"")
            body += part
            self.held += len(part)
            more = message.get("more_body", False)
            if len(body) > limit:
                self.release(body)
                body.clear()
                await _drain(receive, more=more)
                raise _too_large(limit)
            if self.held > MAX_HELD:
                raise Problem("busy", headers={"Retry-After": "1", "Connection": "close"})

    def release(self, body: bytes | bytearray) -> None:
        """Hold a body no more."""
        self.held -= len(body)


def _is_part(path: str) -> bool:
    return path.startswith("/v1/attachments/") and "/parts/" in path


def _told_size(scope: Scope) -> int:
    """Return the size that the head tells; h11 has refused what is no number."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


async def _drain(receive: Receive, *, more: bool = True) -> None:
    rest = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            while more and rest < _DRAIN_BYTES:
                message = await receive()
                rest += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return


def _too_large(limit: int) -> Problem:
    return Problem(
        "too_large", f"A body has at most {limit} bytes here.", headers={"Connection": "close"}
    )


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that hands the body on once, and then waits for the client to go away."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
