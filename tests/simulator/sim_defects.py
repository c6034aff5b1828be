"""Planted defects: each takes one rule out of the core, as a careless change would.

They prove that the simulator can fail. Each names the rule that it breaks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from corridor.daemon import recording
from corridor.daemon.controls import Controls
from corridor.daemon.inbound import Inbound
from corridor.daemon.outbound import Outbound
from corridor.daemon.recording import Recording
from corridor.exchange import correspondent, verdicts
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.dues import Dues
from corridor.exchange.outgoing import Flight, Step
from corridor.exchange.streams import Reception
from corridor.exchange.values import Family, Verdict
from corridor.exchange.verdicts import settle
from corridor.exchange.window import Window
from corridor.store.lookback import MemoryLookback
from corridor.store.memory_in import MemoryIncoming
from corridor.store.memory_out import MemoryOutgoing

Defect = Callable[[pytest.MonkeyPatch], None]
DEFECTS: Final[dict[str, Defect]] = {}
RARE: Final[set[str]] = set()


def defect(plant: Defect) -> Defect:
    DEFECTS[plant.__name__] = plant
    return plant


def rare(plant: Defect) -> Defect:
    """A defect that one schedule of a thousand finds, and a story always."""
    RARE.add(plant.__name__)
    return defect(plant)


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing at all."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        DEFECTS[name](patch)
        yield


# -- receiving


@defect
def records_are_not_known_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryIncoming, "known_record", nothing)


@defect
def envelopes_are_not_known_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Inbound, "_known_envelopes", lambda *_: {})


@defect
def what_was_not_stored_is_receipted(patch: pytest.MonkeyPatch) -> None:
    def careless(judged: Any, known: Any, *args: Any, **options: Any) -> Any:
        return settle(judged, _Everything(known), *args, **options)

    patch.setattr(recording, "settle", careless)


class _Everything(dict[bytes, bytes]):
    """Knows every record that is asked for, as it is."""

    def setdefault(self, _: bytes, digest: bytes = b"") -> bytes:
        return bytes(bytearray(digest))


@defect
def what_is_ahead_of_a_gap_is_dropped(patch: pytest.MonkeyPatch) -> None:
    keep = Recording._keep

    def careless(self: Recording, judged: Any, known: Any) -> None:
        stream = self.streams(judged.peer)[judged.position.epoch]
        if judged.position.seq <= stream.complete_to:
            keep(self, judged, known)

    patch.setattr(Recording, "_keep", careless)


@defect
def gaps_are_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dues, "watch", nothing)


@defect
def memory_outlives_a_failed_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Inbound, "_changing", lambda self: self._store.transaction())


@defect
def a_repeated_envelope_is_not_receipted_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Inbound, "_answer_repeated", nothing)


@defect
def a_receipt_is_forgotten_with_the_process(patch: pytest.MonkeyPatch) -> None:
    start = Outbound.start

    def careless(self: Outbound, now_ms: int) -> None:
        start(self, now_ms)
        for peer in self._peers.values():
            peer.dues.receipt = False

    patch.setattr(Outbound, "start", careless)
    patch.setattr(Inbound, "_answer_repeated", nothing)


@defect
def control_waits_for_gaps(patch: pytest.MonkeyPatch) -> None:
    act = Controls._act

    def careless(self: Controls, judged: Any) -> None:
        stream = self._recording.streams(judged.peer).get(judged.position.epoch)
        if stream is None or judged.position.seq <= stream.complete_to:
            act(self, judged)

    patch.setattr(Controls, "_act", careless)


# -- sending


@defect
def the_tail_is_not_repeated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flight, "patience_ms", lambda *_: 1 << 40)


@defect
def an_epoch_is_used_again_after_a_start(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(correspondent, "next_epoch", lambda last, now_ms: last or now_ms // 1000)


@defect
def what_a_lost_link_took_along_counts_as_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Correspondent, "link_lost", nothing)


@defect
def what_came_back_counts_as_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Correspondent, "came_back", nothing)


@defect
def the_window_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Window, "has_room", lambda *_: True)


@defect
def a_receipt_ends_without_a_verdict_on_record(patch: pytest.MonkeyPatch) -> None:
    close = MemoryOutgoing.close_sealed

    def careless(self: Any, peer: Any, verdict: Any, now_ms: int) -> Any:
        return close(self, peer, verdict, now_ms) if verdict.exceptions else []

    patch.setattr(MemoryOutgoing, "close_sealed", careless)


@defect
def our_brokers_confirm_counts_as_a_receipt(patch: pytest.MonkeyPatch) -> None:
    confirmed = Correspondent.confirmed

    def careless(self: Correspondent, envelope_id: bytes, now_ms: int) -> None:
        confirmed(self, envelope_id, now_ms)
        self.drop(envelope_id)

    patch.setattr(Correspondent, "confirmed", careless)


@defect
def a_position_is_left_without_a_tombstone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dues, "bury", nothing)


@defect
def what_cannot_be_opened_is_not_sealed_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Correspondent, "cannot_be_opened", nothing)


@defect
def a_deferral_is_final(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Correspondent, envelope: Any, _: int) -> None:
        self.drop(envelope.envelope_id)

    patch.setattr(Correspondent, "_deferred", careless)


# -- after a restore


@defect
def an_epoch_goes_on_after_a_restore(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(correspondent, "next_epoch", lambda last, now_ms: last or now_ms // 1000)
    patch.setattr(Correspondent, "told_head", lambda *_, **__: False)


@defect
def what_is_fetched_again_is_not_marked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recording, "mark_restored", nothing)


@rare
def what_waits_at_a_restore_is_not_marked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryIncoming, "mark_unacknowledged", nothing)


@defect
def the_end_of_the_former_epoch_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reception, "note_highest", lambda *_: False)


@rare
def what_was_forgotten_is_only_buried(patch: pytest.MonkeyPatch) -> None:
    records_of = MemoryOutgoing.records_of

    def careless(self: Any, peer: Any, position: Any, **_: Any) -> Any:
        return records_of(self, peer, position)

    patch.setattr(MemoryOutgoing, "records_of", careless)


@rare
def what_is_kept_no_more_is_closed_under_zeros(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryLookback, "sent_at", nothing)


@rare
def the_end_before_an_opening_that_is_kept_no_more_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryLookback, "_before", nothing)


@rare
def what_is_sealed_anew_after_a_restore_is_not_marked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verdicts, "_is_of_before", lambda *_, **__: False)


@defect
def control_waits_for_its_partners_clock(patch: pytest.MonkeyPatch) -> None:
    place = Recording._place

    def careless(self: Recording, judged: Any) -> Any:
        ahead = judged.frame.header.created_ms > self.now_ms + 600_000
        if ahead and judged.family is Family.CONTROL:
            return None
        return place(self, judged)

    act = Controls._act

    def deaf(self: Controls, judged: Any) -> None:
        if judged.frame.header.created_ms <= self._recording.now_ms + 600_000:
            act(self, judged)

    patch.setattr(Recording, "_place", careless)
    patch.setattr(Controls, "_act", deaf)


@rare
def an_opening_that_is_not_the_first_is_only_repeated(patch: pytest.MonkeyPatch) -> None:
    def careless(_: Correspondent, flight: Flight) -> None:
        flight.step(Step.TIME_UP)

    patch.setattr(Correspondent, "_announce_again", careless)


@defect
def control_beyond_the_window_is_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recording, "_not_kept", nothing)


@defect
def a_refusal_is_told_as_acceptance(patch: pytest.MonkeyPatch) -> None:
    close = MemoryOutgoing.close_sealed

    def careless(self: Any, peer: Any, verdict: Any, now_ms: int) -> Any:
        told = replace(verdict, verdict=Verdict.ACCEPTED, exceptions=())
        return close(self, peer, told, now_ms)

    patch.setattr(MemoryOutgoing, "close_sealed", careless)
