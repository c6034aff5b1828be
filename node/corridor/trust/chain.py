"""How a statement follows the one before it: root, directory, delegation and bundle alike.

Rules (PROTOCOL §5.2):

* versions and serials start at 1 and never go back; the first has no `prev_hash`;
* the next one names the payload hash of the one held;
* the same number with other bytes proves that the signer says two things: EQUIVOCATION;
* what follows was not issued earlier;
* one that we missed may be jumped over, at most `limits.MAX_VERSION_JUMP` far; a root never.
"""

from dataclasses import dataclass

from corridor.errors import Reason
from corridor.trust.checks import require, well_formed
from corridor.wire import limits


@dataclass(frozen=True, slots=True)
class Link:
    """A statement's place in its chain."""

    number: int
    """Version or serial, from 1."""
    prev_hash: bytes
    payload_hash: bytes
    issued_ms: int


def check_link(link: Link) -> None:
    """Check the place of a statement by itself.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    well_formed(link.number >= 1, "numbers start at 1")
    expected = 0 if link.number == 1 else limits.HASH_BYTES
    well_formed(len(link.prev_hash) == expected, f"prev_hash has {expected} bytes here")


def require_next(held: Link, new: Link, *, may_jump: bool) -> None:
    """Refuse what does not follow `held`; `new` is another statement than that.

    Raises:
        Refused: ROLLBACK, EQUIVOCATION or STATEMENT_CHAIN.
    """
    place = f"number {new.number}, held {held.number}"
    require(new.number >= held.number, Reason.ROLLBACK, place)
    require(new.number != held.number, Reason.EQUIVOCATION, f"two statements: {place}")
    require(
        new.issued_ms >= held.issued_ms,
        Reason.STATEMENT_CHAIN,
        f"issued before its predecessor: {place}",
    )
    linked = new.number != held.number + 1 or new.prev_hash == held.payload_hash
    require(linked, Reason.STATEMENT_CHAIN, f"another predecessor is named: {place}")
    furthest = held.number + (limits.MAX_VERSION_JUMP if may_jump else 1)
    require(new.number <= furthest, Reason.STATEMENT_CHAIN, f"too far ahead: {place}")
