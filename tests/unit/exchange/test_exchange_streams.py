"""The stream of a peer: what is here, what is missing, what contradicts (PROTOCOL §7.2)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import EPOCH, GE, ident, stream
from corridor.exchange.policy import STREAM_WINDOW
from corridor.exchange.streams import KEPT, Place, Reception, finished, late_original
from corridor.exchange.values import ZERO_ID, Head
from corridor.wire.limits import MAX_SEQUENCE


def reception(*seqs: int) -> Reception:
    """An epoch in which these envelopes of one chain have arrived."""
    made = Reception(GE, EPOCH)
    for seq in seqs:
        assert arrive(made, seq) in KEPT
    return made


def before(seq: int) -> bytes:
    return ident(seq - 1) if seq > 1 else ZERO_ID


def arrive(to: Reception, seq: int) -> Place:
    """Place the envelope of the one honest chain at `seq`."""
    return to.place(seq, ident(seq), before(seq))


# -- places: the table of PROTOCOL §7.2


def test_the_next_envelope_completes_and_what_lay_beyond_may_follow() -> None:
    held = reception(2, 3, 5)
    assert held.head == Head(EPOCH, 0, ZERO_ID)
    assert arrive(held, 1) is Place.NEXT
    assert held.head == Head(EPOCH, 3, ident(3))
    assert list(held.ahead) == [5]


def test_an_envelope_before_which_something_is_missing_is_ahead() -> None:
    held = reception(1)
    assert arrive(held, 3) is Place.AHEAD
    assert (held.complete_to, held.highest, held.whole) == (1, 3, False)


@pytest.mark.parametrize(
    ("held", "seq", "envelope", "prev", "why"),
    [
        ((), 1, 1, ident(9), "the first names an envelope before it"),
        ((1,), 2, 2, ident(9), "its prev is not what is complete"),
        ((3,), 4, 4, ident(9), "its prev is not what lies ahead"),
        ((3,), 2, 22, ident(1), "what lies ahead names another before itself"),
        ((3,), 3, 33, ident(2), "another lies ahead at its position"),
    ],
)
def test_an_envelope_that_contradicts_another_is_a_fork_and_moves_nothing(
    held: tuple[int, ...], seq: int, envelope: int, prev: bytes, why: str
) -> None:
    found = reception(*held)
    kept = dict(found.ahead)
    value = found.value()
    assert found.place(seq, ident(envelope), prev) is Place.FORK, why
    assert (found.value(), found.ahead) == (value, kept)


def test_what_stands_behind_what_is_complete_only_the_store_can_judge() -> None:
    held = reception(1, 2)
    assert arrive(held, 2) is Place.TAKEN
    assert held.place(1, ident(99), ZERO_ID) is Place.TAKEN


@pytest.mark.parametrize("seq", [-1, 0, MAX_SEQUENCE + 1])
def test_a_sequence_number_that_nobody_gives_is_impossible(seq: int) -> None:
    assert Reception(GE, EPOCH).place(seq, ident(1), ZERO_ID) is Place.IMPOSSIBLE


def test_an_envelope_too_far_ahead_is_not_kept_and_comes_again() -> None:
    held = reception(1)
    last = 1 + STREAM_WINDOW
    assert arrive(held, last + 1) is Place.BEYOND
    assert held.highest == 1
    assert arrive(held, last) is Place.AHEAD
    assert arrive(held, MAX_SEQUENCE) is Place.BEYOND


# -- tombstones: PROTOCOL §6.5


def test_a_tombstone_closes_a_missing_position_as_if_its_envelope_had_come() -> None:
    held = reception(1, 3)
    assert held.close(2, ident(2))
    assert held.head == Head(EPOCH, 3, ident(3))


def test_a_tombstone_closes_as_far_ahead_as_envelopes_are_kept() -> None:
    held = reception(1)
    assert not held.close(2 + STREAM_WINDOW, ident(9))
    assert held.close(1 + STREAM_WINDOW, ident(9))


def test_a_tombstone_ahead_counts_as_the_highest_that_is_known() -> None:
    held = reception(1)
    assert held.close(4, ident(4))
    assert (held.complete_to, held.highest) == (1, 4)
    assert held.gaps() == ((2, 3),)


@pytest.mark.parametrize("seq", [0, 1, 3, 2 + STREAM_WINDOW])
def test_a_tombstone_closes_only_what_is_missing_and_near(seq: int) -> None:
    held = reception(1, 3)
    assert not held.close(seq, ident(seq))
    assert (held.head, held.gaps(), held.highest) == (Head(EPOCH, 1, ident(1)), ((2, 2),), 3)


@pytest.mark.parametrize("closed", [ident(3), ZERO_ID], ids=["its own id", "zeros"])
def test_the_original_of_a_closed_position_is_late_and_the_stream_stays(closed: bytes) -> None:
    held = reception(1)
    held.close(3, closed)
    assert arrive(held, 3) is Place.LATE
    assert held.ahead == {3: (closed, b"")}


def test_another_envelope_at_a_closed_position_is_a_fork() -> None:
    held = reception(1)
    held.close(3, ident(33))
    assert arrive(held, 3) is Place.FORK


@pytest.mark.parametrize(
    ("closed", "prev", "place"),
    [
        (ident(2), ident(2), Place.NEXT),
        (ident(2), ident(9), Place.FORK),
        (ZERO_ID, ident(9), Place.NEXT),
    ],
    ids=["names it", "names another", "nobody knows what stood there"],
)
def test_prev_is_compared_with_a_tombstone_unless_it_is_of_zeros(
    closed: bytes, prev: bytes, place: Place
) -> None:
    held = reception(1)
    held.close(2, closed)
    assert held.place(3, ident(3), prev) is place


@pytest.mark.parametrize(
    ("closed", "prev", "place"),
    [
        (ident(4), ident(4), Place.AHEAD),
        (ident(4), ident(9), Place.FORK),
        (ZERO_ID, ident(9), Place.AHEAD),
    ],
)
def test_prev_is_compared_with_a_tombstone_ahead_too(
    closed: bytes, prev: bytes, place: Place
) -> None:
    held = reception(1)
    held.close(4, closed)
    assert held.place(5, ident(5), prev) is place


def test_what_follows_a_tombstone_names_nothing_that_it_could_contradict() -> None:
    held = reception(1)
    held.close(4, ident(4))
    assert held.place(3, ident(33), ident(2)) is Place.AHEAD


def test_a_tombstone_of_zeros_may_be_anybodys_and_another_only_its_own() -> None:
    assert late_original(ZERO_ID, ident(1))
    assert late_original(ident(1), ident(1))
    assert not late_original(ident(2), ident(1))


# -- gaps: PROTOCOL §6.2


def test_gaps_are_what_is_missing_up_to_the_highest_that_anybody_named() -> None:
    held = reception(1, 3, 4, 7)
    assert held.gaps() == ((2, 2), (5, 6))
    assert held.note_highest(9)
    assert held.gaps() == ((2, 2), (5, 6), (8, 9))
    assert not held.whole


@pytest.mark.parametrize("seq", [3, 7, MAX_SEQUENCE + 1])
def test_a_highest_that_says_nothing_new_or_nonsense_is_not_noted(seq: int) -> None:
    held = reception(1, 7)
    assert not held.note_highest(seq)
    assert held.highest == 7


def test_gaps_are_told_oldest_first_within_both_bounds() -> None:
    held = reception(2, 4, 6)
    assert held.gaps(most_ranges=2) == ((1, 1), (3, 3))
    assert held.gaps(most_ranges=0) == ()
    held.note_highest(10)
    assert held.gaps(most_envelopes=5) == ((1, 1), (3, 3), (5, 5), (7, 8))
    assert held.gaps(most_envelopes=3) == ((1, 1), (3, 3), (5, 5))
    held.note_highest(MAX_SEQUENCE)
    assert held.gaps()[-1] == (7, 6 + 4_096 - 3)


# -- what is recorded


def test_an_epoch_is_the_same_after_it_was_recorded_and_loaded() -> None:
    held = reception(1, 2, 4)
    held.note_highest(9)
    assert held.value() == stream(EPOCH, 2, highest=9)
    again = Reception.of(stream(EPOCH, 2, highest=9, ahead=((4, ident(4), ident(3)),)))
    assert (again.value(), again.ahead, again.peer) == (held.value(), held.ahead, GE)
    assert again.gaps() == ((3, 3), (5, 9))


def test_a_recorded_epoch_reaches_at_least_as_far_as_it_is_complete() -> None:
    assert Reception.of(stream(EPOCH, 5, highest=2)).highest == 5


def test_the_head_of_an_epoch_with_nothing_complete_has_no_id() -> None:
    assert Reception.of(stream(EPOCH, 0, head_id=ident(8))).head == Head(EPOCH, 0, ZERO_ID)


# -- epochs: PROTOCOL §7.3


@pytest.mark.parametrize(
    ("epochs", "closed"),
    [
        ({}, ()),
        ({1: (2, 2)}, ()),
        ({1: (2, 2), 2: (1, 1)}, (1,)),
        ({2: (1, 1), 1: (2, 2)}, (1,)),
        ({1: (2, 3), 2: (1, 1)}, ()),
        ({1: (2, 2), 2: (0, 4)}, ()),
        ({1: (2, 2), 2: (1, 1), 3: (1, 5)}, (1, 2)),
        ({1: (0, 0), 2: (1, 1)}, (1,)),
    ],
)
def test_an_epoch_is_closed_once_it_is_whole_and_the_next_has_opened(
    epochs: dict[int, tuple[int, int]], closed: tuple[int, ...]
) -> None:
    held = {
        epoch: Reception.of(stream(epoch, complete_to, highest=highest))
        for epoch, (complete_to, highest) in epochs.items()
    }
    assert finished(held) == closed


# -- properties


@given(st.permutations(range(1, 13)))
def test_any_order_of_arrival_ends_in_the_same_complete_stream(order: list[int]) -> None:
    held = reception(*order)
    assert held.head == Head(EPOCH, 12, ident(12))
    assert held.whole
    assert held.ahead == {}
    assert held.gaps() == ()


@given(st.sets(st.integers(1, 40)), st.integers(0, 60), st.integers(0, 2**32))
def test_what_is_here_and_what_is_missing_make_up_the_whole(
    seqs: set[int], highest: int, shuffle: int
) -> None:
    order = sorted(seqs)
    Random(shuffle).shuffle(order)  # noqa: S311 - drawn by the property
    held = reception(*order)
    held.note_highest(highest)
    missing = {seq for first, last in held.gaps() for seq in range(first, last + 1)}
    assert missing | seqs == set(range(1, max(highest, *seqs, 0) + 1))
    assert not missing & seqs
    assert held.whole is not bool(missing)


@given(st.permutations(range(1, 9)), st.integers(1, 8))
def test_of_two_chains_the_one_that_came_first_stands(order: list[int], at: int) -> None:
    held, twin = Reception(GE, EPOCH), ident(1_000)
    assert held.place(at, twin, before(at)) in KEPT
    places = {seq: arrive(held, seq) for seq in order}
    assert places.pop(at) in (Place.FORK, Place.TAKEN)
    assert places.pop(at + 1, Place.FORK) is Place.FORK
    assert set(places.values()) <= KEPT
    assert held.head == Head(EPOCH, at, twin)
