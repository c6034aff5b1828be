"""Two whole nodes in one thread: their own sender, receiver and service on their own store.

* the broker is a folder (`files.Queue`), the national system a book (`files.Book`), time a number;
* a beat stands wherever a kill could make a difference; `Beat` is told where.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from unittest.mock import patch

from files import Beat, Book, Line, Queue

from builders_store import KEY
from builders_trust import GE, NOW_MS, TR, Node, make_world
from builders_wire import new_entry, record_of_every_type
from corridor.daemon import receiver, sender
from corridor.daemon.arrivals import Handled
from corridor.daemon.inbound import Inbound
from corridor.daemon.long_records import LongRecords
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.offers import Offered
from corridor.daemon.outbound import Outbound
from corridor.daemon.receiver import Receiver
from corridor.daemon.sender import Sender
from corridor.daemon.service import NodeService
from corridor.exchange.parts import Identity
from corridor.exchange.values import SubmitStatus
from corridor.store.chunk_files import ChunkFiles
from corridor.store.port import Transaction
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.broker import Delivery
from corridor.trust.view import TrustView
from corridor.wire.batches import encode_entry
from corridor.wire.projection import project
from corridor.wire.records import encode_record, record_type_of

WORLD = make_world((TR, GE))
VIEW = WORLD.view()
PEER = {TR: GE, GE: TR}
OFFERED_AT_ONCE = 2
DELIVERED_AT_ONCE = 3
MOST_TURNS = 5_000
_KINDS = record_of_every_type()


class Wanted:
    """A record that has to arrive."""

    def __init__(self, sender: Endpoint, number: int) -> None:
        self.sender = sender
        self.record_id = number.to_bytes(16)
        record = _KINDS[number % len(_KINDS)]
        record.header.ClearField("sender_role")  # one role does not write every type
        project(record, record_type_of(record), PEER[sender].country)  # so nothing is left out
        self.digest = sha256(encode_entry(new_entry(self.record_id, record))).hexdigest()
        self.offered = Offered(PEER[sender], encode_record(record), self.record_id)


WANTED = [*(Wanted(TR, number) for number in (1, 2, 3, 4)), *(Wanted(GE, n) for n in (33, 40))]


class BeatingStore(SqliteStore):
    """A store with a beat around everything that lasts."""

    beat: Beat

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        self.beat("before a transaction")
        with super().transaction(durable=False) as change:
            yield change
            self.beat("inside a transaction")
        self.beat("after a commit")
        if durable:
            self.make_durable()

    def make_durable(self, patience_s: float = 0.0) -> None:
        self.beat("before a flush")
        super().make_durable(patience_s and 0.0)  # one thread: nobody else is about to flush
        self.beat("after a flush")


class Clock:
    """A time that passes when nothing else is to be done."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        at_ms = self.now_ms + max(1, round(delay_s * 1000))
        heapq.heappush(self._timers, (at_ms, next(self._numbers), action))

    def pass_on(self) -> None:
        """Go to the next timer and ring it."""
        at_ms, _, action = heapq.heappop(self._timers)
        self.now_ms = max(self.now_ms, at_ms)
        action()


class Wire:
    """A node's publisher and consumer; both of their loops turn here."""

    def __init__(self, folder: Path, me: Endpoint, clock: Clock, beat: Beat) -> None:
        self._me, self._beat = me, beat
        self.call_later = clock.later
        self.inbox = Queue(folder / f"inbox-{me.country}")
        self.peer = Queue(folder / f"inbox-{PEER[me].country}")
        self.at_once = False
        """Whether the sender's thread runs as soon as it is called, or when its turn comes."""
        self._in_call = False
        self._calls: list[Callable[[], None]] = []
        self._leaving: list[tuple[object, bytes]] = []

    def call(self, action: Callable[[], None]) -> None:
        if not self.at_once or self._in_call:
            self._calls.append(action)
            return
        self._in_call = True
        action()
        self._in_call = False

    def publish(self, token: object, _country: CountryCode, body: bytes, _id: str) -> bool:
        self._beat("before a publish")
        self._leaving.append((token, body))
        return True

    def pump(self, sender: Sender) -> bool:
        """Let the sender's thread turn: what left reaches the broker, which confirms it."""
        calls, self._calls = self._calls, []
        for action in calls:
            action()
        leaving, self._leaving = self._leaving, []
        for _, body in leaving:
            self._beat("before the broker has it")
            self.peer.put(self._me.country, body)
            self._beat("after the broker has it")
        if leaving:
            sender.on_confirmed([token for token, _ in leaving])
            self._beat("after a confirm")
        return bool(calls or leaving)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._beat("before an ack")
        self.inbox.ack(deliveries)
        self._beat("after an ack")

    def pause(self) -> None:
        raise AssertionError("no disk fails here")


