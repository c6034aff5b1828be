"""Who is told what we accept: partners that know the record, and nobody else (PROTOCOL §6.10)."""

from collections.abc import Sequence
from dataclasses import replace

from builders_trust import AZ, GE, TR, make_world
from corridor.daemon.outbound import Outbound
from corridor.exchange.cues import AcceptsDue
from corridor.exchange.parts import REAL_SEALS, Identity
from corridor.seal.envelope import Draft, Sealed
from corridor.seal.keys import SigningKey
from corridor.store.acceptances import OWN_ACCEPTANCE
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from corridor.wire.accepts import Accepts
from corridor.wire.batches import decode_entry
from corridor.wire.control import ACCEPTS, decode_control

OURS = b"what we accept, signed"


class Telling:
    """TR's sender with what it accepts; remembers what it told of that, to whom."""

    def __init__(self, store: MemoryStore) -> None:
        world = make_world()
        node, view = world.nodes[TR], world.view()
        self.now_ms = world.now_ms
        self.told: list[tuple[Endpoint, bytes]] = []
        self.store = store
        identity = Identity(TR, node.signing, {})
        self.outbound = Outbound(
            store, lambda: identity, lambda: view, seals=replace(REAL_SEALS, seal=self._seal),
            draw=lambda: 0.0,
        )  # fmt: skip
        self.outbound.start(self.now_ms)
        self.outbound.on_link_ready(self.now_ms)
        self.turn()

    def turn(self) -> None:
        while self.outbound.step(self.now_ms, lambda _: True) <= self.now_ms:
            pass

    def _seal(self, draft: Draft, entries: Sequence[bytes], key: SigningKey) -> Sealed:
        for entry in map(decode_entry, entries):
            if entry.record_type == ACCEPTS:
                control = decode_control(ACCEPTS, entry.body)
                assert isinstance(control, Accepts)
                self.told.append((draft.recipient, control.statement))
        return REAL_SEALS.seal(draft, entries, key)


def stored(*knowing: Endpoint) -> MemoryStore:
    store = MemoryStore()
    with store.transaction() as change:
        change.put_setting(OWN_ACCEPTANCE, OURS)
        for peer in knowing:
            change.keep_knows_accepts(peer, knows=True)
    return store


def test_an_epoch_tells_who_knows_the_record_and_only_shows_it_to_others() -> None:
    assert sorted(Telling(stored(GE)).told) == [(AZ, b""), (GE, OURS)]


def test_who_has_not_shown_the_record_is_not_told_when_something_new_is_said() -> None:
    telling = Telling(stored(GE))
    telling.told.clear()
    telling.outbound.cues([AcceptsDue(GE), AcceptsDue(AZ)], telling.now_ms)
    telling.turn()
    assert telling.told == [(GE, OURS)]
    telling.turn()
    assert telling.told == [(GE, OURS)]  # and once


def test_who_shows_the_record_is_told_at_once() -> None:
    telling = Telling(stored())
    assert sorted(telling.told) == [(AZ, b""), (GE, b"")]
    with telling.store.transaction() as change:
        change.keep_knows_accepts(AZ, knows=True)
    telling.outbound.cues([AcceptsDue(AZ)], telling.now_ms)
    telling.turn()
    assert telling.told[2:] == [(AZ, OURS)]
