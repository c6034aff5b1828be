"""Envelopes of ours on their way to a peer: what our broker and the clock do to them."""

import pytest

from builders_exchange import EPOCH, NOW_MS, POLICY, correspondent, ident, in_flight, sealed
from corridor.errors import Reason
from corridor.exchange.correspondent import NEVER_MS, Correspondent
from corridor.exchange.cues import Way
from corridor.exchange.outgoing import Flight, OutHead, Stage
from corridor.exchange.repair import Gate, GateCue
from corridor.exchange.values import Family, InFlight, Lane, Position, Verdict
from corridor.wire.limits import DAY_MS

LATER_MS = NOW_MS + 1_000


@pytest.fixture
def peer() -> Correspondent:
    return correspondent()


def seal(peer: Correspondent, seq: int, **changes: object) -> Flight:
    return peer.sealed(sealed(seq, **changes), opening=False, receipt=False)


def control(
    peer: Correspondent, seq: int, *, opening: bool = False, receipt: bool = False
) -> Flight:
    return peer.sealed(sealed(seq, family=Family.CONTROL), opening=opening, receipt=receipt)


def publish(flight: Flight, now_ms: int = NOW_MS) -> Flight:
    flight.published(now_ms, POLICY)
    return flight


def confirmed(peer: Correspondent, seq: int, now_ms: int = NOW_MS, **changes: object) -> Flight:
    """An envelope of records that our broker has had since `now_ms`."""
    flight = publish(seal(peer, seq, **changes), now_ms)
    peer.confirmed(ident(seq), now_ms)
    return flight


def receipt(peer: Correspondent, *envelopes: InFlight, now_ms: int = LATER_MS) -> None:
    peer.receipted(tuple((one, Verdict.ACCEPTED) for one in envelopes), now_ms)


# -- sealed, counted, dropped


def test_a_sealed_envelope_is_the_new_head_and_counts_in_the_window(peer: Correspondent) -> None:
    flight = seal(peer, 1, frame=b"x" * 500)
    assert flight.stage is Stage.READY
    assert peer.head == OutHead(EPOCH, 1, ident(1), NOW_MS)
    assert (peer.in_flight, peer.in_flight_bytes) == (1, 500)
    assert peer.controls_on_way == set()


def test_what_is_not_full_waits_while_four_of_its_lane_are_under_way(peer: Correspondent) -> None:
    # PROTOCOL §7.1, rule 3
    for seq in range(1, 5):
        assert peer.may_leave_partly_filled(Lane.ROUTINE)
        seal(peer, seq, lane=Lane.ROUTINE)
    control(peer, 5)
    assert not peer.may_leave_partly_filled(Lane.ROUTINE)
    assert peer.may_leave_partly_filled(Lane.URGENT)
    receipt(peer, in_flight(1, lane=Lane.ROUTINE))
    assert peer.may_leave_partly_filled(Lane.ROUTINE)


def test_control_counts_in_no_window_but_has_a_credit_of_four(peer: Correspondent) -> None:
    # PROTOCOL §6, rule 2
    peer.dues.status = True
    for seq in range(1, 4):
        control(peer, seq)
    assert (peer.in_flight, peer.in_flight_bytes) == (0, 0)
    assert peer.control_due_ms() == 0
    control(peer, 4)
    assert peer.control_due_ms() is None


def test_control_that_is_dropped_gives_its_credit_back(peer: Correspondent) -> None:
    control(peer, 1, receipt=True)
    peer.drop(ident(1))
    assert (peer.controls_on_way, peer.receipt_on_way) == (set(), None)


def test_a_dropped_envelope_is_forgotten_wholly(peer: Correspondent) -> None:
    flight = seal(peer, 1)
    assert peer.drop(ident(1)) is flight
    assert flight.stage is Stage.DONE
    assert (peer.flights, peer.by_position, peer.in_flight, peer.in_flight_bytes) == ({}, {}, 0, 0)
    assert peer.drop(ident(1)) is None


def test_the_window_rests_once_the_last_envelope_is_done(peer: Correspondent) -> None:
    for seq in (1, 2):
        publish(seal(peer, seq))
    receipt(peer, in_flight(1))
    # since the first receipt an interval is under way, until nothing is
    assert peer.window._since_ms == LATER_MS
    peer.drop(ident(2))
    assert peer.window._since_ms is None


