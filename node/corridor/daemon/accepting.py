"""What a partner says that its national system accepts, within the transaction that keeps it.

Rules (PROTOCOL §6.10):

* a statement is judged when it comes, and refused by name: one of another endpoint, of a key that
  was not lent, of tomorrow, or older than the one that is held;
* the same one again only shows that it still stands;
* a partner that opens an epoch and knows this record is told ours.
"""

from corridor.daemon.recording import Recording
from corridor.errors import Refused
from corridor.exchange.cues import AcceptanceTaken, AcceptsDue, ControlRefused
from corridor.exchange.receive import Judged
from corridor.store.acceptances import HeldAcceptance
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import Signer, is_newer, read_acceptance, require_from
from corridor.wire import limits
from corridor.wire.accepts import Accepts


def take_accepts(recording: Recording, peer: Endpoint, statement: bytes, signer: Signer) -> None:
    """Keep what a partner accepts, where it is sound and newer than what is held."""
    change = recording.change
    if not change.knows_accepts(peer):
        change.keep_knows_accepts(peer, knows=True)
        recording.cue(AcceptsDue(peer))
    if not statement:
        return
    try:
        _take(recording, peer, statement, signer)
    except Refused as refused:
        recording.events.append(ControlRefused(peer, refused.reason))


def _take(recording: Recording, peer: Endpoint, statement: bytes, signer: Signer) -> None:
    change, now_ms = recording.change, recording.now_ms
    found = read_acceptance(statement, limits.MAX_ACCEPTS_BYTES)
    require_from(peer, found, signer)
    held = change.acceptance(peer)
    issued_ms, digest = (held.issued_ms, held.digest) if held else (0, b"")
    if not is_newer(found, issued_ms, digest, now_ms):
        change.acceptance_said(peer, now_ms)
        recording.events.append(AcceptanceTaken(peer, again=True))
        return
    change.keep_acceptance(
        HeldAcceptance(peer, statement, found.digest, found.issued_ms, now_ms, now_ms)
    )
    recording.events.append(AcceptanceTaken(peer, again=False))


def mind_stream_open(recording: Recording, judged: Judged, *, newest: bool) -> None:
    """Take from the opening of an epoch whether the partner knows this record, and tell it ours."""
    peer, change = judged.peer, recording.change
    if any(isinstance(record, Accepts) for record in judged.control):
        recording.cue(AcceptsDue(peer))
    elif newest and change.knows_accepts(peer):
        change.keep_knows_accepts(peer, knows=False)  # an older node runs there now
