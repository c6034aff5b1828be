"""Answers of the local socket about what partners accept, and what they would do with a record."""

import json
from collections.abc import Callable
from typing import Any

from corridor.daemon.foreseen import CountrySays
from corridor.daemon.foresight import Foresight
from corridor.errors import ActRefused
from corridor.wire.records import decode_record, record_type_of
from corridor.wire.v1 import local_pb2 as local


def preflight_answers(
    foresight: Callable[[], Foresight | None],
) -> dict[str | None, Callable[[local.LocalRequest], local.LocalReply]]:
    """Return the answer to each request of this kind."""

    def ahead() -> Foresight:
        found = foresight()
        if found is None:
            raise ActRefused("this node does not look ahead", cure="upgrade and restart the node")
        return found

    def acceptances(_request: local.LocalRequest) -> local.LocalReply:
        return _reply(ahead().acceptances.rows())

    def preflight(request: local.LocalRequest) -> local.LocalReply:
        found, raw = ahead(), request.preflight.record
        if found.judge is None:
            raise ActRefused(
                "this node looks at nothing before it sends",
                cure='set `standards.preflight = "warn"`, and install corridor-node[standards]',
            )
        record = decode_record(raw)
        told = found.table(raw, record_type_of(record), None, record)
        return _reply([one.plain for one in told])

    return {"acceptances": acceptances, "preflight": preflight}


def country(one: CountrySays) -> local.LocalCountry:
    """Return what a country will do as the socket tells it."""
    return local.LocalCountry(
        country=one.country,
        answer=one.answer.value,
        why=one.why,
        said_ms=one.said_ms or 0,
        not_looked_at=one.not_looked_at,
    )


def _reply(rows: list[dict[str, Any]]) -> local.LocalReply:
    return local.LocalReply(preflight=local.PreflightReply(json=json.dumps(rows)))
