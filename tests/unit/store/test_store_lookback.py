"""What is known of an envelope of ours whose bytes are kept no more."""

import pytest

from builders_store import (
    AZ,
    GE,
    NOW_MS,
    TR,
    accept,
    envelope_id,
    incoming,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.exchange.values import Family, Head, Lane, Position, Verdict
from corridor.store.port import Store
from corridor.store.rules import SEALED_KEPT_MS
from corridor.wire.batches import CANARY


def sent(store: Store, verdict: Verdict = Verdict.ACCEPTED) -> None:
    """Keep records 1 and 2 in an envelope that is receipted, and erase its bytes."""
    rows = accept(store, 1, 2)
    with store.transaction() as change:
        envelope = sealed(1, rows)
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, verdict), NOW_MS)
    assert store.prune(NOW_MS + SEALED_KEPT_MS) == 1
    with store.reading() as view:
        assert view.frames(GE, [Position(1, 1)]) == []


def gone(store: Store, seq: int = 1) -> int:
    with store.reading() as view:
        found = view.sent_at(GE, Position(1, seq))
    assert found is not None
    return found.gone


def test_an_envelope_without_bytes_is_found_by_its_place_alone(store: Store) -> None:
    sent(store)
    with store.reading() as view:
        found = view.sent_at(GE, Position(1, 1))
        assert found is not None
        assert found.envelope == view.find_sealed(GE, envelope_id(1))
        assert (found.gone, found.before, found.envelope.closed) == (0, None, True)
        nowhere = [(TR, Position(1, 1)), (GE, Position(1, 2)), (AZ, Position(2, 1))]
        assert [view.sent_at(*one) for one in nowhere] == [None, None, None]


@pytest.mark.parametrize(("verdict", "lost"), [(Verdict.ACCEPTED, 1), (Verdict.REFUSED, 0)])
def test_content_of_accepted_records_is_counted_as_gone(
    store: Store, verdict: Verdict, lost: int
) -> None:
    sent(store, verdict)
    with store.transaction() as change:
        assert change.erase(record_id(2), "o", "r", NOW_MS) == 1
    assert gone(store) == lost


def test_what_was_sealed_anew_is_not_gone_where_it_stood(store: Store) -> None:
    sent(store)
    with store.transaction() as change:
        change.erase(record_id(2), "o", "r", NOW_MS)
        held = change.records_of(GE, Position(1, 1), accepted=True)
        assert [one.record_id for one in held] == [record_id(1)]
        again = sealed(2, (held[0].row,), replaces=Position(1, 1))
        change.keep_sealed(again)
        change.erase(record_id(1), "o", "r", NOW_MS)  # it stands in the second by now
    assert (gone(store), gone(store, 2)) == (1, 1)


def test_nobody_misses_a_canary(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1, record_type=CANARY), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        envelope = sealed(1, (row,))
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
        assert change.erase(record_id(1), "o", "r", NOW_MS) == 1
    assert gone(store) == 0


def test_the_first_of_an_epoch_knows_the_last_of_the_one_before(store: Store) -> None:
    places = [Position(3, 1), Position(3, 2), Position(7, 1), Position(7, 2), Position(9, 1)]
    with store.transaction() as change:
        for number, position in enumerate(places, 1):
            change.keep_sealed(sealed(number, position=position, family=Family.CONTROL))
        change.keep_sealed(sealed(1, position=Position(8, 5), peer=TR))
    with store.reading() as view:
        before = [found and found.before for one in places if (found := view.sent_at(GE, one))]
    assert before == [
        None,
        None,
        Head(3, 2, envelope_id(2)),
        None,
        Head(7, 2, envelope_id(4)),
    ]


def test_what_waits_of_one_peer_is_marked_without_the_others(store: Store) -> None:
    with store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1)))
        change.keep_received(received(2, incoming(0, 2), peer=TR))
        change.mark_unacknowledged(TR)
        change.mark_unacknowledged(AZ)  # nothing is there of it
    with store.reading() as view:
        assert [one.possible_repeat for one in view.inbox(0, 9)] == [False, True]
