"""Both engines, driven through the same random steps, answer alike at every point."""

import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, rule

from builders_store import GE, KEY, NOW_MS, TR, envelope_id, incoming, received, record_id, sealed
from builders_store import submission as a_submission
from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    Head,
    Held,
    InStream,
    Lane,
    Position,
    Quarantined,
    ReceivedRecord,
    RecordVerdict,
    Submission,
    Verdict,
)
from corridor.store.memory import MemoryStore
from corridor.store.port import Store, Transaction
from corridor.store.sqlite import SqliteStore, connection_of

PEERS = st.sampled_from([GE, TR])
LANES = st.sampled_from(list(Lane))
VERDICTS = st.sampled_from(list(Verdict))
SMALL = st.integers(1, 6)
POSITIONS = st.builds(Position, st.integers(1, 2), SMALL)
ENTRIES = st.sampled_from([b"one", b"other"])
TERMS = st.lists(st.tuples(st.just("mrn"), st.sampled_from(["A", "B"])), max_size=2).map(tuple)


@st.composite
def submissions(draw: st.DrawFn) -> list[Submission]:
    return [
        a_submission(
            draw(SMALL),
            draw(PEERS),
            entry=draw(ENTRIES),
            lane=draw(LANES),
            record_type=draw(st.sampled_from([1, 70])),
            terms=draw(TERMS),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]


@st.composite
def records(draw: st.DrawFn) -> tuple[ReceivedRecord, ...]:
    return tuple(
        incoming(
            index,
            draw(SMALL),
            entry=draw(ENTRIES),
            verdict=draw(VERDICTS),
            record_type=draw(st.sampled_from([1, 64])),
            known=draw(st.booleans()),
            terms=draw(TERMS),
        )
        for index in range(draw(st.integers(0, 3)))
    )


class Twins(RuleBasedStateMachine):
    """The same step on each engine; answers and errors, and in the end everything, must agree."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "store.db"
        ours = SqliteStore.open(path, KEY)
        connection_of(ours).pragma("synchronous", "OFF")  # nobody pulls the plug here
        self._engines: tuple[Store, ...] = (ours, MemoryStore())

    def teardown(self) -> None:
        ours, theirs = (visible(engine) for engine in self._engines)
        for engine in self._engines:
            engine.close()
        self._folder.cleanup()
        assert ours == theirs

    def both(self, act: Callable[[Transaction], Any]) -> None:
        """Do one step in a transaction of each engine and compare what it says."""
        said = []
        for engine in self._engines:
            try:
                with engine.transaction() as change:
                    said.append(act(change))
            except StoreMisused:
                said.append(StoreMisused)
        assert said[0] == said[1]

    @rule(batch=submissions(), later=st.integers(0, 9))
    def accept(self, batch: list[Submission], later: int) -> None:
        self.both(lambda change: list(change.accept_all(batch, NOW_MS + later)))

    @rule(
        peer=PEERS,
        lane=LANES,
        limit=st.integers(0, 3),
        position=POSITIONS,
        number=SMALL,
        family=st.sampled_from(list(Family)),
        answers=st.lists(POSITIONS, max_size=3),
        replaces=st.none() | POSITIONS,
    )
    def seal(self, peer: Any, lane: Any, limit: int, number: int, **fields: Any) -> None:  # noqa: ANN401
        def act(change: Transaction) -> None:
            waiting = change.waiting(peer, lane, limit)
            old = fields["replaces"] and change.records_of(peer, fields["replaces"])
            rows = tuple(one.row for one in (*waiting, *(old or ())))
            changes = {**fields, "answers": tuple(fields["answers"])}
            change.keep_sealed(sealed(number, rows, peer=peer, lane=lane, **changes))

        self.both(act)

    @rule(
        peer=PEERS,
        position=POSITIONS,
        number=SMALL,
        verdict=VERDICTS,
        others=st.dictionaries(st.integers(0, 3), VERDICTS, max_size=2),
        later=st.integers(0, 9),
    )
    def receipt(self, peer: Any, position: Position, number: int, **fields: Any) -> None:  # noqa: ANN401
        exceptions = tuple(
            RecordVerdict(index, record_id(1), verdict, Reason.RECORD_INVALID, ("rule",))
            for index, verdict in fields["others"].items()
        )
        verdict = EnvelopeVerdict(
            position,
            envelope_id(number, peer),
            sha256(b"root").digest(),
            fields["verdict"],
            Reason.BATCH,
            exceptions,
        )
        later = NOW_MS + fields["later"]
        self.both(lambda change: sorted(change.close_sealed_many(peer, [verdict], later)))

    @rule(peer=PEERS, epoch=st.integers(1, 2), seq=st.integers(0, 6))
    def cumulative(self, peer: Any, epoch: int, seq: int) -> None:  # noqa: ANN401
        head = Head(epoch, seq, envelope_id(seq, peer))
        self.both(lambda change: change.complete_to(peer, head, NOW_MS))

    @rule(peer=PEERS, positions=st.lists(POSITIONS, max_size=2))
    def retire_and_count(self, peer: Any, positions: list[Position]) -> None:  # noqa: ANN401
        self.both(lambda change: change.retire_sealed(peer, positions))
        self.both(lambda change: change.count_attempt(peer, positions))

    @rule(
        peer=PEERS,
        number=SMALL,
        position=POSITIONS,
        kept=records(),
        owed=st.booleans(),
    )
    def receive(self, peer: Any, number: int, position: Position, kept: Any, owed: bool) -> None:  # noqa: ANN401, FBT001
        envelope = received(number, *kept, peer=peer, position=position, receipt_owed=owed)
        self.both(lambda change: change.keep_received_many([envelope]))

    @rule(peer=PEERS, position=POSITIONS, number=SMALL, closed=st.booleans())
    def stream(self, peer: Any, position: Position, number: int, closed: bool) -> None:  # noqa: ANN401, FBT001
        stream = InStream(peer, position.epoch, position.seq - 1, envelope_id(number), number)
        self.both(lambda change: change.put_in_stream(stream))
        if closed:
            self.both(lambda change: change.close_in_stream(peer, position.epoch))

    @rule(peer=PEERS, position=POSITIONS, number=SMALL)
    def tombstone(self, peer: Any, position: Position, number: int) -> None:  # noqa: ANN401
        id_ = envelope_id(number, peer)
        self.both(lambda change: change.put_tombstone(peer, position, id_, NOW_MS))

    @rule(peer=PEERS, positions=st.lists(POSITIONS, max_size=2))
    def owe(self, peer: Any, positions: list[Position]) -> None:  # noqa: ANN401
        self.both(lambda change: change.owe_receipt(peer, positions))

    @rule(number=SMALL, limit=st.integers(0, 2), take=st.integers(0, 2))
    def put_aside(self, number: int, limit: int, take: int) -> None:
        frame = b"%d" % number
        self.both(lambda change: change.quarantine(Quarantined("TR", Reason.MAGIC, frame, NOW_MS)))
        held = Held("TR", "TR.GTB", Reason.DIRECTORY_UNKNOWN, frame, NOW_MS)
        self.both(lambda change: change.hold(held, limit))
        self.both(lambda change: list(change.take_held(take)))

    @rule(skip=st.integers(0, 3))
    def acknowledge(self, skip: int) -> None:
        def act(change: Transaction) -> int:
            cursors = [one.cursor for one in change.inbox(change.acknowledged(), skip)]
            return change.acknowledge(max(cursors, default=0), NOW_MS)

        self.both(act)

    @rule(batch=submissions())
    def fail_half_way(self, batch: list[Submission]) -> None:
        def act(change: Transaction) -> None:
            change.accept_all(batch, NOW_MS)
            change.put_setting("half", b"way")
            raise StoreMisused("half way")

        self.both(act)

    @rule()
    def prune(self) -> None:
        much_later = NOW_MS * 2
        assert self._engines[0].prune(much_later) == self._engines[1].prune(much_later)


def visible(store: Store) -> dict[str, Any]:
    """Return everything the port shows, without row numbers, which an engine gives as it likes."""
    positions = [Position(epoch, seq) for epoch in (1, 2) for seq in range(1, 7)]
    ids = [envelope_id(number, peer) for number in range(1, 7) for peer in (GE, TR)]
    with store.reading() as view:
        seen: dict[str, Any] = {
            "inbox": [one._replace(cursor=0) for one in view.inbox(0, 99)],
            "left": len(view.inbox(view.acknowledged(), 99)),
            "outcomes": view.outcomes(0, 99),
            "known": view.known_envelopes(ids),
            "log": view.log_head(),
            "half": view.setting("half"),
        }
        for peer in (GE, TR):
            seen[peer] = (
                [[one._replace(row=0) for one in view.waiting(peer, lane, 99)] for lane in Lane],
                view.out_stream(peer),
                view.frames(peer, positions),
                view.find_sealed_many(peer, ids),
                [
                    [one._replace(row=0) for one in view.records_of(peer, one_position)]
                    for one_position in positions
                ],
                [view.at_position(peer, one) for one in positions],
                view.known_records(peer, [record_id(one) for one in range(1, 7)]),
                view.in_streams(peer),
                [view.in_stream(peer, epoch) for epoch in (1, 2)],
                view.owed(peer, 99),
            )
    for peer in (GE, TR):
        seen[f"in flight {peer}"] = store.unreceipted(peer)
    seen |= {
        "peers": list(store.peers()),
        "lanes": list(store.lanes_waiting()),
        "owed": list(store.peers_owed()),
        "depths": list(store.depths()),
        "counts": store.counts(),
        "ledger": [store.ledger(record_id(one)) for one in range(1, 7)],
        "found": [store.find("mrn", value, 3) for value in ("A", "B")],
    }
    return seen


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