class National:
    """The system behind a node: it keeps books and goes on where they end."""

    def __init__(self, folder: Path, me: Endpoint, service: NodeService, beat: Beat) -> None:
        self._service, self._beat = service, beat
        self._mine = [one for one in WANTED if one.sender is me]
        self.answers = Book(folder / f"answers-{me.country}")
        self.records = Book(folder / f"records-{me.country}")
        self.outcomes = Book(folder / f"outcomes-{me.country}")

    def offer(self) -> bool:
        """Offer what has no answer yet; never again what has."""
        answered = {line.record_id for line in self.answers.lines()}
        rest = [one for one in self._mine if one.record_id.hex() not in answered]
        if rest:
            answers = self._service.submit([one.offered for one in rest[:OFFERED_AT_ONCE]])
            assert {one.status for one in answers} <= {
                SubmitStatus.ACCEPTED,
                SubmitStatus.DUPLICATE,
            }, answers
            self._note(self.answers, [Line(0, a.record_id.hex(), a.status) for a in answers])
        return bool(rest)

    def take(self) -> bool:
        """Take what partners sent, then acknowledge it."""
        found = self._service.take(self.records.cursor, DELIVERED_AT_ONCE, 0)
        if found:
            lines = [
                Line(r.cursor, r.record_id.hex(), sha256(r.entry).hexdigest(), r.possible_repeat)
                for r in found
            ]
            self._note(self.records, lines)
            self._service.acknowledge(self.records.cursor)
        return bool(found)

    def hear(self) -> bool:
        """Learn what became of its own records."""
        found = self._service.outcomes(self.outcomes.cursor, DELIVERED_AT_ONCE, 0)
        if found:
            lines = [Line(one.cursor, one.record_id.hex(), one.verdict.name) for one in found]
            self._note(self.outcomes, lines)
        return bool(found)

    @property
    def satisfied(self) -> bool:
        return len(self.outcomes.lines()) >= len(self._mine)

    def _note(self, book: Book, lines: Sequence[Line]) -> None:
        self._beat("before the national system has it")
        book.write(lines)
        self._beat("after the national system has it")


class Country:
    """One node with what stands on both sides of it."""

    def __init__(
        self, folder: Path, keys: Node, store: SqliteStore, clock: Clock, beat: Beat
    ) -> None:
        me = keys.endpoint
        self.store = store
        self._peer = PEER[me]
        self._clock = clock
        self.wire = Wire(folder, me, clock, beat)
        identity = Identity(me, keys.signing, keys.decryption_keys)
        metrics = NodeMetrics()
        self._outbound = Outbound(store, lambda: identity, _trust, draw=lambda: 0.5)
        self._inbound = Inbound(store, lambda: identity, _trust)
        self._sender = Sender(self._outbound, metrics, _failed)
        self._receiver = Receiver(
            self._inbound, metrics, make_durable=store.make_durable,
            told=self._told, adopt=_no_statement, failed=_failed,
        )  # fmt: skip
        self._sender.attach(self.wire)
        self._receiver.attach(self.wire)
        service = NodeService(
            me=me, store=store, trust=_trust, metrics=metrics, wake_sender=self._sender.wake,
            has_room=lambda: True, now_ms=lambda: clock.now_ms,
        )  # fmt: skip
        files = ChunkFiles(folder / "attachments")
        service.long_records = LongRecords(store, files, has_room=lambda _: True)
        self.national = National(folder, me, service, beat)

    def start(self) -> None:
        """Start as a node does; its broker can be reached a little later."""
        self._outbound.start(self._clock.now_ms)
        self._ask()
        self._sender.on_ready()
        self._receiver.on_ready()
        self._sender.wake()

    def turn(self) -> bool:
        """Do a little of everything; returns whether there was anything to do."""
        busy = self.national.offer()
        busy |= self.wire.pump(self._sender)
        arrived = self.wire.inbox.take(DELIVERED_AT_ONCE)
        if arrived:
            self._receiver.on_deliveries(arrived)
        return self._ask() or busy or bool(arrived)

    @property
    def done(self) -> bool:
        """Whether nothing waits, lacks a receipt, is owed, is on its way or is missing."""
        with self.store.reading() as view:
            epochs = view.in_streams(self._peer)
        missing = any(epoch.complete_to < epoch.highest for epoch in epochs)
        rest = self.store.depths() or self.store.peers_owed() or len(self.wire.inbox)
        return self.national.satisfied and not (rest or missing)

    def _ask(self) -> bool:
        taken = self.national.take()
        return self.national.hear() or taken

    def _told(self, handled: Handled) -> None:
        if self.wire.at_once:
            self._ask()  # it has a thread of its own, and no need to wait for the flush
        self._sender.hear(handled.cues)


def run(folder: Path, beat: Beat, *, life: int, at_once: bool = False) -> None:
    """Let both nodes live until everything has come through, from whatever state is there."""
    clock = Clock(NOW_MS + life * 3_600_000)
    with ExitStack() as stack:
        for module in (sender, receiver):
            stack.enter_context(patch.object(module, "unix_ms", lambda: clock.now_ms))
        countries = []
        for keys in WORLD.nodes.values():
            store = stack.enter_context(BeatingStore.open(store_path(folder, keys.endpoint), KEY))
            store.beat = beat
            countries.append(Country(folder, keys, store, clock, beat))
            countries[-1].wire.at_once = at_once
        for country in countries:
            country.start()
        for _ in range(MOST_TURNS):
            busy = [country.turn() for country in countries]
            if any(busy):
                continue
            if all(country.done for country in countries):
                return
            clock.pass_on()
    raise AssertionError("busy without end")


def store_path(folder: Path, me: Endpoint) -> Path:
    """Where a node's store lies."""
    made = folder / f"store-{me.country}"
    made.mkdir(exist_ok=True)
    return made / "store.db"


def _trust() -> TrustView:
    return VIEW


def _failed(error: Exception) -> None:
    raise error


def _no_statement(_link: str, _frame: bytes) -> None:
    raise AssertionError("no statement is sent here")
