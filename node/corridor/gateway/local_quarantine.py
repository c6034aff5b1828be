"""The quarantine, and what could not be delivered, over the local socket."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from corridor.daemon.dead_letters import MAX_LISTED as MAX_LETTERS
from corridor.daemon.dead_letters import DeadLetters
from corridor.daemon.quarantine import MAX_LISTED, Quarantine
from corridor.wire.v1 import local_pb2 as local

_MOST: int = 2**63 - 1
"""The largest number a store knows; one in a request may be twice as large."""
Answer = Callable[[local.LocalRequest], local.LocalReply]


def quarantine_answers(quarantine: Quarantine) -> dict[str | None, Answer]:
    """Return what answers each request about the quarantine, by the request's name."""

    def listed(request: local.LocalRequest) -> local.LocalReply:
        asked = request.quarantine_list
        if not asked.items:
            return _reply(quarantine.groups())
        found = quarantine.items(
            link=asked.link, reason=asked.reason,
            before_ms=_number(asked.before_ms) if asked.HasField("before_ms") else None,
            after=_number(asked.after), limit=asked.limit or MAX_LISTED, done=asked.done,
        )  # fmt: skip
        return _reply(found)

    def show(request: local.LocalRequest) -> local.LocalReply:
        asked = request.quarantine_show
        shown = quarantine.show(_number(asked.number))
        return _reply(shown, quarantine.frame(_number(asked.number)) if asked.frame else b"")

    def note(request: local.LocalRequest) -> local.LocalReply:
        asked = request.quarantine_note
        return _reply(quarantine.note(_number(asked.number), asked.words, asked.by))

    def release(request: local.LocalRequest) -> local.LocalReply:
        asked = request.quarantine_release
        return _reply(quarantine.release(_numbers(asked.numbers), asked.why, asked.by))

    def reject(request: local.LocalRequest) -> local.LocalReply:
        asked = request.quarantine_reject
        return _reply(quarantine.reject(_numbers(asked.numbers), asked.why, asked.by))

    return {
        "quarantine_list": listed,
        "quarantine_show": show,
        "quarantine_note": note,
        "quarantine_release": release,
        "quarantine_reject": reject,
    }


def dead_letter_answers(letters: DeadLetters) -> dict[str | None, Answer]:
    """Return what answers each request about what was not delivered, by the request's name."""

    def listed(request: local.LocalRequest) -> local.LocalReply:
        asked = request.dead_list
        if not asked.peer:
            return _reply(letters.groups())
        found = letters.letters(
            asked.peer, asked.reason,
            before_ms=_number(asked.before_ms) if asked.HasField("before_ms") else None,
            after=_number(asked.after), limit=asked.limit or MAX_LETTERS,
        )  # fmt: skip
        return _reply(found)

    def redrive(request: local.LocalRequest) -> local.LocalReply:
        asked = request.dead_redrive
        named = [(one.peer, one.record_id) for one in asked.letters]
        return _reply(letters.redrive(named, asked.why, asked.by, unanswered=asked.unanswered))

    def dismiss(request: local.LocalRequest) -> local.LocalReply:
        asked = request.dead_dismiss
        named = [(one.peer, one.record_id) for one in asked.letters]
        return _reply(letters.dismiss(named, asked.why, asked.by))

    return {"dead_list": listed, "dead_redrive": redrive, "dead_dismiss": dismiss}


def _number(asked: int) -> int:
    return min(asked, _MOST)


def _numbers(asked: Iterable[int]) -> list[int]:
    return [_number(one) for one in asked]


def _reply(told: dict[str, Any], frame: bytes = b"") -> local.LocalReply:
    return local.LocalReply(quarantine=local.QuarantineReply(json=json.dumps(told), frame=frame))
