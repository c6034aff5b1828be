"""A world of nodes, links and mishaps, driven by one random number generator.

* no I/O and no clock: time is a number that jumps from event to event;
* a ghost keeps what really happened, so that no property is judged by what a node believes.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from corridor.daemon.inbound import Inbound
from corridor.errors import Reason
from corridor.exchange.cues import (
    Event,
    FrameRefused,
    Outgoing,
    ReceiptApplied,
    Recovered,
    WayChanged,
)
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import Lane, Verdict
from corridor.transit.parties import Endpoint
from simulator.sim_node import Node, is_final, submission
from simulator.sim_seals import CHEAP_SEALS, CheapKey
from simulator.sim_trust import first_view, with_new_key

START_MS = 1_800_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


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
    confirm_ms: int = 2
    delay_ms: int = 50


@dataclass
class Ghost:
    """What really happened."""

    submitted: dict[bytes, tuple[Endpoint, Endpoint, bool]] = field(default_factory=dict)
    """record id: sender, recipient, whether it is valid; offered until it is accepted."""
    received: set[tuple[Endpoint, Endpoint, bytes]] = field(default_factory=set)
    """(recipient, sender, record id) that was ever committed at the recipient."""
    handed: Counter[tuple[Endpoint, bytes]] = field(default_factory=Counter)
    """(recipient, record id) handed to the national system, not marked as a possible repeat."""
    given: set[tuple[Endpoint, bytes]] = field(default_factory=set)
    acknowledged: set[tuple[Endpoint, bytes]] = field(default_factory=set)
    """(recipient, record id) handed to the national system at all."""


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
        self.leapt_ms = 0
        """How far all clocks have gone on while nothing happened."""
        self.ghost = Ghost()
        self.events: Counter[str] = Counter()
        self.view = first_view(tuple(Endpoint.parse(name) for name in names))
        self.is_forgetful = False
        """Whether a node may ask again for what it has receipted."""
        self.on_turn: Callable[[Node], None] = lambda _: None
        self.on_receipt: Callable[[World], None] = lambda _: None
        self.on_recovered: Callable[[Node, Endpoint], None] = lambda *_: None
        """A node says that all it had forgotten of a partner is back."""
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.records = 0
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
        if fate < self.faults.returned:
            said = "on_returned"
        elif fate < self.faults.returned + self.faults.nacked:
            said = "on_nacked"
        else:
            said = "on_confirmed"
        # a broker that has not confirmed may have passed it on all the same
        carried = said == "on_confirmed" and self.chance(0.5)
        if carried:
            self.carry(node, outgoing)
        connection = node.connection
        self.later(
            self.faults.confirm_ms,
            lambda: self.broker_says(node, connection, said, outgoing, carried=carried),
        )
        return True

    def broker_says(
        self, node: Node, connection: int, what: str, outgoing: Outgoing, *, carried: bool
    ) -> None:
        if node.connection == connection:
            if what == "on_confirmed" and not carried:
                self.carry(node, outgoing)

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
            node.cut()
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
        node.backups.append(node.store.snapshot())

    def restore(self, node: Node, *, declared: bool) -> None:
        """Stop the node, put an older store in its place, start it; resubmit what it forgot."""
        if not node.backups:
            return
        self.is_forgetful = True
        snapshot = self.random.choice(node.backups)
        node.stop()
        if not declared or node.now < node.latest_ms:
            # It learns that it forgot, and of what time, only from its partners: until then each
            # record may come once more without a mark.
            for key in self.ghost.handed:
                if key[0] == node.endpoint:
                    self.ghost.handed[key] = 0
        node.store.restore(snapshot)
        node.restored = True
        node.to_declare = node.to_declare or declared
        node.seen = 0
        node.start()
        self.later(500, lambda: self.resubmit(node))

    def resubmit(self, node: Node) -> None:
        if not node.up:
            self.later(500, lambda: self.resubmit(node))
            return
        for record_id, (sender, recipient, valid) in list(self.ghost.submitted.items()):
            if sender == node.endpoint:
                node.submit(submission(recipient, record_id, Lane.ROUTINE, valid=valid))

    def leap(self, days: int) -> None:
        """Let all clocks go on by days in which nothing happens, and old bytes be erased."""
        self.leapt_ms += days * DAY
        for node in self.all:
            node.alive(node.clean)
            node.alive(node.turn)

    def rotate(self, node: Node, *, keep_old: bool) -> None:
        """Give the node a new encryption key; partners learn of it at different times."""
        # what is still to be fetched again after a restore needs the keys of then
        keep_old = keep_old or node.restored
        self.is_forgetful = self.is_forgetful or not keep_old
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
        # of the form of UUIDv7 as far as anything depends on it: a time, and what tells it apart
        record_id = (self.now + self.leapt_ms).to_bytes(6) + self.records.to_bytes(10)
        lane = self.random.choice(list(Lane)) if lane is None else lane
        node.submit(submission(peer.endpoint, record_id, lane, valid=valid))

    # -- watching

    def saw(self, node: Node, event: Event) -> None:
        self.events[type(event).__name__] += 1
        if isinstance(event, FrameRefused | WayChanged) and event.reason is Reason.INTERNAL:
            raise AssertionError(f"{node.endpoint} failed at something, and put it aside")
        if isinstance(event, ReceiptApplied) and event.verdict is Verdict.ACCEPTED:
            self.on_receipt(self)
        if isinstance(event, Recovered) and not event.without_content:
            self.on_recovered(node, event.peer)

    def committed(self, node: Node) -> None:
        """Note what the inbox holds now, before anything can be lost again."""
        rows = node.store._tables.data["inbox"]
        for cursor in list(node.store._tables.numbers("inbox", node.seen)):
            node.seen, row = cursor, rows[cursor]
            self.ghost.received.add((node.endpoint, row.peer, row.record_id))
            self.events["new records"] += 1

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
        for node in self.all:
            node.national()
        self.run(MINUTE, self.is_told)

    def send_more(self) -> None:
        """Have each side send once more where a ledger is not whole: that shows what was lost."""
        if not self.is_told():
            for node in self.all:
                node.stop()
                node.start()
            self.run(40 * MINUTE, self.is_told)

    def is_told(self) -> bool:
        """Whether every side knows what the other's national system took."""
        rows = (
            (node.store._tables, row)
            for node in self.all
            for row in node.store._tables.data["outbox"].values()
            if row.verdict is Verdict.ACCEPTED
        )
        return self.is_quiet() and all(
            tables.get("sealed", (row.peer, row.position)).acknowledged_ms for tables, row in rows
        )

    def is_quiet(self) -> bool:
        """Whether no side owes or waits for anything any more."""
        return all(node.up for node in self.all) and all(
            not (peer.in_flight or peer.anew.positions or peer.opening or peer.controls_on_way)
            and not (peer.dues.receipt or peer.dues.status or peer.dues.tombstones)
            and not peer.dues.watches
            for node in self.all
            for peer in node.outbound._peers.values()
        )

    def review_now_and_then(self, node: Node) -> None:
        node.alive(node.review)
        self.later(30_000, lambda: self.review_now_and_then(node))

    def is_done(self) -> bool:
        return all(
            is_final(self.nodes[sender], record_id)
            for record_id, (sender, _, _) in self.ghost.submitted.items()
        )
