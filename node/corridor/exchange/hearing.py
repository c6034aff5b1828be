"""How the sending side takes in what the receiving side has recorded: one arm for each cue."""

from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import (
    AcceptsDue,
    CannotOpen,
    Deferred,
    GapsSeen,
    Heard,
    PeerCannotOpen,
    PeerCue,
    Receipted,
    ReceiptOwed,
    ResendAsked,
    StatusOwed,
    TallyDue,
)


def hear(peer: Correspondent, cue: PeerCue, now_ms: int) -> bool:  # noqa: C901, PLR0912 - one arm a cue
    """Change what is remembered of `peer`; returns whether we learnt that we forgot something."""
    match cue:
        case Heard():
            peer.heard_ms = now_ms
            peer.dues.opened()
        case Receipted(_, verdicts):
            peer.receipted(verdicts, now_ms)
        case ReceiptOwed():
            peer.dues.receipt = True
        case TallyDue():
            peer.dues.tally = True
        case AcceptsDue():
            peer.dues.accepts = True
        case Deferred(_, verdict):
            peer.dues.defer(verdict)
        case ResendAsked(_, positions):
            for position in positions:
                peer.asked_for(position, now_ms)
        case GapsSeen(_, epoch, gaps, urgent):
            peer.dues.watch(epoch, gaps, urgent=urgent, now_ms=now_ms, policy=peer.policy)
        case CannotOpen(_, envelope_id, reason):
            peer.dues.refuse_opening(envelope_id, reason)
        case PeerCannotOpen(_, envelope):
            peer.cannot_be_opened(envelope, now_ms)
        case StatusOwed(_, None):
            peer.dues.status = True
            peer.heard_again(now_ms)
        case StatusOwed(_, held):
            peer.dues.status, peer.dues.contradicted = True, held
        case _:
            return peer.told_head(cue.received, now_ms, known=cue.known)
    return False
