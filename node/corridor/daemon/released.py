"""What becomes of a frame that a person has released from quarantine.

Rules:

* it is judged by the same steps as any frame that arrives, over the link it came over: the release
  gives it no trust, only another judgement;
* what the judgement does not take waits again, with what was said; nothing of it is lost, and
  nothing counts as a new fault of the partner;
* judgement, effect and the end of the waiting stand in one transaction: a node that is killed
  amid it judges once more, and keeps once.
"""

from collections.abc import Iterable, MutableMapping
from typing import Final

from corridor.daemon.recording import Recording
from corridor.errors import Reason
from corridor.exchange.cues import Deferred, EnvelopeReceived, Heard
from corridor.exchange.receive import UNSIGNED, Disposal, Judged, Refusal, Unopened
from corridor.exchange.streams import KEPT
from corridor.exchange.values import Family, Quarantined
from corridor.exchange.verdicts import deferral
from corridor.store.port import Transaction
from corridor.store.quarantine_port import ItemAct, ItemActKind
from corridor.store.rules import envelope_id_of

COMES_AGAIN: Final = (
    *(Reason(one) for one in range(Reason.KEY_UNKNOWN, Reason.KEY_COMMIT)),
    *(reason for reason, disposal in UNSIGNED.items() if disposal is Disposal.HELD),
    Reason.INTERNAL,
)
"""What is put aside for want of something here, a key, a statement or a sound node: its sender
repeats it, or seals the records anew, and when that has come nobody has to look at it."""
THE_NODE: Final = "the node"


def take_released(
    recording: Recording,
    number: int,
    outcome: Judged | Unopened | Refusal,
    known: MutableMapping[bytes, bytes],
) -> None:
    """Take a released frame, or say why not."""
    said, taken = _take(recording, outcome, known)
    note(recording.change, number, said, recording.now_ms, taken=taken)


def note_known(change: Transaction, left: Iterable[tuple[int, Quarantined]], now_ms: int) -> None:
    """Settle what is recorded already; what else was left out is judged next time."""
    for number, item in left:
        envelope_id = envelope_id_of(item.frame)
        if envelope_id is not None and change.known_envelope(envelope_id) is not None:
            note(change, number, "it is recorded already", now_ms, taken=True)


def note_failed(change: Transaction, number: int, kind: str, now_ms: int) -> None:
    """Have a frame wait again at whose judgement the node failed."""
    note(change, number, f"the node failed at it: {kind}", now_ms, taken=False)


def note(change: Transaction, number: int, said: str, now_ms: int, *, taken: bool) -> None:
    """Keep what was said, also among what was done with the frame."""
    change.note_judged(number, said, now_ms, taken=taken)
    change.act_on_item(number, ItemAct(ItemActKind.JUDGED, now_ms, THE_NODE, said))


def _take(
    recording: Recording,
    outcome: Judged | Unopened | Refusal,
    known: MutableMapping[bytes, bytes],
) -> tuple[str, bool]:
    match outcome:
        case Refusal():
            return f"refused again: {outcome.reason.label}", False
        case Unopened():
            return f"not opened again: {outcome.reason.label}", False
        case Judged(deferred=Reason() as reason):
            envelope_id = outcome.frame.envelope_id
            if recording.change.at_position(outcome.peer, outcome.position) == envelope_id:
                return "its sender has closed it: what it holds comes anew", True
            # as when it comes from the broker: what has expired its sender seals anew
            recording.cue(Deferred(outcome.peer, deferral(outcome, reason)))
            return f"deferred: {reason.label}; its sender was told", False
        case Judged():
            recording.cue(Heard(outcome.peer))
            place = recording.take_if_placed(outcome, known)
            if place not in KEPT:
                return f"not taken: {place.value if place else Reason.EPOCH.label}", False
            return _verdict(recording, outcome), True


def _verdict(recording: Recording, judged: Judged) -> str:
    told = recording.events[-1]
    if judged.family is Family.CONTROL or not isinstance(told, EnvelopeReceived):
        return "taken: control records"
    said = f"accepted: {told.accepted} of {told.records} records"
    refused = ", ".join(sorted({reason.label for reason in told.refused}))
    return f"{said}; refused: {refused}" if refused else said
