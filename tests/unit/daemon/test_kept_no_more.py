"""What a sender does when it is asked for bytes that it keeps no more (PROTOCOL §6.2)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from builders_store import GE, KEY, NOW_MS, accept, envelope_id, record_id, sealed, verdict_on
from corridor.daemon.releasing import Releasing
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import Outgoing
from corridor.exchange.outgoing import Flight
from corridor.exchange.policy import MAX_PENDING, ExchangePolicy
from corridor.exchange.values import ZERO_ID, Family, Head, Position, Verdict
from corridor.store.port import Store
from corridor.store.rules import SEALED_KEPT_MS
from corridor.store.sqlite import SqliteStore

LATER_MS = NOW_MS + SEALED_KEPT_MS + 1_000
OPENING, DATA, END = Position(4, 1), Position(4, 2), Position(3, 5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that sent (4, 1) with a StreamOpen and (4, 2) with two records, long ago."""
    with SqliteStore.open(tmp_path / "store.db", KEY) as opened:
        rows = accept(opened, 1, 2)
        with opened.transaction() as change:
            change.keep_sealed(sealed(5, position=END, family=Family.CONTROL))
            change.keep_sealed(sealed(1, position=OPENING, family=Family.CONTROL))
            envelope = sealed(2, rows, position=DATA)
            change.keep_sealed(envelope)
            change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
            for epoch, number in ((3, 5), (4, 1)):
                last = 5 if epoch == 3 else 2
                change.complete_to(GE, Head(epoch, last, envelope_id(number)), NOW_MS)
        assert opened.prune(LATER_MS) == 3
        yield opened


def _publish_nothing(_: Outgoing) -> bool:
    raise AssertionError("there are no bytes to publish")


def asked(store: Store, *positions: Position, peer: Correspondent | None = None) -> Correspondent:
    """Have GE ask for these."""
    policy = ExchangePolicy()
    peer = peer or Correspondent(GE, policy, Head(4, 2, envelope_id(2)), LATER_MS)
    for position in positions:
        peer.asked_for(position, LATER_MS)
    releasing = Releasing(store, cast("Any", None), policy, {}, LATER_MS, _publish_nothing)
    releasing.again([peer])
    return peer


def test_records_that_are_held_are_sealed_anew(store: Store) -> None:
    peer = asked(store, DATA)
    assert peer.dues.tombstones == {}  # it is closed once they stand elsewhere
    assert (peer.anew.positions, peer.anew.told) == ({DATA: envelope_id(2)}, {DATA})
    with store.reading() as view:
        held = view.records_of(GE, DATA, accepted=True)
    assert [one.record_id for one in held] == [record_id(1), record_id(2)]


def test_a_position_with_content_that_was_erased_is_closed_under_zeros(store: Store) -> None:
    with store.transaction() as change:
        change.erase(record_id(1), "o", "r", LATER_MS)
    peer = asked(store, DATA)
    assert peer.anew.positions == {DATA: ZERO_ID}


def test_control_is_closed_under_its_own_id_and_leads_to_the_epoch_before(store: Store) -> None:
    peer = asked(store, OPENING)
    assert list(peer.dues.tombstones.items()) == [
        (Position(3, 6), envelope_id(5)),
        (OPENING, envelope_id(1)),
    ]
    assert not peer.anew.positions


def test_what_names_the_epoch_before_is_told_before_the_opening_is_closed(store: Store) -> None:
    policy = ExchangePolicy()
    peer = Correspondent(GE, policy, Head(4, 2, envelope_id(2)), LATER_MS)
    for seq in range(MAX_PENDING):
        peer.dues.bury(Position(2, seq + 1), ZERO_ID)
    asked(store, OPENING, peer=peer)
    assert OPENING not in peer.dues.tombstones  # it is asked for again


def test_what_was_forgotten_here_too_is_closed_under_zeros(store: Store) -> None:
    position = Position(2, 1)
    peer = asked(store, position)
    assert peer.dues.tombstones == {position: ZERO_ID}


def test_an_opening_without_bytes_is_written_anew_and_keeps_nothing_behind_it(store: Store) -> None:
    """It would be what a shut gate is tried with, for ever: nothing else would leave."""
    policy = ExchangePolicy()
    peer = Correspondent(GE, policy, Head(4, 2, envelope_id(2)), LATER_MS)
    with store.reading() as view:
        opening = view.find_sealed(GE, envelope_id(1))
    assert opening is not None
    peer.add(Flight(replace(opening, closed=False), answered=True))  # as it was sealed
    peer.opening, peer.dues.announced = opening.envelope_id, True
    releasing = Releasing(store, cast("Any", None), policy, {}, LATER_MS, _publish_nothing)
    releasing.again([peer])
    assert (peer.ready(), peer.opening, peer.dues.announced) == ([], None, False)
    assert releasing.unfinished == [peer]
