"""A world of nodes, links and mishaps, driven by one random number generator.

* no I/O and no clock: time is a number that jumps from event to event;
* the very `Outbound` and `Inbound` of the daemon run on the in-memory twin of the store;
* a beat is a moment at which a node may die: before and inside a transaction, between commit and
  release, between commit and acknowledgement, between acknowledgement and telling;
* a ghost keeps what really happened, so that no property is judged by what a node believes.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from corridor.daemon.inbound import Inbound
from corridor.daemon.outbound import Outbound
from corridor.errors import StoreMisused, StoreTrouble
from corridor.exchange.cues import Event, Outgoing, ReceiptApplied
from corridor.exchange.parts import Examination, Identity
from corridor.exchange.policy import CONTROL_CREDIT, MAX_PENDING, ExchangePolicy
from corridor.exchange.values import Lane, Submission, SubmitStatus, Verdict
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from corridor.wire.batches import Entry, encode_entry
from simulator.sim_seals import CHEAP_SEALS, CheapKey
from simulator.sim_trust import SimView, first_view, with_new_key

START_MS = 1_800_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE


class Crash(BaseException):
    """The node dies here."""


def examine(entries: Sequence[Entry]) -> list[Examination]:
    """Records whose body begins with "bad" are invalid."""
    bad, good = Examination(("rule: body",)), Examination()
    return [bad if entry.body.startswith(b"bad") else good for entry in entries]


@dataclass
class Faults:
    """How likely mishaps are; all zero is a perfect world."""

    drop: float = 0.0
    double: float = 0.0
    disorder: float = 0.0
    returned: float = 0.0
    nacked: float = 0.0
    no_room: float = 0.0
    store_trouble: float = 0.0
    delay_ms: int = 50


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


@dataclass
class Ghost:
    """What really happened."""

    submitted: dict[bytes, tuple[Endpoint, Endpoint, bool]] = field(default_factory=dict)
    """record id: sender, recipient, whether it is valid; offered until it is accepted."""
    received: set[tuple[Endpoint, Endpoint, bytes]] = field(default_factory=set)
    """(recipient, sender, record id) that was ever committed at the recipient."""
    handed: Counter[tuple[Endpoint, bytes]] = field(default_factory=Counter)
    """(recipient, record id) handed to the national system, not marked as a possible repeat."""
    excused: set[tuple[Endpoint, bytes]] = field(default_factory=set)
    """Handed on before a restore that nobody could know of yet."""
    seals: int = 0


class Node:
    """One country: a store that survives, and memory that does not."""

    def __init__(self, world: "World", endpoint: Endpoint) -> None:
        self.world = world
        self.endpoint = endpoint
        self.store = SimStore(self.beat, lambda: world.committed(self))
        self.view: SimView = world.view
        self.keys = {key: CheapKey(key) for key in world.view.enc_keys[endpoint]}
        self.skew_ms = 0
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
        self.backups: list[tuple[Any, int, set[bytes]]] = []
        self.restored = False

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
        except StoreMisused:
            raise
        except StoreTrouble:
            self.world.later(200, lambda: self.alive(self.recover))

    def stop(self) -> None:
        self.up = self.link = False
        self.outbound = self.inbound = None
        self.beats_left = None
        self.life += 1

    def start(self, *, declared: bool = False) -> None:
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
            if declared:
                self.inbound.declare_restore(self.now)
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
            self.world.later(500, lambda: self.start(declared=declared))

    def identity(self, base: Identity) -> Identity:
        return Identity(base.endpoint, base.signing_key, self.keys)

    @property
    def now(self) -> int:
        return self.world.now + self.skew_ms

    # -- working

    def turn(self) -> None:
        """Step until nothing can be done now."""
        for _ in range(400):
            again = self.outbound.step(self.now, self.publish)
            self.world.check_bounds(self)
            if again > self.now:
                break
        else:
            raise AssertionError(f"{self.endpoint} is busy without end")
        self.wake_later(again - self.skew_ms)

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

    def national(self) -> None:
        """The national system takes what is new and acknowledges it."""
        with self.store.reading() as view:
            records = view.inbox(view.acknowledged(), 1000)
        for record in records:
            if not record.possible_repeat:
                self.world.ghost.handed[self.endpoint, record.record_id] += 1
        if records:
            with MemoryStore.transaction(self.store) as change:
                change.acknowledge(records[-1].cursor, self.now)

    def submit(self, submission: Submission) -> None:
        """The national system offers a record until it is told that it is accepted."""
        valid = b"bad" not in submission.entry
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


class World:
    """Nodes, the way between them, and time."""

    def __init__(
        self,
        seed: int,
        *,
        names: tuple[str, ...] = ("TR.GTB", "GE.RS"),
        faults: Faults | None = None,
        seals: Any = CHEAP_SEALS,
        make_inbound: Callable[..., Any] = Inbound,
        policy: ExchangePolicy | None = None,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.faults = faults or Faults()
        self.seals = seals
        self.make_inbound = make_inbound
        self.policy = policy or ExchangePolicy()
        self.now = START_MS
        self.ghost = Ghost()
        self.events: Counter[str] = Counter()
        self.view = first_view(tuple(Endpoint.parse(name) for name in names))
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.records = 0
        self.skewed = False
        self.nodes = {name: Node(self, name) for name in self.view.members}
        self.all = list(self.nodes.values())

    def chance(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability

    # -- time

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (max(at_ms, self.now), self._count, action))

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.at(self.now + delay_ms, action)

    def run(self, duration_ms: int, until: Callable[[], bool] | None = None) -> None:
        end_ms = self.now + duration_ms
        while self._queue and self._queue[0][0] <= end_ms:
            self.now, _, action = heapq.heappop(self._queue)
            action()
            if until is not None and until():
                return
        self.now = end_ms

    # -- the way

    def publish(self, node: Node, outgoing: Outgoing) -> bool:
        if not node.link or self.chance(self.faults.no_room):
            if node.link:
                self.later(20, lambda: node.alive(node.turn))
            return False
        fate = self.random.random()
        life = node.life
        if fate < self.faults.returned:
            self.later(2, lambda: self.broker_says(node, life, "on_returned", outgoing))
        elif fate < self.faults.returned + self.faults.nacked:
            self.later(2, lambda: self.broker_says(node, life, "on_nacked", outgoing))
        else:
            self.later(2, lambda: self.broker_says(node, life, "on_confirmed", outgoing))
            self.carry(node, outgoing)
        return True

    def broker_says(self, node: Node, life: int, what: str, outgoing: Outgoing) -> None:
        if node.life == life and node.link:

            def go() -> None:
                getattr(node.outbound, what)([outgoing.envelope_id], node.now)
                node.turn()

            node.alive(go)

    def carry(self, node: Node, outgoing: Outgoing) -> None:
        copies = 2 if self.chance(self.faults.double) else 1
        for _ in range(copies):
            if self.chance(self.faults.drop):
                continue
            delay = 5
            if self.chance(self.faults.disorder):
                delay += self.random.randrange(self.faults.delay_ms)
            link, frame = str(node.endpoint.country), outgoing.frame
            self.later(delay, lambda: self.arrive(self.nodes[outgoing.peer], link, frame))

    def arrive(self, node: Node, link: str, frame: bytes) -> None:
        node.inbox.append((link, frame))
        if len(node.inbox) == 1 or self.random.random() < 0.5:
            self.later(1, lambda: node.alive(node.take_inbox))

    def lose_link(self, node: Node, down_ms: int) -> None:
        if node.link:
            node.link = False
            node.alive(lambda: node.outbound.on_link_lost(node.now))
            self.later(down_ms, lambda: self.give_link(node))

    def give_link(self, node: Node) -> None:
        if node.up and not node.link:
            node.link = True

            def go() -> None:
                node.outbound.on_link_ready(node.now)
                node.turn()

            node.alive(go)

    # -- mishaps

    def kill(self, node: Node, beats: int, down_ms: int) -> None:
        """Let the node die `beats` beats from now, and start it again later."""
        node.beats_left = beats
        self.later(down_ms, node.stop)
        self.later(down_ms + 1, node.start)

    def back_up(self, node: Node) -> None:
        accepted = {i for i, (s, _, _) in self.ghost.submitted.items() if s == node.endpoint}
        node.backups.append((node.store.snapshot(), self.now, accepted))

    def restore(self, node: Node, *, declared: bool) -> None:
        """Stop the node, put an older store in its place, start it; resubmit what it forgot."""
        if not node.backups:
            return
        snapshot, _, _ = self.random.choice(node.backups)
        node.stop()
        if not declared or self.skewed:
            # nobody has told it yet that it forgot: what comes again meanwhile is not marked
            self.ghost.excused |= {key for key in self.ghost.handed if key[0] == node.endpoint}
        node.store.restore(snapshot)
        node.restored = True
        node.seen = 0
        node.start(declared=declared)
        self.later(500, lambda: self.resubmit(node))

    def resubmit(self, node: Node) -> None:
        if not node.up:
            self.later(500, lambda: self.resubmit(node))
            return
        for record_id, (sender, recipient, valid) in list(self.ghost.submitted.items()):
            if sender == node.endpoint:
                node.submit(submission(recipient, record_id, Lane.ROUTINE, valid=valid))

    def rotate(self, node: Node, *, keep_old: bool) -> None:
        """Give the node a new encryption key; partners learn of it at different times."""
        # what is still to be fetched again after a restore needs the keys of then
        keep_old = keep_old or node.restored
        self.view = with_new_key(self.view, node.endpoint)
        new = self.view.enc_keys[node.endpoint][-1]
        if not keep_old:
            node.backups.clear()  # a backup from before would need the key that is destroyed
        node.keys = {**(node.keys if keep_old else {}), new: CheapKey(new)}
        for other in self.all:
            self.later(self.random.randrange(60_000), lambda other=other: self.learn(other))

    def learn(self, node: Node) -> None:
        node.view = self.view
        node.alive(node.review)

    # -- traffic

    def submit(self, node: Node, lane: Lane | None = None, *, valid: bool = True) -> None:
        peer = self.random.choice([other for other in self.all if other is not node])
        self.records += 1
        record_id = self.records.to_bytes(16)
        lane = self.random.choice(list(Lane)) if lane is None else lane
        node.submit(submission(peer.endpoint, record_id, lane, valid=valid))

    # -- watching

    def saw(self, node: Node, event: Event) -> None:
        self.events[type(event).__name__] += 1
        if isinstance(event, ReceiptApplied) and event.verdict is Verdict.ACCEPTED:
            self.check_receipts(node, event.peer)

    def committed(self, node: Node) -> None:
        """Note what the inbox holds now, before anything can be lost again."""
        rows = node.store._tables.data["inbox"]
        while (row := rows.get(node.seen + 1)) is not None:
            node.seen += 1
            self.ghost.received.add((node.endpoint, row.peer, row.record_id))
            self.events["new records"] += 1

    def check_receipts(self, node: Node, peer: Endpoint) -> None:
        """Receipts are truthful: what counts as accepted was committed by the recipient."""
        for row in node.store._tables.data["outbox"].values():
            if row.peer == peer and row.verdict is Verdict.ACCEPTED:
                assert (peer, node.endpoint, row.record_id) in self.ghost.received

    def check_bounds(self, node: Node) -> None:
        """Memory is bounded whatever the peers do."""
        for peer in node.outbound._peers.values():
            assert peer.in_flight <= self.policy.window_most + 1 + 2 * peer.window.size
            assert len(peer.controls_on_way) <= CONTROL_CREDIT + 1
            for some in (peer.dues.deferrals, peer.dues.cannot_open, peer.dues.tombstones):
                assert len(some) <= MAX_PENDING
            assert len(peer.asked) <= 4096
            assert len(peer.resent) <= 2 * 4096

    # -- the end

    def settle(self, limit_ms: int = 6 * HOUR) -> None:
        """End all mishaps and wait until everything is delivered and receipted."""
        self.faults = Faults()
        for node in self.all:
            node.beats_left = None
            node.skew_ms = 0
            node.view = self.view
            node.start()
            self.give_link(node)
            self.later(1, lambda node=node: node.alive(node.take_inbox))
            self.later(5_000, lambda node=node: self.review_now_and_then(node))
        self.run(limit_ms, self.is_done)
        self.run(40 * MINUTE, self.is_quiet)

    def is_quiet(self) -> bool:
        """Whether no side owes or waits for anything any more."""
        return all(
            not (peer.in_flight or peer.reseal or peer.opening or peer.controls_on_way)
            and not (peer.dues.receipt or peer.dues.status or peer.dues.tombstones)
            and not peer.dues.watches
            for node in self.all
            for peer in (node.outbound._peers.values() if node.outbound else ())
        )

    def review_now_and_then(self, node: Node) -> None:
        node.alive(node.review)
        self.later(30_000, lambda: self.review_now_and_then(node))

    def is_done(self) -> bool:
        return all(
            is_final(self.nodes[sender], record_id)
            for record_id, (sender, _, _) in self.ghost.submitted.items()
        )


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
