"""Holds and erasure over the local socket."""

import json
from collections.abc import Callable
from typing import Any

from corridor.daemon.keeping import Keeping
from corridor.wire.v1 import local_pb2 as local

Answer = Callable[[local.LocalRequest], local.LocalReply]


def keeping_answers(keeping: Keeping) -> dict[str | None, Answer]:
    """Return what answers each request about keeping, by the request's name."""

    def place(request: local.LocalRequest) -> local.LocalReply:
        asked = request.place_hold
        until_ms = asked.until_ms if asked.HasField("until_ms") else None
        return _reply(keeping.place(asked.kind, asked.value, asked.reason, asked.by, until_ms))

    def release(request: local.LocalRequest) -> local.LocalReply:
        asked = request.release_hold
        return _reply(keeping.release(asked.number, asked.reason, asked.by))

    def holds(_request: local.LocalRequest) -> local.LocalReply:
        return _reply(keeping.holds())

    def erase(request: local.LocalRequest) -> local.LocalReply:
        asked = request.erase
        return _reply(keeping.erase(asked.record_id, asked.reason, asked.by))

    return {"place_hold": place, "release_hold": release, "holds": holds, "erase": erase}


def _reply(done: dict[str, Any]) -> local.LocalReply:
    return local.LocalReply(keeping=local.KeepingReply(json=json.dumps(done)))