def test_control_that_is_done_leaves_the_window_alone(peer: Correspondent) -> None:
    publish(seal(peer, 1))
    control(peer, 2)
    peer.window._since_ms = NOW_MS
    peer.drop(ident(1))
    peer.window._since_ms = NOW_MS
    peer.drop(ident(2))
    assert peer.window._since_ms == NOW_MS


# -- what the broker tells: PROTOCOL §7.1


def test_a_confirmed_envelope_of_records_waits_for_its_receipt(peer: Correspondent) -> None:
    flight = confirmed(peer, 1)
    assert flight.stage is Stage.CONFIRMED
    assert peer.in_flight == 1


def test_control_is_forgotten_when_our_broker_has_it(peer: Correspondent) -> None:
    publish(control(peer, 1, receipt=True))
    assert peer.receipt_on_way == ident(1)
    peer.confirmed(ident(1), NOW_MS)
    assert (peer.flights, peer.controls_on_way, peer.receipt_on_way) == ({}, set(), None)


def test_the_opening_of_an_epoch_is_kept_until_the_peer_answers(peer: Correspondent) -> None:
    # PROTOCOL §6.3
    flight = publish(control(peer, 1, opening=True))
    peer.confirmed(ident(1), NOW_MS)
    assert peer.opening == ident(1)
    assert peer.flights == {ident(1): flight}
    assert peer.controls_on_way == set()
    peer.drop(ident(1))
    assert peer.opening is None


def test_another_envelope_that_is_done_leaves_the_opening_and_the_receipt_alone(
    peer: Correspondent,
) -> None:
    control(peer, 1, opening=True)
    control(peer, 2, receipt=True)
    control(peer, 3)
    peer.drop(ident(3))
    assert (peer.opening, peer.receipt_on_way) == (ident(1), ident(2))


def test_a_late_confirm_is_as_good_as_one_in_time(peer: Correspondent) -> None:
    flight = publish(seal(peer, 1))
    peer.came_back(ident(1), GateCue.UNCONFIRMED, NOW_MS, 0.0)
    assert (flight.stage, peer.way) == (Stage.READY, Way.UNCONFIRMED)
    assert not peer.ready()
    peer.confirmed(ident(1), LATER_MS)
    assert (flight.stage, peer.way) == (Stage.CONFIRMED, Way.OPEN)


def test_what_was_shut_by_a_return_is_not_opened_by_what_left_before(peer: Correspondent) -> None:
    publish(control(peer, 1))
    shut(peer)
    peer.confirmed(ident(1), LATER_MS)
    assert peer.controls_on_way == set()
    assert peer.breaker.gate is Gate.SHUT


def test_what_is_said_of_an_envelope_that_is_done_says_nothing_but_of_the_way(
    peer: Correspondent,
) -> None:
    peer.confirmed(ident(7), NOW_MS)
    assert peer.way is Way.OPEN
    peer.came_back(ident(7), GateCue.RETURNED, NOW_MS, 0.0)
    assert peer.way is Way.NO_ROUTE


@pytest.mark.parametrize(
    ("cue", "way"),
    [
        (GateCue.RETURNED, Way.NO_ROUTE),
        (GateCue.NACKED, Way.BACKPRESSURE),
        (GateCue.ABSENT, Way.NO_EXCHANGE),
        (GateCue.UNCONFIRMED, Way.UNCONFIRMED),
    ],
)
def test_what_comes_back_is_ready_again_behind_a_shut_gate(
    peer: Correspondent, cue: GateCue, way: Way
) -> None:
    flight = publish(seal(peer, 1))
    peer.came_back(ident(1), cue, NOW_MS, 0.5)
    assert flight.stage is Stage.READY
    assert (peer.way, peer.breaker.due_ms) == (way, NOW_MS + 7_500)
    assert not peer.can_seal
    assert peer.ready() == []


def test_with_the_link_what_was_not_confirmed_is_ready_again(peer: Correspondent) -> None:
    flights = [seal(peer, 1), publish(seal(peer, 2)), confirmed(peer, 3)]
    peer.link_lost(NOW_MS)
    stages = [flight.stage for flight in flights]
    assert stages == [Stage.READY, Stage.READY, Stage.CONFIRMED]


# -- the gate is tried: PROTOCOL §7.1


