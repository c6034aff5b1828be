"""Keeps what is sound, each idempotency key at most once.

Rules:

* the same key with the same record for the same partner is answered as the first time, `duplicate`,
  with the id it was given then;
* the same key with anything else is a conflict: the first stands and nothing is kept;
* a record whose id is of a day that is not counted any more has that day counted again;
* a key whose record was refused stands for nothing and may be used again.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from corridor.daemon.offers import Answer
from corridor.errors import Reason
from corridor.exchange.reconciling import is_late
from corridor.exchange.tallies import day_of
from corridor.exchange.values import Submission, SubmitStatus
from corridor.store.keyed import KeyUse
from corridor.store.port import Transaction


class Sound(NamedTuple):
    """A record that was examined, and the key under which it was offered."""

    submission: Submission
    record: bytes
    key: bytes | None
    left_out: tuple[str, ...] = ()
    """Paths of what the recipient is not entitled to."""


def keep(change: Transaction, sound: Sequence[Sound], now_ms: int) -> list[Answer]:
    """Keep what is new; answer for each, in order."""
    answers = [_repeated(change, one, now_ms) for one in sound]
    fresh = [one.submission for one, told in zip(sound, answers, strict=True) if told is None]
    statuses = change.accept_all(fresh, now_ms)
    new = [one for one, how in zip(fresh, statuses, strict=True) if how is SubmitStatus.ACCEPTED]
    _have_counted(change, new, now_ms)
    kept = iter(statuses)
    return [
        _answer(one, next(kept)) if told is None else told
        for one, told in zip(sound, answers, strict=True)
    ]


def _have_counted(change: Transaction, new: Sequence[Submission], now_ms: int) -> None:
    """Have the days of records counted again that come after the last time it is done by itself."""
    late = {(one.peer, day) for one in new if is_late(day := day_of(one.record_id), now_ms)}
    for peer, day in sorted(late):
        if change.knows_tally(peer):
            change.mark_due(peer, [day])


def _repeated(change: Transaction, one: Sound, now_ms: int) -> Answer | None:
    """Answer for a key that is known; note one that is not."""
    if one.key is None:
        return None
    digest = sha256(one.record).digest()
    known = change.known_key(one.key)
    if known is None:
        kept = one.submission
        change.note_key(one.key, KeyUse(kept.peer, kept.record_id, digest), now_ms)
        return None
    if (known.peer, known.digest) == (one.submission.peer, digest):
        return Answer(SubmitStatus.DUPLICATE, known.record_id, left_out=one.left_out)
    return Answer(SubmitStatus.CONFLICT, known.record_id, Reason.IDEMPOTENCY_CONFLICT)


def _answer(kept: Sound, status: SubmitStatus) -> Answer:
    reason = Reason.RECORD_ID_CONFLICT if status is SubmitStatus.CONFLICT else None
    return Answer(status, kept.submission.record_id, reason, left_out=kept.left_out)
