"""The ledger as the local socket writes it."""

from collections.abc import Iterable
from typing import Final

from corridor.daemon.desk import Decided, Timeline, Told
from corridor.store.values import Arrival, LedgerLine
from corridor.wire.handover import SILENT, TELLS
from corridor.wire.v1 import local_pb2 as local

_TELLING: Final = {TELLS: "tells", SILENT: "silent"}


def ledger_line(one: LedgerLine) -> local.LocalLedgerLine:
    """Return a line without where it stands, as a search tells it."""
    return local.LocalLedgerLine(
        recipient=one.peer,
        record_type=one.record_type,
        accepted_ms=one.accepted_ms,
        sealed_ms=one.sealed_ms,
        receipted_ms=one.receipted_ms,
        verdict=one.verdict.name.lower() if one.verdict else "",
        reason=one.reason.label if one.reason else "",
        confirmed_ms=one.confirmed_ms,
        published_ms=one.published_ms,
        handed_ms=one.handed_ms,
        acknowledged_ms=one.acknowledged_ms,
        telling=_TELLING.get(one.telling, ""),
        again=one.again,
        faults=one.faults,
    )


def told_line(told: Told) -> local.LocalLedgerLine:
    """Return a line with where it stands and what was decided of it."""
    line = ledger_line(told.line)
    standing = told.standing
    line.missing = standing.missing.value if standing.missing else ""
    line.turn = standing.turn.value
    line.since_ms = standing.since_ms
    line.sentence = standing.sentence
    line.partner = told.partner
    for act in told.acts:
        line.acts.add(kind=act.kind.value, at_ms=act.at_ms, why=act.why)
    return line


def timeline_reply(timeline: Timeline) -> local.TimelineReply:
    """Return the whole way of a record."""
    return local.TimelineReply(
        sent=[told_line(one) for one in timeline.sent],
        received=[_arrival(one) for one in timeline.received],
    )


def decided_reply(decided: Iterable[Decided]) -> local.DecidedReply:
    """Return what was decided, for each partner."""
    reply = local.DecidedReply()
    for one in decided:
        reply.decided.add(recipient=one.peer, kind=one.kind.value, record_id=one.record_id)
    return reply


def _arrival(one: Arrival) -> local.LocalArrival:
    return local.LocalArrival(
        sender=one.peer,
        record_type=one.record_type,
        cursor=one.cursor,
        received_ms=one.received_ms,
        receipt_sent=one.signed,
        handed=one.handed,
        handed_ms=one.handed_ms,
        acknowledged=one.acknowledged,
        acknowledged_ms=one.acknowledged_ms,
    )
