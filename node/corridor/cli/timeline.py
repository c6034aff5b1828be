"""The way of a record as an officer reads it: steps from top to bottom, each with its time.

Rules:

* a step that was taken has a full mark and its time; one whose time nobody noted has no time;
* the first that is missing has an open mark and whose turn it is; later ones are only named;
* what the picture shows is what `--json` holds: nothing is decided here.
"""

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from corridor.cli.options import when
from corridor.wire.rule_words import in_words

if TYPE_CHECKING:
    from corridor.wire.v1.local_pb2 import LocalArrival, LocalLedgerLine, TimelineReply

Way: TypeAlias = dict[str, Any]

_TAKEN, _OPEN, _LATER, _REFUSED = "●", "○", "·", "✗"
_STEPS: Final = ("accepted", "sealed", "confirmed", "stored", "handed", "acknowledged")
_SENT: Final = {
    "accepted": "accepted by this node",
    "sealed": "sealed for {partner}",
    "confirmed": "confirmed by the own broker",
    "stored": "stored and signed for by {partner}",
    "handed": "handed to {partner}'s national system",
    "acknowledged": "acknowledged by {partner}'s national system",
}
_RECEIVED: Final = {
    "stored": "stored by this node",
    "receipt": "receipt sent to {partner}",
    "handed": "handed to the own national system",
    "acknowledged": "acknowledged by the own national system",
}


def ways_of(record_id: bytes, reply: "TimelineReply", me: str) -> list[Way]:
    """Return the ways of the records under an id as JSON values, sent ones first."""
    return [
        *(_sent(record_id, one, me) for one in reply.sent),
        *(_received(record_id, one, me) for one in reply.received),
    ]


def _sent(record_id: bytes, one: "LocalLedgerLine", me: str) -> Way:
    from corridor.wire.batches import type_label

    partner = one.partner or one.recipient
    times = {
        "accepted": one.accepted_ms,
        "sealed": one.sealed_ms,
        "confirmed": one.confirmed_ms,
        "stored": one.receipted_ms if one.verdict == "accepted" else 0,
        "handed": one.handed_ms,
        "acknowledged": one.acknowledged_ms,
    }
    return {
        "direction": "sent",
        "record_id": record_id.hex(),
        "type": type_label(one.record_type),
        "from": me,
        "to": one.recipient,
        "since": when(one.accepted_ms),
        "steps": [
            _step(name, _SENT[name].format(partner=partner), bool(times[name]), times[name])
            for name in _STEPS
        ],
        "verdict": one.verdict or None,
        "reason": one.reason or None,
        "faults": list(one.faults),
        "ended": when(one.receipted_ms) if one.verdict == "refused" else None,
        "sent_again": when(one.published_ms) if one.published_ms > one.confirmed_ms else None,
        "telling": one.telling or None,
        "missing": one.missing or None,
        "turn": one.turn,
        "turn_since": when(one.since_ms),
        "now": one.sentence,
        "again_as": one.again.hex() or None,
        "decisions": [
            {"did": act.kind, "at": when(act.at_ms), "reason": act.why} for act in one.acts
        ],
    }


def _received(record_id: bytes, one: "LocalArrival", me: str) -> Way:
    from corridor.wire.batches import type_label

    steps = [
        ("stored", True, one.received_ms),
        ("receipt", one.receipt_sent, 0),
        ("handed", one.handed, one.handed_ms),
        ("acknowledged", one.acknowledged, one.acknowledged_ms),
    ]
    missing = next((name for name, taken, _ in steps if not taken and name != "receipt"), None)
    since = max(one.received_ms, one.handed_ms, one.acknowledged_ms)
    return {
        "direction": "received",
        "record_id": record_id.hex(),
        "type": type_label(one.record_type),
        "from": one.sender,
        "to": me,
        "since": when(one.received_ms),
        "steps": [
            _step(name, _RECEIVED[name].format(partner=one.sender), taken, at_ms)
            for name, taken, at_ms in steps
        ],
        "cursor": one.cursor,
        "missing": missing,
        "turn": "own_system" if missing else "nobody",
        "turn_since": when(since),
        "now": _NOW[missing].format(since=when(since)),
    }


_NOW: Final = {
    "handed": "the own national system has not taken it since {since}",
    "acknowledged": "the own national system has it and has not acknowledged it since {since}",
    None: "the own national system has it; nothing is open",
}


def _step(name: str, text: str, taken: bool, at_ms: int) -> Way:
    return {"step": name, "text": text, "taken": taken, "at": when(at_ms) if at_ms else None}


def picture(way: Way) -> str:
    """Return the way as lines for a terminal."""
    arrow = f"{way['from']} → {way['to']}"
    lines = [f"{arrow}   {way['type'].replace('_', ' ')}   {way['record_id']}"]
    open_yet = way.get("verdict") != "refused"
    for step in way["steps"]:
        if step["taken"]:
            lines.append(f"  {_TAKEN}  {step['at'] or _NO_TIME}  {step['text']}")
        elif way["direction"] == "received" or (open_yet and way["missing"]):
            now = step["step"] == way["missing"]
            lines.append(f"  {_OPEN if now else _LATER}  {_NO_TIME}  {step['text']}")
    if not open_yet:
        own = way["reason"] in {"withdrawn", "agreement_ended", "unanswered"}
        said = str(way["reason"]) if own else f"refused: {way['reason'] or 'no reason given'}"
        lines.append(f"  {_REFUSED}  {way['ended']}  {said}")
        lines += [f"     {_NO_TIME}    {in_words(fault)}" for fault in way["faults"]]
    for decision in way.get("decisions", ()):
        lines.append(f"  !  {decision['at']}  {decision['did']}: {decision['reason']}")
    lines.append(f"  now: {way['now']}")
    if way.get("again_as"):
        lines.append(f"  it goes on as {way['again_as']}")
    elif way.get("reason") and not open_yet:
        from corridor.daemon.cures import cure_of

        cure = cure_of(way["reason"])
        lines += [f"  what to do: {cure}"] if cure else []
    return "\n".join(lines)


_NO_TIME: Final = " " * 20
