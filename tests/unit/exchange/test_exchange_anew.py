"""What is sealed anew, in which order, how much at once and how often (PROTOCOL §7.6)."""

import pytest

from builders_exchange import EPOCH, NOW_MS, POLICY, correspondent, ident, in_flight, sealed
from corridor.exchange.anew import Anew
from corridor.exchange.correspondent import NEVER_MS, Correspondent
from corridor.exchange.policy import MAX_PENDING
from corridor.exchange.values import Lane, Position


@pytest.fixture
def anew() -> Anew:
    return Anew(POLICY)


def place(seq: int) -> Position:
    return Position(EPOCH, seq)


def places(*seqs: int) -> list[Position]:
    return [place(seq) for seq in seqs]


def add(anew: Anew, *seqs: int, closed: bool = False, told: bool = False) -> None:
    for seq in seqs:
        anew.add(in_flight(seq, closed=closed), NOW_MS, told=told)


# -- what


def test_an_envelope_is_known_by_its_position_and_its_id(anew: Anew) -> None:
    add(anew, 1)
    assert anew.positions == {place(1): ident(1)}
    assert anew.told == set()


def test_what_the_peer_cannot_take_is_remembered_as_such(anew: Anew) -> None:
    add(anew, 1, told=True)
    add(anew, 1)
    assert anew.told == {place(1)}


def test_what_is_done_is_forgotten_wholly(anew: Anew) -> None:
    add(anew, 1, 2)
    add(anew, 3, told=True)
    anew.drop(place(1))
    anew.drop(place(3))
    assert (anew.positions, anew.told) == ({place(2): ident(2)}, set())


def test_what_was_receipted_is_bounded_and_what_is_on_its_way_is_by_the_window(anew: Anew) -> None:
    # PROTOCOL §7.5, P-5
    add(anew, *range(1, MAX_PENDING + 1), closed=True, told=True)
    add(anew, 1_000, closed=True, told=True)
    assert place(1_000) not in anew.positions
    assert place(1_000) not in anew.told
    add(anew, 1_001)
    assert place(1_001) in anew.positions


# -- in which order, and how much


def test_what_takes_the_place_of_what_is_on_its_way_goes_first_each_in_order(anew: Anew) -> None:
    add(anew, 5, 1, 4, 2)
    assert anew.ready(places(4, 5), room=9, most=9) == places(4, 5, 1, 2)


@pytest.mark.parametrize(("room", "found"), [(-1, (3,)), (0, (3,)), (1, (3, 1)), (2, (3, 1, 2))])
def test_what_is_on_its_way_once_more_needs_room(
    anew: Anew, room: int, found: tuple[int, ...]
) -> None:
    add(anew, 1, 2, 3)
    assert anew.ready(places(3), room=room, most=9) == places(*found)


def test_no_more_than_a_step_holds_is_sealed_at_once(anew: Anew) -> None:
    add(anew, 1, 2, 3, 4)
    assert anew.ready(places(3, 4), room=9, most=3) == places(3, 4, 1)
    assert anew.ready(places(3, 4), room=9, most=1) == places(3)


# -- when


def test_the_first_is_due_at_once_and_the_next_wait_with_it(anew: Anew) -> None:
    add(anew, 1)
    assert anew.due_ms == NOW_MS
    anew.add(in_flight(2), NOW_MS + 50)
    assert anew.due_ms == NOW_MS


def test_what_comes_while_the_last_time_is_waited_out_waits_too(anew: Anew) -> None:
    anew.sealed(NOW_MS)
    add(anew, 1)
    assert anew.due_ms == NOW_MS + POLICY.retry_ms


@pytest.mark.parametrize("at_once", [True, False])
def test_waits_begin_anew_with_the_shortest_or_with_none(anew: Anew, at_once: object) -> None:
    for _ in range(3):
        anew.sealed(NOW_MS)
    anew.patient_no_more(at_once=bool(at_once))
    assert anew.due_ms == (0 if at_once else NOW_MS + 4 * POLICY.retry_ms)
    anew.sealed(NOW_MS)
    assert anew.due_ms == NOW_MS + POLICY.retry_ms


# -- beside what is on its way


def full(peer: Correspondent) -> None:
    """As much on its way as the window ever lets, one of it to be sealed anew."""
    for seq in range(1, peer.policy.window_most + 1):
        peer.sealed(sealed(seq), opening=False, receipt=False)


def test_a_full_window_does_not_hold_back_what_closes_the_gap_before_it() -> None:
    peer = correspondent()
    full(peer)
    assert not peer.has_room(Lane.ROUTINE)
    peer.cannot_be_opened(in_flight(500, closed=True), NOW_MS)
    assert peer.to_seal_anew() == places(500)
    assert peer.wake_ms() == NOW_MS


def test_a_peer_that_forgot_much_has_it_in_steps() -> None:
    peer = correspondent(envelopes_per_step=2)
    for seq in (502, 500, 501):
        peer.cannot_be_opened(in_flight(seq, closed=True), NOW_MS)
    assert peer.to_seal_anew() == places(500, 501)


def test_what_is_on_its_way_once_more_is_bounded_and_its_place_is_not() -> None:
    peer = correspondent()
    full(peer)
    for seq in range(100, 100 + MAX_PENDING):
        peer.sealed(sealed(seq), opening=False, receipt=False)
    peer.cannot_be_opened(in_flight(500, closed=True), NOW_MS)
    assert peer.to_seal_anew() == []
    assert peer.wake_ms() == NEVER_MS
    peer.cannot_be_opened(in_flight(2), NOW_MS)
    assert peer.to_seal_anew() == places(2)
    peer.drop(ident(1))
    assert peer.to_seal_anew() == places(2, 500)


def test_nothing_is_sealed_anew_while_nothing_can_be_sealed() -> None:
    peer = correspondent()
    peer.cannot_be_opened(in_flight(500, closed=True), NOW_MS)
    peer.allowed = False
    assert peer.wake_ms() == NEVER_MS