def shut(peer: Correspondent) -> object:
    peer.came_back(b"", GateCue.RETURNED, NOW_MS, 0.0)
    return peer.breaker


def test_after_the_wait_one_envelope_is_tried_and_no_second_one_meanwhile(
    peer: Correspondent,
) -> None:
    first, second = seal(peer, 1), seal(peer, 2)
    assert peer.ready() == [first, second]
    shut(peer)
    peer.wake_up(peer.breaker.due_ms - 1)
    assert peer.ready() == []
    peer.wake_up(peer.breaker.due_ms)
    assert peer.breaker.gate is Gate.TRYING
    assert peer.ready() == [first]
    publish(first)
    assert peer.ready() == []
    assert not peer.can_seal
    peer.confirmed(ident(1), LATER_MS)
    assert peer.can_seal
    assert peer.ready() == [second]


def test_a_gate_that_nothing_can_try_opens_and_keeps_its_patience_until_a_confirm(
    peer: Correspondent,
) -> None:
    # the receipt of the one that was tried may have overtaken its confirm
    first = seal(peer, 1)
    confirmed(peer, 2)
    shut(peer)
    peer.wake_up(peer.breaker.due_ms)
    publish(first)
    peer.wake_up(LATER_MS)
    assert peer.breaker.gate is Gate.TRYING
    peer.drop(ident(1))
    peer.wake_up(LATER_MS)
    assert (peer.breaker.gate, peer.breaker.attempts, peer.way) == (Gate.OPEN, 1, Way.NO_ROUTE)
    peer.confirmed(ident(1), LATER_MS)
    assert (peer.breaker.attempts, peer.way) == (0, Way.OPEN)


def test_what_was_asked_for_takes_room_until_our_broker_answers_for_it(
    peer: Correspondent,
) -> None:
    ready = seal(peer, 99)
    asked = [ident(seq) for seq in range(1, POLICY.unconfirmed_most + 1)]
    peer.asked_on_way.update(asked)
    assert (peer.room(), peer.ready()) == (0, [])
    peer.confirmed(asked[0], LATER_MS)
    assert (peer.room(), peer.ready()) == (1, [ready])
    peer.came_back(asked[1], GateCue.UNCONFIRMED, LATER_MS, 0.0)
    assert peer.link_lost(LATER_MS) == len(asked) - 2
    assert not peer.asked_on_way


# -- the tail: PROTOCOL §7.4


def test_without_a_receipt_identical_bytes_leave_again_when_the_time_is_up(
    peer: Correspondent,
) -> None:
    flight = confirmed(peer, 1, lane=Lane.URGENT)
    peer.wake_up(NOW_MS + POLICY.tail_urgent_ms - 1)
    assert flight.stage is Stage.CONFIRMED
    peer.wake_up(NOW_MS + POLICY.tail_urgent_ms)
    assert peer.ready() == [flight]


def test_of_a_silent_peer_only_the_newest_is_repeated_and_the_rest_waits_longer(
    peer: Correspondent,
) -> None:
    newest = confirmed(peer, 3)
    older = [confirmed(peer, seq) for seq in (1, 2)]
    due_ms = NOW_MS + POLICY.tail_ms
    peer.wake_up(due_ms)
    assert peer.ready() == [newest]
    for flight in older:
        assert flight.stage is Stage.CONFIRMED
        assert due_ms + POLICY.tail_ms < flight.due_ms <= due_ms + POLICY.tail_most_ms


def test_of_a_peer_that_was_heard_since_all_are_repeated(peer: Correspondent) -> None:
    flights = [confirmed(peer, 1, NOW_MS), confirmed(peer, 2, NOW_MS + 1)]
    peer.heard_ms = NOW_MS
    peer.wake_up(NOW_MS + 2 * POLICY.tail_ms)
    assert peer.ready() == flights


def test_what_falls_due_later_is_not_the_newest_of_what_is_due(peer: Correspondent) -> None:
    first = confirmed(peer, 1)
    confirmed(peer, 2, LATER_MS)
    peer.wake_up(NOW_MS + POLICY.tail_ms)
    assert peer.ready() == [first]


def test_what_has_expired_is_sealed_anew_instead(peer: Correspondent) -> None:
    flight = confirmed(peer, 1)
    now_ms = NOW_MS + 14 * DAY_MS
    peer.wake_up(now_ms)
    assert peer.anew.positions == {Position(EPOCH, 1): ident(1)}
    assert not peer.anew.told
    assert flight.stage is Stage.CONFIRMED
    assert flight.due_ms > now_ms


