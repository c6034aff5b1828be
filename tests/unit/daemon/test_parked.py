"""A record of a type that only a later version knows is kept, and judged by that version."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from builders_exchange import judged as judged_envelope
from builders_store import GE, KEY, NOW_MS, TR, incoming, received, sealed, submission
from corridor.daemon.parked import judge_parked, lines_of_parked
from corridor.errors import Reason, Refused
from corridor.exchange.content import JudgedRecord, Route, judge_content
from corridor.exchange.parts import Examination
from corridor.exchange.values import EnvelopeVerdict, Position, Verdict
from corridor.exchange.verdicts import settle
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry

LATER = 33
MRN = ("mrn", "26GE0000000000001")


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return SqliteStore.open(tmp_path_factory.mktemp("store") / "store.db", KEY)


def entry(number: int, record_type: int = LATER) -> bytes:
    # a body of tomorrow: today's schema knows none of its fields
    return encode_entry(
        Entry(number.to_bytes(16), record_type, SCHEMA_ID, None, b"\xfa\x3e\x05later")
    )


def later(number: int) -> JudgedRecord:
    raw = entry(number)
    return JudgedRecord(number.to_bytes(16), LATER, raw, Reason.RECORD_TYPE, parked=True)


def known(number: int) -> JudgedRecord:
    return JudgedRecord(number.to_bytes(16), 1, entry(number, 1))


def keep(store: Store, seq: int, *records: JudgedRecord) -> EnvelopeVerdict:
    """Keep an envelope as the receiving side does; returns its verdict."""
    with store.transaction() as change:
        before = dict(change.known_records(GE, [one.record_id for one in records]))
        one = judged_envelope(*records, position=Position(1, seq))
        envelope = settle(one, before, NOW_MS)
        row = received(seq, *envelope.records, position=Position(1, seq), verdict=envelope.verdict)
        change.keep_received(row)
        told = change.owed(GE, 99)[-1]
        with_receipt = sealed(100 + seq, answers=(Position(1, seq),))
        change.keep_sealed(with_receipt)  # the receipt leaves
        assert not change.owed(GE, 99)
    return told


def accepts(entries: Sequence[Entry], _country: str) -> list[Examination]:
    return [Examination(terms=(MRN,)) for _ in entries]


def refuses(entries: Sequence[Entry], _country: str) -> list[Examination]:
    return [Examination(("string.max_len a.b",)) for _ in entries]


def fails(_entries: Sequence[Entry], _country: str) -> list[Examination]:
    raise Refused(Reason.RECORD_MALFORMED)


def knows(record_type: int) -> bool:
    return record_type == LATER


def ids(store: Store) -> list[int]:
    with store.reading() as view:
        return [int.from_bytes(one.record_id) for one in view.inbox(0, 99)]


def test_it_is_parked_where_an_agreement_covers_it() -> None:
    class Agreed:
        def authorises(self, *asked: object) -> bool:
            return asked[2] == LATER

    route = Route(Agreed(), GE, TR, NOW_MS)  # type: ignore[arg-type]
    content = judge_content([entry(1), entry(2, 21)], route, accepts)
    first, second = content.records
    assert (first.reason, first.parked) == (Reason.RECORD_TYPE, True)
    assert (second.reason, second.parked) == (Reason.NOT_AUTHORISED, False)


def test_it_is_kept_and_handed_on_to_nobody_until_a_version_knows_it(store: Store) -> None:
    told = keep(store, 1, known(1), later(2), known(3))

    assert told.verdict is Verdict.ACCEPTED
    ((index, verdict, reason),) = [(e.index, e.verdict, e.reason) for e in told.exceptions]
    assert (index, verdict, reason) == (1, Verdict.PARKED, Reason.RECORD_TYPE)
    assert ids(store) == [1, 3]
    with store.reading() as view:
        assert lines_of_parked(view) == [
            "1 records of GE.RS wait for a newer version of Corridor: type 33"
        ]
    assert judge_parked(store) == 0  # this version does not know it
    assert ids(store) == [1, 3]


def test_what_waits_is_counted_by_partner_and_type(store: Store) -> None:
    file = JudgedRecord((9).to_bytes(16), 21, entry(9, 21), Reason.RECORD_TYPE, parked=True)
    keep(store, 1, known(1), later(2), file, later(3))
    with store.reading() as view:
        assert view.count_parked() == [(GE, 21, 1), (GE, LATER, 2)]
        assert lines_of_parked(view) == [
            "2 records of GE.RS wait for a newer version of Corridor: type 33"
        ]
    judge_parked(store, accepts, knows)
    with store.reading() as view:
        assert [one.record_type for one in view.count_parked()] == [21]


def test_the_version_that_knows_it_accepts_it_and_owes_the_receipt_again(store: Store) -> None:
    keep(store, 1, known(1), later(2), known(3))
    with store.transaction() as change:
        change.acknowledge(3, NOW_MS)  # the cursor that it had is behind the national system

    assert judge_parked(store, accepts, knows) == 1

    with store.reading() as view:
        (again,) = view.inbox(view.acknowledged(), 9)
        (owed,) = view.owed(GE, 9)
        assert not lines_of_parked(view)
        assert [one.position for one in view.handovers(GE, 9)] == []  # not all are handed over
    assert again.entry == entry(2)
    assert again.received_ms == NOW_MS + 1
    assert (owed.position, owed.verdict, owed.exceptions) == (Position(1, 1), 1, ())
    assert store.find(*MRN, 9) == [(2).to_bytes(16)]
    assert store.peers_owed() == [GE]
    assert judge_parked(store, accepts, knows) == 0
    with store.transaction() as change:
        change.acknowledge(again.cursor, NOW_MS)
        assert change.handovers(GE, 9)[0].acknowledged_ms == NOW_MS


def test_neighbours_in_the_store_stay_as_they_were(store: Store) -> None:
    keep(store, 1, known(1), later(2), known(3), later(4), known(5))
    assert judge_parked(store, accepts, knows) == 2
    with store.transaction() as change:
        change.keep_sealed(sealed(200, answers=(Position(1, 1),)))
        change.acknowledge(9, NOW_MS)
        change.erase((3).to_bytes(16), "an officer", "why", NOW_MS)
    with store.reading() as view:
        found = {int.from_bytes(one.record_id): one.entry for one in view.inbox(0, 99)}
    assert found == {1: entry(1, 1), 5: entry(5, 1), 2: entry(2), 4: entry(4)}


@pytest.mark.parametrize(
    ("examine", "reason", "faults"),
    [
        (refuses, Reason.RECORD_INVALID, ("string.max_len a.b",)),
        (fails, Reason.RECORD_MALFORMED, ()),
    ],
)
def test_the_version_that_knows_it_may_refuse_it(
    store: Store, examine: object, reason: Reason, faults: tuple[str, ...]
) -> None:
    keep(store, 1, known(1), later(2))

    assert judge_parked(store, examine, knows) == 1  # type: ignore[arg-type]

    assert ids(store) == [1]
    with store.reading() as view:
        (owed,) = view.owed(GE, 9)
        assert view.known_record(GE, (2).to_bytes(16)) is None  # it may come again
    (told,) = owed.exceptions
    assert (told.index, told.record_id) == (1, (2).to_bytes(16))
    assert (told.verdict, told.reason, told.faults) == (Verdict.REFUSED, reason, faults)


def test_one_that_came_in_two_envelopes_is_told_of_in_both(store: Store) -> None:
    keep(store, 1, later(2))
    second = keep(store, 2, known(1), later(2))
    assert [one.verdict for one in second.exceptions] == [Verdict.PARKED]

    judge_parked(store, accepts, knows)

    with store.reading() as view:
        owed = {one.position.seq: one.exceptions for one in view.owed(GE, 9)}
    assert owed == {1: (), 2: ()}
    assert ids(store) == [1, 2]


def test_other_bytes_under_its_id_are_a_conflict(store: Store) -> None:
    keep(store, 1, later(2))
    other = later(2)._replace(raw=entry(2, 34))
    told = keep(store, 2, other)
    assert [(one.verdict, one.reason) for one in told.exceptions] == [
        (Verdict.REFUSED, Reason.RECORD_ID_CONFLICT)
    ]


def test_its_sender_waits_and_then_learns_the_outcome(store: Store) -> None:
    """The sender's store is the same kind: PARKED leaves the record open, the rest closes it."""
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
        (row,) = change.waiting(GE, submission(1).lane, 9)
        kept = sealed(1, (row.row,))
        change.keep_sealed(kept)
        parked = EnvelopeVerdict(
            kept.position, kept.envelope_id, kept.payload_root, Verdict.PARKED, Reason.RECORD_TYPE
        )
        assert change.close_sealed(GE, parked, NOW_MS) == []
    assert store.unreceipted(GE) == []  # kept there: nothing is to be repeated
    with store.transaction() as change:
        final = EnvelopeVerdict(
            kept.position, kept.envelope_id, kept.payload_root, Verdict.ACCEPTED
        )
        assert list(change.close_sealed(GE, final, NOW_MS)) == [(1).to_bytes(16)]
        assert [one.verdict for one in change.outcomes(0, 9)] == [Verdict.ACCEPTED]


def test_an_incoming_record_is_not_parked_by_itself(store: Store) -> None:
    with store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1)))
        assert change.parked(0, 9) == []
    assert sha256(entry(1)).digest() != sha256(entry(1, 34)).digest()
