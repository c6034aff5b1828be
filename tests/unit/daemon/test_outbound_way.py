"""The sending side tells when the way to a partner closes, and when it opens again."""

from builders_trust import GE, NOW_MS, TR, make_world
from corridor.daemon.outbound import Outbound
from corridor.exchange.cues import Event, Outgoing, Way, WayChanged
from corridor.exchange.parts import Identity
from corridor.store.memory import MemoryStore


class Watching:
    """Notes how the way is."""

    def __init__(self) -> None:
        self.ways: list[tuple[str, Way]] = []

    def tell(self, event: Event) -> None:
        if isinstance(event, WayChanged):
            self.ways.append((event.peer, event.way))


def test_a_way_that_closes_and_opens_is_told_each_time() -> None:
    world = make_world((TR, GE))
    view, me = world.view(), world.nodes[TR]
    identity = Identity(TR, me.signing, me.decryption_keys)
    watching = Watching()
    outbound = Outbound(MemoryStore(), lambda: identity, lambda: view, observe=watching)
    left: list[Outgoing] = []

    def publish(outgoing: Outgoing) -> bool:
        left.append(outgoing)
        return True

    outbound.start(NOW_MS)
    outbound.on_link_ready(NOW_MS)
    outbound.step(NOW_MS, publish)
    assert watching.ways == []
    outbound.on_returned([left[-1].envelope_id], NOW_MS)
    again_ms = outbound.step(NOW_MS, publish)
    assert watching.ways == [(GE, Way.NO_ROUTE)]
    while not left[1:]:
        again_ms = outbound.step(again_ms, publish)
    outbound.on_confirmed([left[-1].envelope_id], again_ms)
    outbound.step(again_ms, publish)
    assert watching.ways == [(GE, Way.NO_ROUTE), (GE, Way.OPEN)]
