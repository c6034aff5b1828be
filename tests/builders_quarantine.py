"""A receiver with its store and what partners seal for it, for tests of the quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from builders_trust import AZ, GE, NOW_MS, TR, Node, World, make_world
from builders_wire import new_entry, record_of_every_type
from corridor.daemon.arrivals import Handled
from corridor.daemon.inbound import Inbound
from corridor.daemon.quarantine import Quarantine
from corridor.exchange.cues import Event
from corridor.exchange.parts import Identity
from corridor.seal.envelope import Draft, Sealed, seal
from corridor.store.port import Store
from corridor.transit.parties import Endpoint
from corridor.wire.batches import encode_entry
from corridor.wire.projection import project
from corridor.wire.records import record_type_of

WORLD = make_world((TR, GE, AZ))
VIEW = WORLD.view()
NO_PREV = bytes(32)


def record_entry(number: int, recipient: Endpoint = GE) -> bytes:
    """Return an entry that its recipient accepts."""
    record = record_of_every_type()[0]
    record.header.ClearField("sender_role")
    project(record, record_type_of(record), recipient.country)
    return encode_entry(new_entry(number.to_bytes(16), record))


def sealed_for(  # noqa: PLR0913 - each test varies one of them
    number: int,
    *,
    sender: Endpoint = TR,
    seq: int = 1,
    prev: bytes = NO_PREV,
    created_ms: int = NOW_MS,
    lifetime_ms: int = 14 * 86_400_000,
    world: World = WORLD,
) -> Sealed:
    """Return an envelope for GE with one record."""
    key = WORLD.nodes[GE].opening[0]
    view = world.view()
    draft = Draft(
        network_id=view.network_id, sender=sender, recipient=GE, dir_version=view.dir_version,
        dir_hash=view.dir_hash, bundle_hash=bytes(32), created_ms=created_ms,
        expires_ms=created_ms + lifetime_ms, lane=1, suite=key.suite, enc_key_id=key.key_id,
        enc_public=key.public, epoch=1, seq=seq, prev=prev,
    )  # fmt: skip
    return seal(draft, [record_entry(number)], world.nodes[sender].signing)


@dataclass
class Watching:
    """Notes every event."""

    events: list[Event] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        self.events.append(event)


class Case:
    """GE's receiver; its keys can be lost and come back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.keys: Node = WORLD.nodes[GE]
        self.held = self.keys.decryption_keys
        self.watching = Watching()
        self.inbound = Inbound(store, self._identity, lambda: VIEW, observe=self.watching)
        self.quarantine = Quarantine(store, lambda: NOW_MS)

    def _identity(self) -> Identity:
        return Identity(GE, self.keys.signing, self.held)

    def lose_keys(self) -> None:
        self.held = {}

    def restore_keys(self) -> None:
        self.held = self.keys.decryption_keys

    def arrive(self, *frames: bytes, link: str = "TR", now_ms: int = NOW_MS) -> Handled:
        return self.inbound.handle([(link, one) for one in frames], now_ms)

    def release(self, *numbers: int, now_ms: int = NOW_MS) -> list[str]:
        """Release frames and have them judged; returns what was said of each."""
        done = self.quarantine.release(numbers, "a test", "anna")
        assert done["numbers"] == list(numbers), done
        self.inbound.judge_released(now_ms)
        return [self.quarantine.show(one)["judged"] for one in numbers]

    def states(self) -> list[str]:
        return [one["state"] for one in self.quarantine.items(done=True)["items"]]

    def inbox(self) -> Sequence[int]:
        with self.store.reading() as view:
            return [int.from_bytes(one.record_id) for one in view.inbox(0, 999)]
