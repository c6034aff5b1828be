"""When partners have returned all they hold of what a restored store had forgotten (PROTOCOL §6.4).

Rules:

* it is said of a partner once, in the transaction that keeps the last of it;
* a partner that has not answered since the restore is waited for, whatever else came from it;
* a position that a partner closes without content, while it returns what was forgotten, is
  counted: what stood there is with nobody any more, and people are told so.
"""

from collections.abc import Sequence
from typing import Any, Final

from corridor.daemon.recording import Recording
from corridor.exchange.cues import Recovered
from corridor.exchange.recovery import missing_in, returned_all, said_of
from corridor.exchange.values import ZERO_ID
from corridor.store.port import Transaction
from corridor.store.recovering import Recovery
from corridor.transit.parties import Endpoint

_EMPTY: Final = "exchange.closed_without_content"


def note_recovered(recording: Recording) -> None:
    """Note which partners have returned everything with this transaction; at its end."""
    change, waited_for = recording.change, _waited_for(recording)
    for peer, one in list(waited_for.items()):
        streams = [stream.value() for stream in recording.streams(peer).values()]
        if returned_all(streams, answered=one.answered):
            change.complete_recovery(peer, recording.now_ms)
            recording.events.append(Recovered(peer, one.since_ms, _without_content(change, one)))
            del waited_for[peer]


def note_closed(recording: Recording, peer: Endpoint, envelope_id: bytes) -> None:
    """Count a position that a peer closes, if nothing of what stood there comes anew."""
    one = _waited_for(recording).get(peer)
    if envelope_id == ZERO_ID and one is not None:
        count = _without_content(recording.change, one) + 1
        recording.change.put_setting(_name(one), one.since_ms.to_bytes(8) + count.to_bytes(8))


def _waited_for(recording: Recording) -> dict[Endpoint, Recovery]:
    """Return the partners that have not returned all they hold."""
    return recording.memory.not_returned(recording.change)


def _without_content(view: Transaction, one: Recovery) -> int:
    """Return how many positions a partner closed without content since this restore."""
    kept = view.setting(_name(one)) or bytes(16)
    return int.from_bytes(kept[8:]) if int.from_bytes(kept[:8]) == one.since_ms else 0


def closed_without_content(view: Transaction) -> dict[Endpoint, int]:
    """Return how many positions each partner closed without content since its last restore."""
    return {one.peer: _without_content(view, one) for one in view.recoveries()}


def _name(one: Recovery) -> str:
    return f"{_EMPTY}.{one.peer}"


def waiting_lines(view: Transaction, partners: Sequence[Endpoint]) -> list[str]:
    """Return what needs a person to know while not all is back, one line a partner."""
    found = recovery_lines(view, partners)
    return [one["sentence"] for one in found if one["complete_ms"] is None]


def recovery_lines(view: Transaction, partners: Sequence[Endpoint]) -> list[dict[str, Any]]:
    """Return for each partner what is waited for since a restore; none where there was none."""
    found = [one for one in view.recoveries() if one.peer in partners]
    lines = []
    for one in found:
        missing = missing_in(view.in_streams(one.peer))
        empty = _without_content(view, one)
        told = said_of(
            one.peer, missing, answered=one.answered, complete_ms=one.complete_ms, empty=empty
        )
        lines.append(
            {
                "endpoint": one.peer,
                "since_ms": one.since_ms,
                "state": told.state.value,
                "missing": missing,
                "without_content": empty,
                "complete_ms": one.complete_ms,
                "sentence": told.sentence,
            }
        )
    return lines
