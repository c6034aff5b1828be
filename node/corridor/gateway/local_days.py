"""Days with partners over the local socket."""

import json
from collections.abc import Callable
from typing import Any

from corridor.daemon.days import Days
from corridor.wire.v1 import local_pb2 as local

Answer = Callable[[local.LocalRequest], local.LocalReply]


def days_answers(days: Days) -> dict[str | None, Answer]:
    """Return what answers each request about days, by the request's name."""

    def show_all(request: local.LocalRequest) -> local.LocalReply:
        asked = request.days
        return _reply(days.all(asked.peer, asked.day, asked.limit))

    def show(request: local.LocalRequest) -> local.LocalReply:
        return _reply(days.show(request.day.peer, request.day.day))

    def count(request: local.LocalRequest) -> local.LocalReply:
        return _reply(days.count(request.count_days.peer, request.count_days.day))

    return {"days": show_all, "day": show, "count_days": count}


def _reply(found: dict[str, Any]) -> local.LocalReply:
    return local.LocalReply(days=local.DaysReply(json=json.dumps(found)))