def test_an_opening_is_repeated_however_old_it_is(peer: Correspondent) -> None:
    flight = publish(control(peer, 1, opening=True))
    peer.confirmed(ident(1), NOW_MS)
    peer.wake_up(NOW_MS + 14 * DAY_MS)
    assert peer.ready() == [flight]
    assert peer.anew.positions == {}


def test_a_peer_that_starts_anew_is_waited_for_anew(peer: Correspondent) -> None:
    patient, hasty, ready = (confirmed(peer, seq, lane=Lane.URGENT) for seq in (1, 2, 3))
    patient.repeats, patient.due_ms = 9, NOW_MS + 900_000
    hasty.due_ms = NOW_MS + 5
    ready.repeats, ready.stage = 9, Stage.READY
    peer.heard_again(NOW_MS)
    assert NOW_MS < patient.due_ms <= NOW_MS + 2 * POLICY.tail_urgent_ms
    assert patient.repeats == 1
    assert hasty.due_ms == NOW_MS + 5
    assert ready.repeats == 9


# -- when something is due


def test_nothing_wakes_a_peer_to_whom_nothing_is_under_way(peer: Correspondent) -> None:
    seal(peer, 1)
    assert peer.wake_ms() == NEVER_MS


def test_the_earliest_of_all_that_waits_wakes_the_peer(peer: Correspondent) -> None:
    flight = confirmed(peer, 1)
    assert peer.wake_ms() == flight.due_ms
    peer.anew.add(in_flight(9), NOW_MS + 70)
    assert peer.wake_ms() == NOW_MS + 70
    peer.dues.status, peer.dues.status_next_ms = True, NOW_MS + 60
    assert peer.wake_ms() == NOW_MS + 60
    peer.allowed = False  # without an agreement nothing is sealed
    assert peer.wake_ms() == flight.due_ms
    shut(peer)
    assert peer.wake_ms() == peer.breaker.due_ms == NOW_MS + 5_000


# -- when nothing can be sealed


def test_a_peer_without_a_key_is_tried_ever_more_rarely(peer: Correspondent) -> None:
    waits = []
    for _ in range(9):
        peer.block(Reason.NO_ENCRYPTION_KEY, NOW_MS)
        assert (peer.way, peer.can_seal) == (Way.NO_KEY, False)
        assert peer.wake_ms() == peer.blocked_until_ms
        peer.wake_up(peer.blocked_until_ms - 1)
        assert peer.blocked is Reason.NO_ENCRYPTION_KEY
        waits.append((peer.blocked_until_ms - NOW_MS) // 1_000)
        peer.wake_up(peer.blocked_until_ms)
        assert (peer.way, peer.can_seal) == (Way.OPEN, True)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_another_directory_tries_a_peer_without_a_key_at_once(peer: Correspondent) -> None:
    for _ in range(3):
        peer.block(Reason.NO_ENCRYPTION_KEY, NOW_MS)
    peer.dues.cannot_open_next_ms = NOW_MS + 900_000
    peer.learnt()
    assert peer.can_seal
    assert peer.dues.cannot_open_next_ms == 0
    peer.block(Reason.NO_ENCRYPTION_KEY, NOW_MS)
    assert peer.blocked_until_ms == NOW_MS + 10_000


def test_without_an_agreement_nothing_is_sealed(peer: Correspondent) -> None:
    peer.allowed = False
    assert not peer.can_seal


def test_the_window_counts_what_is_about_to_be_recorded(peer: Correspondent) -> None:
    seal(peer, 1)
    assert peer.has_room(Lane.ROUTINE)
    assert not peer.has_room(Lane.ROUTINE, more=1)
    assert peer.has_room(Lane.URGENT, more=1)
    assert not peer.has_room(Lane.URGENT, more_bytes=POLICY.window_most_bytes)


def test_a_receipt_that_awaits_its_confirm_lets_the_next_one_wait(peer: Correspondent) -> None:
    # PROTOCOL §6.1
    peer.dues.receipt = True
    assert peer.control_due_ms() == 0
    peer.receipt_on_way = ident(1)
    assert peer.control_due_ms() is None
