"""A node refuses by name what a partner sent without holding the role: once, late, for good."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from test_movement_reader import CALM, ENDPOINTS, generated, keep, names

from builders_movement import NOW_MS
from builders_store import KEY
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import MovementReader
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.refusing import RefuseBy
from corridor.daemon.tracking import MovementTracker
from corridor.errors import Reason, StoreFull
from corridor.exchange.values import Submission
from corridor.standards.generate.journey import GeneratedRecord
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.transit.identifiers import parse_record_id
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import decode_record, encode_record, index_terms
from corridor.wire.v1 import records_pb2 as records

WAIT_MS = 900_000


class Clerk:
    """A node's tracker with a clock in hand; what it submits is kept as its service would."""

    def __init__(self, store: Store, now_ms: int) -> None:
        self.store = store
        self.now_ms = now_ms
        self.sent: list[Offered] = []
        self.answer: Answer | None = None
        self.start()

    def start(self) -> None:
        """Begin anew, as after a kill: nothing is in memory."""
        reader = MovementReader(self.store, ENDPOINTS["GE"], lambda: self.now_ms)
        way = RefuseBy("GE", WAIT_MS, self.submit)
        self.tracker = MovementTracker(self.store, reader, NodeMetrics(), way)

    def submit(self, offered: Sequence[Offered]) -> list[Answer]:
        (one,) = offered
        if self.answer is not None:
            return [self.answer]
        self.sent.append(one)
        record = decode_record(one.record)
        entry = encode_entry(Entry(one.record_id or b"", 20, SCHEMA_ID, None, one.record))
        with self.store.transaction() as change:
            submission = Submission(
                ENDPOINTS[one.recipient],
                one.record_id or b"",
                20,
                1,
                entry,
                index_terms(record),  # type: ignore[arg-type]
            )
            (status,) = change.accept_all([submission], self.now_ms)
        return [Answer(status, one.record_id or b"")]

    def later(self, ms: int, turns: int = 3) -> list[Offered]:
        self.now_ms += ms
        for _ in range(turns):
            self.tracker.turn(budget_s=5)
        return self.sent


def exchange(like: GeneratedRecord, number: bytes) -> GeneratedRecord:
    """An exchange by the writer of another record, about the same movement."""
    record = decode_record(encode_record(like.record))
    record.ClearField(record.WhichOneof("body"))
    record.exchange.SetInParent()
    return like._replace(record=record, record_id=number + like.record_id[1:])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore.open(tmp_path / "store.db", KEY)


def strange(told: Sequence[GeneratedRecord], sender: str = "KZ") -> GeneratedRecord:
    """Georgia's own passage of the border as a country tells it that is not on the way."""
    (passed,) = [one for one in told if one.record.WhichOneof("body") == "border_passage"][:1]
    record = decode_record(encode_record(passed.record))
    record.header.sender_office.reference = f"{sender}470300"
    return passed._replace(
        sender=sender, recipients=("GE",), record=record,
        record_id=bytes.fromhex("01a19468547b7928a8e22dfd0741bbb1"),
    )  # fmt: skip


def test_a_stranger_is_refused_once_after_the_wait_and_by_name(store: Store) -> None:
    told = generated(3, CALM)[:2]
    stranger = strange(generated(3, CALM))
    keep(store, "GE", [*told, stranger])
    clerk = Clerk(store, stranger.at_ms)
    assert clerk.later(0) == clerk.later(WAIT_MS - 1) == []
    clerk.start()  # killed meanwhile
    (sent,) = clerk.later(1)
    assert sent.recipient == "KZ"
    record = decode_record(sent.record)
    refused = record.exchange.acknowledgement
    assert record.header.caused_by == stranger.record_id
    assert [one.value for one in record.header.movement.ids] == names(told)
    assert refused.reason.code.value == "12"
    assert refused.reason.text == (
        "role_not_held: KZ does not hold the role transit for this movement."
    )
    assert parse_record_id((sent.record_id or b"").hex()) == sent.record_id
    clerk.start()
    assert len(clerk.later(3_600_000)) == 1


def test_who_was_let_in_during_the_wait_is_not_refused(store: Store) -> None:
    whole = generated(3, CALM)
    told, stranger = whole[:2], strange(whole)
    keep(store, "GE", [*told, stranger])
    clerk = Clerk(store, stranger.at_ms)
    clerk.later(0)
    asked = exchange(stranger, b"\3")
    asked.record.exchange.query.kind = records.QUERY_KIND_TRANSIT_RECORD
    answer = exchange(told[0], b"\4")
    answer.record.header.caused_by = asked.record_id
    answer.record.header.sender_sequence = 3
    answer.record.exchange.query_response.dataset.CopyFrom(told[0].record.movement_released.dataset)
    keep(store, "GE", [asked, answer._replace(recipients=("KZ", "GE"))])
    assert clerk.later(WAIT_MS) == []


def test_a_refusal_that_the_store_cannot_keep_is_tried_again_and_one_refused_is_let_be(
    store: Store,
) -> None:
    whole = generated(3, CALM)
    keep(store, "GE", [*whole[:2], strange(whole)])
    clerk = Clerk(store, strange(whole).at_ms)
    clerk.answer = Answer("refused", reason=Reason.STORE_FULL)
    assert clerk.later(WAIT_MS) == []
    clerk.start()
    clerk.answer = None
    assert clerk.later(1_000) == []
    assert len(clerk.later(60_000)) == 1


def test_a_refusal_that_no_agreement_allows_stays_with_the_officers(store: Store) -> None:
    whole = generated(3, CALM)
    keep(store, "GE", [*whole[:2], strange(whole)])
    clerk = Clerk(store, strange(whole).at_ms)
    clerk.answer = Answer("refused", reason=Reason.NOT_AUTHORISED)
    clerk.later(WAIT_MS)
    clerk.answer = None
    assert clerk.later(WAIT_MS) == []
    reader = MovementReader(store, ENDPOINTS["GE"], lambda: clerk.now_ms)
    assert [one.draft.code for one in reader.show(names(whole)[0])[1]].count("12") == 1


def test_a_store_that_fails_after_the_refusal_was_kept_does_not_make_it_two(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = generated(3, CALM)
    keep(store, "GE", [*whole[:2], strange(whole)])
    clerk = Clerk(store, strange(whole).at_ms)
    clerk.later(0)
    keeping = clerk.tracker._refusing.keep

    def fails(_change: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(clerk.tracker._refusing, "keep", fails)
    assert len(clerk.later(WAIT_MS)) == 1
    monkeypatch.setattr(clerk.tracker._refusing, "keep", keeping)
    clerk.start()
    assert len({one.record_id for one in clerk.later(WAIT_MS)}) == 1
    assert store.counts()["outbox"] == 1


def test_what_was_sent_long_ago_is_not_refused_now_and_nothing_without_a_way(store: Store) -> None:
    whole = generated(3, CALM)
    keep(store, "GE", [*whole[:2], strange(whole)])
    clerk = Clerk(store, strange(whole).at_ms + 8 * 86_400_000)
    assert clerk.later(0) == clerk.later(WAIT_MS) == []
    reader = MovementReader(store, ENDPOINTS["GE"], lambda: NOW_MS)
    silent = MovementTracker(store, reader, NodeMetrics())
    silent.turn(budget_s=5)
    assert silent._refusing._due == {}
