"""One country of the simulated world: a store that survives, and memory that does not.

* the very `Outbound` and `Inbound` of the daemon run on the in-memory twin of the store;
* a beat is a moment at which a node may die: before and inside a transaction, between commit and
  release, between commit and acknowledgement, between acknowledgement and telling.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from corridor.daemon.outbound import Outbound
from corridor.errors import StoreMisused, StoreTrouble
from corridor.exchange.clock_settled import Faith, Reached, Seen, settle
from corridor.exchange.cues import Event, HandedOn, Outgoing
from corridor.exchange.parts import Examination, Identity
from corridor.exchange.values import Lane, Submission, SubmitStatus, Verdict
from corridor.store.memory import MemoryStore
from corridor.store.values import InboxRecord
from corridor.transit.parties import Endpoint
from corridor.wire.batches import Entry, encode_entry
from simulator.sim_seals import CheapKey

if TYPE_CHECKING:
    from simulator.sim_trust import SimView
    from simulator.sim_world import World


class Crash(BaseException):
    """The node dies here."""


def examine(entries: Sequence[Entry], _country: str) -> list[Examination]:
    """Records whose body begins with "bad" are invalid."""
    bad, good = Examination(("rule: body",)), Examination()
    return [bad if entry.body.startswith(b"bad") else good for entry in entries]


class SimStore(MemoryStore):
    """The twin, with a beat at every transaction."""

    def __init__(self, beat: Callable[[str], None], committed: Callable[[], None]) -> None:
        super().__init__()
        self.beat = beat
        self.committed = committed

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Any]:
        self.beat("before the transaction")
        with super().transaction(durable=durable) as change:
            yield change
            self.beat("inside the transaction")
        self.committed()
        self.beat("after the transaction")


class Node:
    """One country: a store that survives, and memory that does not."""

    def __init__(self, world: "World", endpoint: Endpoint) -> None:
        self.world = world
        self.endpoint = endpoint
        self.store = SimStore(self.beat, lambda: world.committed(self))
        self.view: SimView = world.view
        self.keys = {key: CheapKey(key) for key in world.view.enc_keys[endpoint]}
        self.skew_ms = 0
        self.reached = Reached()
        self.up = False
        self.beats_left: int | None = None
        self.inbox: list[tuple[str, bytes]] = []
        self.outbound: Any = None
        self.inbound: Any = None
        self.life = 0
        self.wake_at: int | None = None
        self.seen = 0
        """Up to which inbox row the ghost has looked."""
        self.link = False
        self.connection = 0
        self.backups: list[Any] = []
        self.restored = False
        self.to_declare = False
        """An operator knows of a restore and has not told the node yet."""
        self.latest_ms = 0
        """The latest time at which it took anything in, by its own clock."""

    # -- dying

    def beat(self, _where: str) -> None:
        if self.beats_left is not None:
            self.beats_left -= 1
            if self.beats_left < 0:
                self.beats_left = None
                raise Crash
        if self.world.chance(self.world.faults.store_trouble) and self.up:
            raise StoreTrouble("the disk is slow today")

    def tell(self, event: Event) -> None:
        self.beat_only()
        self.world.saw(self, event)

    def beat_only(self) -> None:
        """A beat at which a store has no trouble."""
        if self.beats_left is not None:
            self.beats_left -= 1
            if self.beats_left < 0:
                self.beats_left = None
                raise Crash

    def alive(self, action: Callable[[], None]) -> None:
        """Do something that may kill the node or find the store in trouble."""
        if not self.up:
            return
        try:
            action()
        except Crash:
            self.stop()
            if self.world.chance(0.3):
                self.world.back_up(self)  # as it was found
        except StoreMisused:
            raise
        except StoreTrouble:
            self.world.later(200, lambda: self.alive(self.recover))

    def stop(self) -> None:
        self.up = False
        self.cut()
        self.outbound = self.inbound = None
        self.beats_left = None
        self.life += 1

    def cut(self) -> None:
        """Lose the connection to our broker, and all that it has not said yet."""
        self.link = False
        self.connection += 1

    def start(self) -> None:
        if self.up:
            return
        self.up = True
        identity = Identity(self.endpoint, CheapKey(self.endpoint.encode().ljust(16, b"\0")), {})
        seals, policy = self.world.seals, self.world.policy
        self.outbound = Outbound(
            self.store, lambda: self.identity(identity), lambda: self.view,
            seals=seals, policy=policy, draw=self.world.random.random, observe=self,
        )  # fmt: skip
        self.inbound = self.world.make_inbound(
            self.store, lambda: self.identity(identity), lambda: self.view,
            seals=seals, examine=examine, policy=policy, observe=self,
        )  # fmt: skip

        def go() -> None:
            if self.to_declare:
                self.inbound.declare_restore(self.now)
                self.to_declare = False
            self.outbound.start(self.now)
            self.outbound.on_link_ready(self.now)
            self.link = True
            self.turn()
            self.take_inbox()

        life = self.life
        self.alive(go)
        if self.up and not self.link:  # it could not start: somebody tries again
            self.stop()
        if self.life != life:
            self.world.later(500, self.start)

    def identity(self, base: Identity) -> Identity:
        return Identity(base.endpoint, base.signing_key, self.keys)

    @property
    def now(self) -> int:
        return self.world.now + self.world.leapt_ms + self.skew_ms

    # -- working

    def turn(self) -> None:
        """Step until nothing can be done now."""
        for _ in range(400):
            again = self.outbound.step(self.now, self.publish)
            self.world.on_turn(self)
            if again > self.now:
                break
        else:
            raise AssertionError(f"{self.endpoint} is busy without end")
        self.wake_later(again - self.skew_ms - self.world.leapt_ms)

    def recover(self) -> None:
        self.turn()
        self.take_inbox()

    def wake_later(self, at_ms: int) -> None:
        at_ms = max(at_ms, self.world.now + 1)
        if self.wake_at is None or at_ms < self.wake_at or self.wake_at <= self.world.now:
            self.wake_at = at_ms
            life = self.life
            self.world.at(at_ms, lambda: self.woken(at_ms, life))

    def woken(self, at_ms: int, life: int) -> None:
        if self.life == life and self.wake_at == at_ms:
            self.wake_at = None
            self.alive(self.turn)

    def publish(self, outgoing: Outgoing) -> bool:
        self.beat_only()
        return self.world.publish(self, outgoing)

    def take_inbox(self) -> None:
        """Handle what lies in the broker's inbox; acknowledge it after the commit."""
        if not self.up or not self.inbox:
            return
        self.latest_ms = max(self.latest_ms, self.now)
        batch = self.inbox[: self.world.random.choice((1, 3, 100))]
        handled = self.inbound.handle(batch, self.now)
        self.beat_only()  # dead before the acknowledgement: all of it comes again
        del self.inbox[: len(batch)]
        self.beat_only()  # dead before telling: the cues are lost
        self.outbound.cues(handled.cues, self.now)
        self.turn()
        self.national()
        if self.inbox:
            self.world.later(1, lambda: self.alive(self.take_inbox))

    def review(self) -> None:
        handled = self.inbound.review(self.now)
        self.outbound.cues(handled.cues, self.now)
        self.turn()
        self.national()

    def clean(self) -> None:
        """Erase what need not be kept any more, if the clock is to be gone by."""
        while self.is_sure() and self.store.prune(self.now):
            pass

    def is_sure(self) -> bool:
        """Ask what the daemon asks; each partner has just answered."""
        true_ms = self.world.now + self.world.leapt_ms
        others = [one for one in self.world.all if one is not self]
        skews = [one.skew_ms - self.skew_ms for one in others]
        astray = all(one.skew_ms for one in self.world.all)  # all set at once: each has jumped
        seen = Seen(self.now, true_ms, self.reached, 0, astray, skews, 0)
        faith, self.reached = settle(seen)
        return faith is Faith.SURE

    def national(self) -> None:
        """The national system takes what is new and acknowledges it, at once or later."""
        with self.store.reading() as view:
            records = view.inbox(view.acknowledged(), 1000)
        if not records:
            return
        self.world.ghost.given.update((self.endpoint, record.record_id) for record in records)
        with MemoryStore.transaction(self.store) as change:
            change.mark_handed(records[-1].cursor, self.now)
        if self.world.chance(0.2):
            self.world.later(1500, lambda: self.alive(self.national))
        else:
            self.acknowledge(records)
        self.outbound.cues((HandedOn(),), self.now)
        self.turn()

    def acknowledge(self, records: Sequence[InboxRecord]) -> None:
        for record in records:
            self.world.ghost.acknowledged.add((self.endpoint, record.record_id))
            if not record.possible_repeat:
                self.world.ghost.handed[self.endpoint, record.record_id] += 1
        with MemoryStore.transaction(self.store) as change:
            change.acknowledge(records[-1].cursor, self.now)

    def submit(self, submission: Submission) -> None:
        """The national system offers a record until it is told that it is accepted."""
        valid = b"bad " not in submission.entry
        self.world.ghost.submitted[submission.record_id] = (self.endpoint, submission.peer, valid)
        statuses: list[SubmitStatus] = []

        def go() -> None:
            with self.store.transaction() as change:
                status = change.accept(submission, self.now)
            statuses.append(status)
            self.turn()

        self.alive(go)
        if not statuses:
            self.world.later(300, lambda: self.submit(submission))
        else:
            assert statuses[0] is not SubmitStatus.CONFLICT


def submission(peer: Endpoint, record_id: bytes, lane: Lane, *, valid: bool) -> Submission:
    body = (b"record " if valid else b"bad ") + record_id.hex().encode()
    entry = encode_entry(Entry(record_id, 14, "corridor.wire.v1", None, body))
    return Submission(peer, record_id, 14, lane, entry)


def is_final(node: Node, record_id: bytes) -> bool:
    tables = node.store._tables.data
    row = tables["outbox_ids"].get(record_id)
    if row is None:
        return any(
            one.verdict is not None and one.verdict in (Verdict.ACCEPTED, Verdict.REFUSED)
            for one in tables["outbox"].values()
            if one.record_id == record_id
        )
    return tables["outbox"][row].verdict in (Verdict.ACCEPTED, Verdict.REFUSED)
