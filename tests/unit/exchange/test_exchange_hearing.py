"""What the receiving side has recorded changes what the sending side remembers."""

import pytest

from builders_exchange import EPOCH, GE, NOW_MS, POLICY, correspondent, ident, in_flight, verdict
from corridor.errors import Reason
from corridor.exchange import cues
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.hearing import hear
from corridor.exchange.outgoing import Flight, Stage
from corridor.exchange.values import Head, Position, Verdict


@pytest.fixture
def peer() -> Correspondent:
    return correspondent()


def heard(peer: Correspondent, cue: cues.PeerCue) -> bool:
    return hear(peer, cue, NOW_MS)


def test_a_peer_that_could_be_opened_is_alive_and_owed_no_patience(peer: Correspondent) -> None:
    peer.dues.cannot_open_next_ms = NOW_MS + 900_000
    assert not heard(peer, cues.Heard(GE))
    assert peer.heard_ms == NOW_MS
    assert peer.dues.cannot_open_next_ms == 0


def test_a_verdict_ends_the_envelope(peer: Correspondent) -> None:
    peer.add(Flight(in_flight(1)))
    assert not heard(peer, cues.Receipted(GE, ((in_flight(1), Verdict.ACCEPTED),)))
    assert peer.flights == {}


def test_a_receipt_that_is_owed_is_due(peer: Correspondent) -> None:
    assert not heard(peer, cues.ReceiptOwed(GE))
    assert peer.dues.receipt


def test_days_that_were_counted_are_told(peer: Correspondent) -> None:
    assert not heard(peer, cues.TallyDue(GE))
    assert peer.dues.tally


def test_what_is_accepted_is_told(peer: Correspondent) -> None:
    assert not heard(peer, cues.AcceptsDue(GE))
    assert peer.dues.accepts


def test_an_envelope_that_is_held_is_told_as_deferred(peer: Correspondent) -> None:
    deferral = verdict(1, verdict=Verdict.DEFERRED)
    assert not heard(peer, cues.Deferred(GE, deferral))
    assert peer.dues.deferrals == {ident(1): deferral}


def test_what_the_peer_misses_is_fetched_or_ready_again(peer: Correspondent) -> None:
    peer.add(Flight(in_flight(2), Stage.CONFIRMED))
    older = Position(EPOCH - 1, 1)
    assert not heard(peer, cues.ResendAsked(GE, (older, Position(EPOCH, 2))))
    assert list(peer.asked) == [older]
    assert peer.flights[ident(2)].stage is Stage.READY


@pytest.mark.parametrize(("urgent", "due_ms"), [(True, NOW_MS), (False, NOW_MS + POLICY.gap_ms)])
def test_a_gap_is_watched(peer: Correspondent, urgent: object, due_ms: int) -> None:
    assert not heard(peer, cues.GapsSeen(GE, EPOCH, ((2, 3),), urgent=bool(urgent)))
    assert peer.dues.watches[EPOCH].gaps == ((2, 3),)
    assert peer.dues.watches[EPOCH].due_ms == due_ms


def test_what_we_cannot_open_is_told(peer: Correspondent) -> None:
    assert not heard(peer, cues.CannotOpen(GE, ident(1), Reason.WRAP))
    assert peer.dues.cannot_open == {ident(1): Reason.WRAP}


def test_what_the_peer_cannot_open_is_sealed_anew(peer: Correspondent) -> None:
    assert not heard(peer, cues.PeerCannotOpen(GE, in_flight(1), Reason.WRAP))
    assert peer.anew.positions == {Position(EPOCH, 1): ident(1)}
    assert peer.anew.told == {Position(EPOCH, 1)}


def test_a_peer_that_opens_an_epoch_is_told_the_status_and_waited_for_anew(
    peer: Correspondent,
) -> None:
    peer.add(Flight(in_flight(1), Stage.CONFIRMED, repeats=9, due_ms=NOW_MS + 900_000))
    assert not heard(peer, cues.StatusOwed(GE))
    assert peer.dues.status
    assert peer.dues.contradicted is None
    assert peer.flights[ident(1)].due_ms < NOW_MS + 900_000


def test_a_peer_that_filled_a_position_twice_is_told_what_is_held_there(
    peer: Correspondent,
) -> None:
    peer.add(Flight(in_flight(1), Stage.CONFIRMED, repeats=9, due_ms=NOW_MS + 900_000))
    assert not heard(peer, cues.StatusOwed(GE, Head(EPOCH, 4, ident(4))))
    assert peer.dues.status
    assert peer.dues.contradicted == Head(EPOCH, 4, ident(4))
    assert peer.flights[ident(1)].due_ms == NOW_MS + 900_000


@pytest.mark.parametrize("known", [True, False])
def test_a_peer_that_knows_more_than_we_do_tells_that_we_forgot(
    peer: Correspondent, known: object
) -> None:
    told = cues.HeadTold(GE, Head(EPOCH, 9, ident(9)), known=bool(known))
    assert heard(peer, told) is not known
