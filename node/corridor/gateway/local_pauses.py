"""Pauses of partners over the local socket."""

import json
from collections.abc import Callable
from typing import Any

from corridor.daemon.pausing import Pauses
from corridor.wire.v1 import local_pb2 as local

Answer = Callable[[local.LocalRequest], local.LocalReply]


def pause_answers(pauses: Pauses) -> dict[str | None, Answer]:
    """Return what answers each request about pauses, by the request's name."""

    def pause(request: local.LocalRequest) -> local.LocalReply:
        asked = request.pause
        return _reply(pauses.pause(asked.peer, asked.why, asked.by))

    def resume(request: local.LocalRequest) -> local.LocalReply:
        return _reply(pauses.resume(request.resume.peer))

    def show(_request: local.LocalRequest) -> local.LocalReply:
        return _reply(pauses.rows())

    return {"pause": pause, "resume": resume, "pauses": show}


def _reply(rows: list[dict[str, Any]]) -> local.LocalReply:
    return local.LocalReply(pauses=local.PausesReply(json=json.dumps(rows)))
