"""What a peer tells of envelopes of ours, and what follows from it (PROTOCOL §6, §7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import (
    EPOCH,
    NOW_MS,
    NOW_S,
    POLICY,
    correspondent,
    ident,
    in_flight,
    sealed,
)
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.outgoing import Flight, OutHead, Stage
from corridor.exchange.values import ZERO_ID, Family, Head, Position, Verdict
from corridor.wire.limits import DAY_MS, MAX_EPOCH, MAX_FUTURE_SKEW_MS, MAX_RESEND_ENVELOPES

LATER_MS = NOW_MS + 200
LEAD_S = 400 * 86_400


@pytest.fixture
def peer() -> Correspondent:
    return correspondent()


def send(peer: Correspondent, *seqs: int, now_ms: int = NOW_MS, **changes: object) -> None:
    """Seal and publish envelopes of records, and have our broker confirm them."""
    for seq in seqs:
        flight = peer.sealed(sealed(seq, **changes), opening=False, receipt=False)
        flight.published(now_ms, POLICY)
        peer.confirmed(ident(seq), now_ms)


def open_epoch(peer: Correspondent) -> None:
    envelope = sealed(1, family=Family.CONTROL)
    peer.sealed(envelope, opening=True, receipt=False).published(NOW_MS, POLICY)
    peer.confirmed(ident(1), NOW_MS)


def receipt(
    peer: Correspondent, *seqs: int, verdict: Verdict = Verdict.ACCEPTED, now_ms: int = LATER_MS
) -> None:
    peer.receipted(tuple((in_flight(seq), verdict) for seq in seqs), now_ms)


def place(seq: int, epoch: int = EPOCH) -> Position:
    return Position(epoch, seq)


def told(peer: Correspondent, epoch: int, seq: int, *, known: bool = False) -> bool:
    head = Head(epoch, seq, ident(999) if seq else ZERO_ID)
    return peer.told_head(head, NOW_MS, known=known)


# -- receipts: PROTOCOL §6.1, §7.1


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.PARKED])
def test_a_verdict_ends_an_envelope(peer: Correspondent, verdict: Verdict) -> None:
    send(peer, 1, 2)
    receipt(peer, 1, verdict=verdict)
    assert list(peer.flights) == [ident(2)]
    assert peer.in_flight == 1


def test_a_deferral_ends_nothing_and_is_no_round_trip(peer: Correspondent) -> None:
    send(peer, 1)
    receipt(peer, 1, verdict=Verdict.DEFERRED)
    assert list(peer.flights) == [ident(1)]
    assert (peer.anew.positions, peer.window.round_trip_ms) == ({}, None)


@pytest.mark.parametrize(
    ("created_ms", "anew"),
    [
        (LATER_MS + MAX_FUTURE_SKEW_MS // 2, False),
        (LATER_MS + MAX_FUTURE_SKEW_MS // 2 + 1, True),
        (LATER_MS - POLICY.lifetime_ms + 1, False),
        (LATER_MS - POLICY.lifetime_ms, True),
    ],
)
def test_what_is_deferred_is_sealed_anew_once_it_is_wrong_by_our_own_clock_too(
    peer: Correspondent, created_ms: int, anew: object
) -> None:
    send(peer, 1)
    envelope = in_flight(1, created_ms=created_ms)
    peer.receipted(((envelope, Verdict.DEFERRED),), LATER_MS)
    assert peer.anew.positions == ({place(1): ident(1)} if anew else {})
    assert list(peer.flights) == [ident(1)]


def test_what_is_deferred_although_it_was_receipted_has_been_forgotten(
    peer: Correspondent,
) -> None:
    # PROTOCOL §7.6, rule 2
    old = in_flight(1, created_ms=LATER_MS - POLICY.lifetime_ms, closed=True)
    peer.receipted(((old, Verdict.DEFERRED),), LATER_MS)
    assert (peer.anew.positions, peer.anew.told) == ({place(1): ident(1)}, {place(1)})
    assert peer.dues.tombstones == {}


def test_the_window_learns_the_smallest_round_trip_of_a_receipt(peer: Correspondent) -> None:
    send(peer, 1, now_ms=NOW_MS)
    send(peer, 2, 3, now_ms=NOW_MS + 150)
    receipt(peer, 1, 2, 3, now_ms=NOW_MS + 250)
    assert peer.window.round_trip_ms == 100
    assert list(peer.window.rates) == [3 / 100]


def test_a_receipt_from_before_a_clock_was_put_back_took_no_time(peer: Correspondent) -> None:
    send(peer, 1)
    receipt(peer, 1, now_ms=NOW_MS - 5_000)
    assert peer.window.round_trip_ms == 0


def test_a_receipt_for_what_is_done_says_nothing(peer: Correspondent) -> None:
    for _ in range(3):
        peer.anew.sealed(NOW_MS)
    receipt(peer, 1)
    assert peer.window.round_trip_ms is None
    peer.anew.sealed(NOW_MS)
    assert peer.anew.due_ms == NOW_MS + 80_000


def repeat(peer: Correspondent) -> None:
    peer.wake_up(NOW_MS + POLICY.tail_ms)
    peer.flights[ident(1)].published(NOW_MS + POLICY.tail_ms, POLICY)
    peer.confirmed(ident(1), NOW_MS + POLICY.tail_ms)


def test_of_what_was_published_more_than_once_no_round_trip_is_taken(peer: Correspondent) -> None:
    # PROTOCOL §7.1, the window
    send(peer, 1)
    repeat(peer)
    receipt(peer, 1, now_ms=NOW_MS + POLICY.tail_ms + 1)
    assert peer.window.round_trip_ms is None


def test_nor_is_one_taken_because_the_peer_has_started_anew(peer: Correspondent) -> None:
    send(peer, 1)
    repeat(peer)
    peer.heard_again(NOW_MS + POLICY.tail_ms)
    receipt(peer, 1, now_ms=NOW_MS + POLICY.tail_ms + 1)
    assert peer.window.round_trip_ms is None


def test_nor_is_one_taken_of_what_a_former_run_may_have_published(peer: Correspondent) -> None:
    flight = Flight(in_flight(1))
    peer.add(flight)
    flight.published(NOW_MS, POLICY)
    receipt(peer, 1, now_ms=NOW_MS + 1)
    assert peer.window.round_trip_ms is None


# -- Resend: PROTOCOL §6.2


def test_what_the_peer_misses_leaves_again_at_most_once_a_second(peer: Correspondent) -> None:
    send(peer, 1)
    peer.asked_for(place(1), NOW_MS + 999)
    assert peer.ready() == []
    peer.asked_for(place(1), NOW_MS + 1_000)
    assert [flight.envelope.position for flight in peer.ready()] == [place(1)]
    assert not peer.asked


def test_what_is_receipted_already_is_fetched_from_the_store_once_a_second(
    peer: Correspondent,
) -> None:
    send(peer, 1)
    receipt(peer, 1)
    for _ in range(2):
        peer.asked_for(place(1), NOW_MS)
    assert peer.take_asked(16, NOW_MS) == (place(1),)
    peer.asked_for(place(1), NOW_MS + 999)
    assert peer.take_asked(16, NOW_MS + 999) == ()
    peer.asked_for(place(1), NOW_MS + 1_000)
    assert peer.take_asked(16, NOW_MS + 1_000) == (place(1),)


@pytest.mark.parametrize(
    ("position", "ours"),
    [
        (place(7, EPOCH - 1), True),
        (place(2), True),
        (place(3), False),
        (place(1, EPOCH + 1), False),
    ],
)
def test_a_position_that_was_never_sealed_is_not_answered(
    peer: Correspondent, position: Position, ours: object
) -> None:
    peer.head = OutHead(EPOCH, 2, ident(2))
    peer.asked_for(position, NOW_MS)
    assert (position in peer.asked) is ours


def test_what_is_fetched_is_taken_in_turns_and_in_order(peer: Correspondent) -> None:
    peer.head = OutHead(EPOCH, 5, ident(5))
    for seq in (3, 1, 2):
        peer.asked_for(place(seq), NOW_MS)
    assert peer.take_asked(2, NOW_MS) == (place(3), place(1))
    assert peer.take_asked(2, NOW_MS) == (place(2),)


def test_what_is_asked_for_and_what_was_resent_is_bounded(peer: Correspondent) -> None:
    most = MAX_RESEND_ENVELOPES
    peer.head = OutHead(EPOCH, 2 * most, ident(1))
    for seq in range(1, most + 2):
        peer.asked_for(place(seq), NOW_MS)
    assert len(peer.take_asked(most + 2, NOW_MS)) == most
    peer.asked_for(place(most + 1), NOW_MS)
    peer.take_asked(1, NOW_MS)
    assert len(peer.resent) == most + 1
    peer.take_asked(1, NOW_MS)
    assert peer.resent == {}


# -- Undecryptable and sealing anew: PROTOCOL §6.6, §7.6


def test_what_the_peer_cannot_open_is_sealed_anew_at_once(peer: Correspondent) -> None:
    send(peer, 1)
    peer.cannot_be_opened(in_flight(1), NOW_MS)
    assert (peer.anew.positions, peer.anew.due_ms) == ({place(1): ident(1)}, NOW_MS)
    assert peer.anew.told == {place(1)}
    assert list(peer.flights) == [ident(1)]
    assert peer.dues.announced


def test_of_control_that_needs_no_receipt_any_more_only_the_tombstone_is_repeated(
    peer: Correspondent,
) -> None:
    peer.cannot_be_opened(in_flight(1, closed=True, family=Family.CONTROL), NOW_MS)
    assert peer.anew.positions == {}
    assert peer.dues.tombstones == {place(1): ident(1)}


def test_what_the_peer_cannot_open_although_it_receipted_it_is_sealed_again(
    peer: Correspondent,
) -> None:
    # PROTOCOL §7.6, rule 2
    send(peer, 1)
    receipt(peer, 1)
    peer.cannot_be_opened(in_flight(1, closed=True), NOW_MS)
    assert (peer.anew.positions, peer.anew.told) == ({place(1): ident(1)}, {place(1)})
    assert peer.dues.tombstones == {}
    assert peer.to_seal_anew() == [place(1)]
    assert peer.wake_ms() == NOW_MS


def test_an_opening_that_cannot_be_opened_is_made_again(peer: Correspondent) -> None:
    open_epoch(peer)
    peer.cannot_be_opened(in_flight(1, family=Family.CONTROL), NOW_MS)
    assert not peer.dues.announced
    assert (peer.opening, peer.flights) == (None, {})
    assert peer.anew.positions == {place(1): ident(1)}


def test_sealing_anew_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour(
    peer: Correspondent,
) -> None:
    waits = []
    for _ in range(9):
        peer.anew.sealed(NOW_MS)
        waits.append((peer.anew.due_ms - NOW_MS) // 1_000)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]
    peer.cannot_be_opened(in_flight(1), NOW_MS)
    peer.cannot_be_opened(in_flight(2), NOW_MS + 1_000_000)
    assert peer.anew.due_ms == NOW_MS + 900_000


@pytest.mark.parametrize("why", ["receipt", "directory"])
def test_a_receipt_or_another_directory_begins_those_waits_anew(
    peer: Correspondent, why: str
) -> None:
    send(peer, 1)
    for _ in range(5):
        peer.anew.sealed(NOW_MS)
    if why == "receipt":
        due_ms = peer.anew.due_ms
        receipt(peer, 1)
        assert peer.anew.due_ms == due_ms
    else:
        peer.learnt()
        assert peer.anew.due_ms == 0
    peer.anew.sealed(NOW_MS)
    assert peer.anew.due_ms == NOW_MS + 10_000


# -- StreamStatus: PROTOCOL §6.4


def test_a_status_that_names_nothing_tells_nothing(peer: Correspondent) -> None:
    open_epoch(peer)
    assert not peer.told_head(None, NOW_MS, known=False)
    assert peer.opening == ident(1)


@pytest.mark.parametrize(("seq", "known"), [(1, True), (0, False)])
def test_a_status_of_this_epoch_answers_its_opening(
    peer: Correspondent, seq: int, known: object
) -> None:
    # PROTOCOL §6.3
    open_epoch(peer)
    send(peer, 2)
    assert not told(peer, EPOCH, seq, known=bool(known))
    assert (peer.opening, list(peer.flights)) == (None, [ident(2)])
    assert not told(peer, EPOCH, seq, known=bool(known))


@pytest.mark.parametrize("known", [True, False])
def test_a_status_of_an_older_epoch_leaves_the_opening_unanswered(
    peer: Correspondent, known: object
) -> None:
    open_epoch(peer)
    assert not told(peer, EPOCH - 1, 3, known=bool(known))
    assert peer.opening == ident(1)
    assert peer.head.epoch == EPOCH


@pytest.mark.parametrize("known", [True, False])
def test_in_an_older_epoch_what_we_have_at_a_contradicted_position_is_sealed_anew(
    peer: Correspondent, known: object
) -> None:
    older = place(3, EPOCH - 1)
    peer.add(Flight(in_flight(3, position=older), Stage.CONFIRMED))
    told(peer, EPOCH - 1, 3, known=bool(known))
    assert peer.anew.positions == ({} if known else {older: ident(3)})


@pytest.mark.parametrize(("epoch", "seq"), [(EPOCH, 9), (EPOCH + 5, 9), (EPOCH + 5, 0)])
def test_a_peer_that_holds_what_we_do_not_know_has_a_new_epoch_begun(
    peer: Correspondent, epoch: int, seq: int
) -> None:
    open_epoch(peer)
    send(peer, 2, 3)
    older = place(7, EPOCH - 1)
    peer.add(Flight(in_flight(7, position=older), Stage.CONFIRMED))
    assert told(peer, epoch, seq)
    assert peer.head == OutHead(epoch + 1)
    assert peer.before == Head(EPOCH, 3, ident(3))
    assert peer.anew.positions == {place(2): ident(2), place(3): ident(3)}
    assert (peer.anew.told, peer.anew.due_ms) == (set(), NOW_MS)
    assert not peer.dues.announced
    assert ident(1) not in peer.flights
    assert ident(7) in peer.flights


def test_an_epoch_of_which_nothing_was_sealed_is_not_the_last(peer: Correspondent) -> None:
    before = peer.before
    assert told(peer, EPOCH + 5, 1)
    assert peer.before == before


@pytest.mark.parametrize(
    ("epoch", "begun"), [(NOW_S + LEAD_S - 1, True), (NOW_S + LEAD_S, False), (MAX_EPOCH, False)]
)
def test_a_peer_pushes_our_epoch_at_most_400_days_ahead_of_our_clock(
    peer: Correspondent, epoch: int, begun: object
) -> None:
    assert told(peer, epoch, 1) is begun
    assert peer.head.epoch == (epoch + 1 if begun else EPOCH)


@given(st.lists(st.tuples(st.integers(0, MAX_EPOCH), st.integers(0, 3)), max_size=30))
def test_a_peer_that_pushes_again_and_again_gets_no_further(heads: list[tuple[int, int]]) -> None:
    peer = correspondent()
    for epoch, seq in [*heads, *((peer.head.epoch + LEAD_S * n, 1) for n in range(1, 90))]:
        told(peer, epoch, seq)
        assert peer.head.epoch <= NOW_S + LEAD_S


# -- a wrong clock of ours: PROTOCOL §7.3


@pytest.mark.parametrize(("lead_ms", "begun"), [(300_000, False), (300_001, True)])
def test_a_clock_that_was_far_ahead_begins_a_new_epoch(
    peer: Correspondent, lead_ms: int, begun: object
) -> None:
    send(peer, 1, created_ms=NOW_MS + lead_ms)
    peer.put_clock_right(NOW_MS)
    assert (peer.head.epoch == EPOCH + 1) is begun
    assert bool(peer.anew.positions) is begun


def test_a_clock_that_was_ahead_before_anything_was_sealed_changes_nothing() -> None:
    peer = correspondent(Head(EPOCH + 9_000, 4, ident(4)))
    peer.head = OutHead(EPOCH + 9_001, created_ms=NOW_MS + DAY_MS)
    peer.put_clock_right(NOW_MS)
    assert peer.head.epoch == EPOCH + 9_001
