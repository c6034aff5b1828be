"""A peer at whose records the node fails when it seals them waits; the others get theirs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from builders_store import submission
from builders_trust import AZ, GE, TR, make_world
from corridor.daemon.outbound import Outbound
from corridor.errors import KeyTrouble, Reason
from corridor.exchange.cues import Event, Outgoing, Way, WayChanged
from corridor.exchange.parts import REAL_SEALS, Identity
from corridor.exchange.values import Lane
from corridor.seal.envelope import Draft, Sealed, seal
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint


class Sending:
    """TR's sender to two partners; sealing for one of them may fail."""

    def __init__(self) -> None:
        world = make_world((TR, GE, AZ))
        node, view = world.nodes[TR], world.view()
        self.now_ms = world.now_ms
        self.store = MemoryStore()
        self.trouble: Exception | None = None
        self.published: list[Endpoint] = []
        self.events: list[Event] = []
        identity = Identity(TR, node.signing, {})
        self.outbound = Outbound(
            self.store, lambda: identity, lambda: view, draw=lambda: 0.0,
            seals=replace(REAL_SEALS, seal=self.seal), observe=self,
        )  # fmt: skip
        self.outbound.start(self.now_ms)
        self.outbound.on_link_ready(self.now_ms)

    def seal(self, draft: Draft, entries: Sequence[bytes], key: Any) -> Sealed:  # noqa: ANN401
        if self.trouble is not None and draft.recipient == GE:
            raise self.trouble
        return seal(draft, entries, key)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def turn(self) -> list[Endpoint]:
        self.published = []
        while self.outbound.step(self.now_ms, self.publish) <= self.now_ms:
            pass
        return sorted(set(self.published))

    def publish(self, outgoing: Outgoing) -> bool:
        self.published.append(outgoing.peer)
        return True

    def submit(self, number: int, peer: Endpoint) -> None:
        with self.store.transaction() as change:
            change.accept(submission(number, peer, lane=Lane.ROUTINE, entry=b"x"), self.now_ms)

    def waiting(self, peer: Endpoint) -> int:
        with self.store.reading() as view:
            return len(view.waiting(peer, Lane.ROUTINE, 9))


@pytest.mark.parametrize("opened", [True, False])
def test_the_others_get_theirs_and_it_is_tried_again(opened: bool) -> None:  # noqa: FBT001
    sending = Sending()
    if opened:
        assert sending.turn() == [AZ, GE]
    sending.trouble = OverflowError("secret")
    sending.submit(1, GE)
    sending.submit(2, AZ)
    with capture_logs() as logs:
        assert sending.turn() == [AZ]
    assert (sending.waiting(GE), sending.waiting(AZ)) == (1, 0)
    assert WayChanged(GE, Way.NO_KEY, Reason.INTERNAL) in sending.events
    assert {(one["event"], one["cause"]) for one in logs} == {("sealing.failed", "OverflowError")}
    assert "secret" not in str(logs)
    sending.trouble = None
    sending.now_ms += 20_000
    assert GE in sending.turn()
    assert sending.waiting(GE) == 0


def test_keys_that_cannot_be_used_keep_their_meaning() -> None:
    sending = Sending()
    sending.trouble = KeyTrouble("x")
    with pytest.raises(KeyTrouble):
        sending.turn()
