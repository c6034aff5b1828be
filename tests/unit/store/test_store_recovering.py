"""Whom a restored node waits for, until each has returned what it holds."""

from builders_store import (
    GE,
    NOW_MS,
    TR,
    envelope_id,
    sealed,
)
from corridor.exchange.values import (
    Family,
    Head,
    Position,
)
from corridor.store.port import Store


def test_a_peer_has_answered_when_it_names_what_was_sent_after_the_restore(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(1, position=Position(50, 1), family=Family.CONTROL))
        change.complete_to(TR, Head(50, 1, envelope_id(1)), 1)
        change.begin_recovery(NOW_MS)
        ge, tr = change.recoveries()
        assert (ge.peer, ge.before_epoch, ge.answered, ge.complete_ms) == (GE, 50, False, None)
        assert tr.peer == TR
        change.note_answer(GE, 50, NOW_MS)  # an answer that lay at a broker
        assert not change.recoveries()[0].answered
        change.note_answer(GE, 60, NOW_MS + 1)
        assert change.recoveries()[0].answered
        change.complete_recovery(GE, NOW_MS + 2)
        change.complete_recovery(GE, NOW_MS + 3)
        assert change.recoveries()[0].complete_ms == NOW_MS + 2
        change.begin_recovery(NOW_MS + 9)
        assert [one.answered for one in change.recoveries()] == [False, False]


def test_who_answered_in_this_epoch_need_not_answer_again(store: Store) -> None:
    with store.transaction() as change:
        for peer in (GE, TR):
            change.keep_sealed(
                sealed(1, position=Position(60, 1), family=Family.CONTROL, peer=peer)
            )
        change.note_answer(GE, 60, NOW_MS)
        assert change.recoveries() == []
        change.learn_recovery(GE, NOW_MS)
        assert [one.peer for one in change.recoveries()] == [GE]  # TR has said nothing of it
        change.learn_recovery(TR, NOW_MS)
        assert [one.answered for one in change.recoveries()] == [True, False]
        change.learn_recovery(GE, NOW_MS + 5)
        assert [one.since_ms for one in change.recoveries()] == [NOW_MS, NOW_MS]
        change.complete_recovery(GE, NOW_MS + 6)
        change.learn_recovery(GE, NOW_MS + 7)
        ge, tr = change.recoveries()
        assert (ge.since_ms, ge.complete_ms, ge.answered) == (NOW_MS + 7, None, True)
        assert tr.since_ms == NOW_MS


def test_a_peer_of_which_nothing_else_is_known_can_say_that_it_was_forgotten(store: Store) -> None:
    with store.transaction() as change:
        change.learn_recovery(GE, NOW_MS)
        assert [(one.peer, one.before_epoch) for one in change.recoveries()] == [(GE, 0)]


def test_a_peer_of_which_nothing_was_forgotten_is_not_waited_for(store: Store) -> None:
    with store.transaction() as change:
        change.note_answer(GE, 5, NOW_MS)
        change.complete_recovery(GE, NOW_MS)
        assert change.recoveries() == []
