"""Contract of the port: receiving, the national system, evidence; every engine passes it."""

import hashlib
from dataclasses import replace

import pytest

from builders_store import AZ, GE, NOW_MS, TR, envelope_id, incoming, received, record_id, sealed
from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    ZERO_ID,
    Family,
    Held,
    InStream,
    LeafEntry,
    LeafKind,
    Position,
    RecordVerdict,
    Verdict,
)
from corridor.store.port import Store
from corridor.store.rules import digest, leaf_bytes
from corridor.store.values import InboxRecord, KnownEnvelope

LABEL_LOG_LEAF = b"corridor/v1/log-leaf\0"


def keep(store: Store, *envelopes: object) -> None:
    with store.transaction() as change:
        change.keep_received_many(envelopes)  # type: ignore[arg-type]


def inbox_ids(store: Store) -> list[bytes]:
    with store.reading() as view:
        return [one.record_id for one in view.inbox(0, 1_000)]


# -- envelopes and records


def test_a_received_envelope_is_known_by_id_and_position(store: Store) -> None:
    verdict = replace(
        received(1).verdict,
        exceptions=(
            RecordVerdict(0, record_id(1), Verdict.REFUSED, Reason.RECORD_INVALID, ("rule.a",)),
            RecordVerdict(3, record_id(4), Verdict.PARKED),
        ),
    )
    keep(store, received(1, incoming(1, 2), verdict=verdict))
    known = KnownEnvelope(GE, Position(1, 1), envelope_id(1), Family.DATA, verdict)
    with store.reading() as view:
        assert view.known_envelope(envelope_id(1)) == known
        assert view.known_envelope(envelope_id(2)) is None
        assert view.known_envelopes([envelope_id(2), envelope_id(1)]) == {envelope_id(1): known}
        assert view.at_position(GE, Position(1, 1)) == envelope_id(1)
        assert view.at_position(TR, Position(1, 1)) is None
    assert list(store.peers()) == [GE]


def test_accepted_records_are_handed_on_once_in_order(store: Store) -> None:
    keep(
        store,
        received(1, incoming(0, 5), incoming(1, 3, possible_repeat=True)),
        received(1, incoming(0, 5), peer=TR),
    )
    with store.reading() as view:
        found = view.inbox(0, 9)
        assert view.inbox(found[0].cursor, 1) == [found[1]]
        assert view.known_records(GE, [record_id(3), record_id(4)]) == {
            record_id(3): digest(b"their entry 3")
        }
    assert found[1] == InboxRecord(
        found[1].cursor, GE, record_id(3), 1, b"their entry 3", NOW_MS + 1, possible_repeat=True
    )
    assert [(one.peer, one.record_id) for one in found] == [
        (GE, record_id(5)),
        (GE, record_id(3)),
        (TR, record_id(5)),
    ]


def test_refused_repeated_and_control_records_stand_aside(store: Store) -> None:
    keep(store, received(1, incoming(0, 1)))
    keep(
        store,
        received(
            2,
            incoming(0, 2, verdict=Verdict.REFUSED, reason=Reason.RECORD_INVALID),
            incoming(1, 1, known=True),
            incoming(2, 1),
            incoming(3, 3, record_type=70),
            incoming(4, 4, record_type=64),
            incoming(5, 0, verdict=Verdict.REFUSED)._replace(record_id=b"", entry=b"\xff"),
            incoming(6, 6),
        ),
    )
    assert inbox_ids(store) == [record_id(1), record_id(6)]
    assert store.counts()["aside"] == 6
    with store.reading() as view:
        assert view.known_record(GE, record_id(1)) == digest(b"their entry 1")
        assert view.known_record(GE, record_id(2)) is None
        assert view.known_record(GE, record_id(3)) is None


def test_the_same_record_twice_in_one_batch_is_handed_on_once(store: Store) -> None:
    keep(store, received(1, incoming(0, 1), incoming(1, 1)), received(2, incoming(0, 1)))
    assert inbox_ids(store) == [record_id(1)]


def test_parked_records_are_known_and_not_handed_on(store: Store) -> None:
    keep(store, received(1, incoming(0, 1, verdict=Verdict.PARKED), incoming(1, 2)))
    assert inbox_ids(store) == [record_id(2)]
    with store.reading() as view:
        assert view.known_record(GE, record_id(1)) == digest(b"their entry 1")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(received(2, position=Position(1, 1)), id="position"),
        pytest.param(received(1, position=Position(1, 2)), id="id"),
        pytest.param(received(2, incoming(0, 1, entry=b"other")), id="record with other bytes"),
    ],
)
def test_nothing_of_a_peer_is_kept_twice(store: Store, second: object) -> None:
    keep(store, received(1, incoming(0, 1)))
    before = store.counts()
    with pytest.raises(StoreMisused):
        keep(store, second)
    assert store.counts() == before


def test_records_of_peers_are_found_by_exact_terms(store: Store) -> None:
    terms = (("seal", "A-1"), ("plate", "34 ABC 99"))
    keep(store, received(1, incoming(0, 1, terms=terms), incoming(1, 2, terms=terms[:1])))
    assert store.find("seal", "A-1", 9) == [record_id(2), record_id(1)]
    assert store.find("plate", "34 ABC 99", 9) == [record_id(1)]


def test_a_record_is_looked_up_by_its_id_and_only_what_was_accepted(store: Store) -> None:
    keep(store, received(1, incoming(0, 1), incoming(1, 2, verdict=Verdict.REFUSED)))
    keep(store, received(1, incoming(0, 1, entry=b"another's"), peer=TR))
    found = store.deliveries(record_id(1))
    assert [(one.peer, one.entry) for one in found] == [(GE, b"their entry 1"), (TR, b"another's")]
    assert all(one.cursor for one in found)
    assert list(store.deliveries(record_id(2))) == []
    assert list(store.deliveries(record_id(9))) == []


# -- streams


def test_what_lies_ahead_is_derived_from_what_was_received(store: Store) -> None:
    keep(store, received(1), received(4), received(3))
    with store.transaction() as change:
        change.put_tombstone(GE, Position(1, 6), envelope_id(6), NOW_MS)
        change.put_in_stream(InStream(GE, 1, 1, envelope_id(1), 6))
        found = change.in_streams(GE)
    assert found == [
        InStream(
            GE,
            1,
            1,
            envelope_id(1),
            6,
            (
                (3, envelope_id(3), envelope_id(2)),
                (4, envelope_id(4), envelope_id(3)),
                (6, envelope_id(6), b""),
            ),
        )
    ]


def test_a_tombstone_gives_way_to_its_envelope(store: Store) -> None:
    with store.transaction() as change:
        change.put_tombstone(GE, Position(1, 2), envelope_id(2), NOW_MS)
        change.put_tombstone(GE, Position(1, 2), envelope_id(9), NOW_MS)
        change.put_in_stream(InStream(GE, 1))
        assert change.at_position(GE, Position(1, 2)) == envelope_id(2)
        change.keep_received(received(2))
        assert change.in_streams(GE)[0].ahead == ((2, envelope_id(2), envelope_id(1)),)
        assert change.at_position(GE, Position(1, 2)) == envelope_id(2)


def test_a_closed_epoch_is_not_listed_and_opens_again(store: Store) -> None:
    with store.transaction() as change:
        change.put_in_stream(InStream(GE, 2))
        change.put_in_stream(InStream(GE, 1, 3, envelope_id(3), 3))
        change.put_in_stream(InStream(TR, 1))
        change.close_in_stream(GE, 1)
        change.close_in_stream(GE, 9)
        assert [one.epoch for one in change.in_streams(GE)] == [2]
        assert change.in_stream(GE, 1) == InStream(GE, 1, 3, envelope_id(3), 3)
        assert change.in_stream(GE, 9) is None
        change.put_in_stream(InStream(GE, 1, 4, envelope_id(4), 4))
        assert [(one.epoch, one.complete_to) for one in change.in_streams(GE)] == [(1, 4), (2, 0)]
        assert list(change.in_streams(AZ)) == []


# -- receipts owed


def test_verdicts_are_owed_until_an_envelope_of_ours_carries_them(store: Store) -> None:
    keep(store, received(2), received(1), received(3, receipt_owed=False))
    assert list(store.peers_owed()) == [GE]
    with store.transaction() as change:
        assert [one.position.seq for one in change.owed(GE, 9)] == [2, 1]
        assert change.owed(GE, 1) == [received(2).verdict]
        change.keep_sealed(sealed(1, answers=(Position(1, 2), Position(1, 9))))
        assert [one.position.seq for one in change.owed(GE, 9)] == [1]
    assert list(store.peers_owed()) == [GE]
    with store.transaction() as change:
        change.keep_sealed(sealed(2, answers=(Position(1, 1),)))
    assert list(store.peers_owed()) == []


def test_a_duplicate_makes_a_receipt_owed_again(store: Store) -> None:
    keep(store, received(1), received(2), received(3, receipt_owed=False))
    with store.transaction() as change:
        change.keep_sealed(sealed(1, answers=(Position(1, 1), Position(1, 2))))
        change.owe_receipt(GE, [Position(1, 2), Position(1, 2), Position(1, 9)])
        change.owe_receipt(GE, [Position(1, 1)])
        assert [one.position.seq for one in change.owed(GE, 9)] == [1, 2]
    assert list(store.peers_owed()) == [GE]


# -- put aside


def test_held_frames_come_back_oldest_first_and_the_oldest_give_way(store: Store) -> None:
    def item(number: int, sender: str = "TR.GTB") -> Held:
        return Held("TR", sender, Reason.DIRECTORY_UNKNOWN, b"%d" % number, NOW_MS)

    with store.transaction() as change:
        assert [change.hold(item(number), 2) for number in (1, 2, 3)] == [0, 0, 1]
        assert change.hold(item(4, "GE.RS"), 2) == 0
        assert change.take_held(1) == [item(2)]
        change.hold(item(5), 2)
        assert change.take_held(9) == [item(3), item(4, "GE.RS"), item(5)]
        assert list(change.take_held(9)) == []


# -- national system


def test_acknowledging_is_cumulative_and_counts_what_was_handed_on(store: Store) -> None:
    parked = incoming(1, 2, verdict=Verdict.PARKED)
    keep(store, received(1, incoming(0, 1), parked, incoming(2, 3)))
    with store.transaction() as change:
        cursors = [one.cursor for one in change.inbox(0, 9)]
        assert change.acknowledged() == 0
        assert change.acknowledge(cursors[0], NOW_MS) == 1
        assert change.acknowledge(cursors[0], NOW_MS) == 0
        assert change.acknowledged() == cursors[0]
        assert change.acknowledge(cursors[1] + 1_000, NOW_MS) == 1
        assert change.acknowledged() == cursors[1]
    keep(store, received(2, incoming(0, 4)))
    with store.transaction() as change:
        assert [one.record_id for one in change.inbox(change.acknowledged(), 9)] == [record_id(4)]
        assert change.acknowledge(change.inbox(0, 9)[-1].cursor, NOW_MS) == 1


def test_after_a_restore_only_what_is_unacknowledged_is_marked_as_a_possible_repeat(
    store: Store,
) -> None:
    keep(store, received(1, incoming(0, 1), incoming(1, 2)))
    with store.transaction() as change:
        change.acknowledge(change.inbox(0, 1)[0].cursor, NOW_MS)
        change.mark_unacknowledged()
    with store.reading() as view:
        assert [one.possible_repeat for one in view.inbox(0, 9)] == [False, True]


def test_cursors_of_a_forgotten_time_are_never_given_out_again(store: Store) -> None:
    keep(store, received(1, incoming(0, 1), incoming(1, 2)))
    with store.transaction() as change:
        change.start_cursors_after(1_000_000)
        assert change.last_cursors() == (2, 0)
        assert change.acknowledge(500_000, NOW_MS) == 2  # no more than there is
        change.start_cursors_after(7)  # what is lower changes nothing
    keep(store, received(2, incoming(0, 3), incoming(1, 4)))
    with store.reading() as view:
        assert [one.cursor for one in view.inbox(0, 9)] == [1, 2, 1_000_001, 1_000_002]
        assert [one.cursor for one in view.inbox(2, 1)] == [1_000_001]
        assert view.last_cursors() == (1_000_002, 0)
    with store.transaction() as change:
        change.start_cursors_after(2_000_000)
        assert change.acknowledge(1_000_001, NOW_MS) == 1
        change.mark_unacknowledged()
    keep(store, received(3, incoming(0, 5)))
    with store.reading() as view:
        found = [(one.cursor, one.possible_repeat) for one in view.inbox(1, 9)]
    assert found == [(2, False), (1_000_001, False), (1_000_002, True), (2_000_001, False)]


# -- evidence and settings


def test_the_evidence_log_is_an_rfc_6962_tree_of_what_was_kept(store: Store) -> None:
    with store.transaction() as change:
        assert change.log_head() == (0, ZERO_ID)
        change.keep_sealed(sealed(1))
        change.keep_received(received(1))
        assert change.append_leaf(LeafEntry(LeafKind.FORK, NOW_MS, b"i" * 32)) == 3
    leaves = [
        LeafEntry(LeafKind.OUT, NOW_MS + 1, sealed(1).envelope_id, sealed(1).payload_root),
        LeafEntry(LeafKind.IN, NOW_MS + 1, received(1).envelope_id, received(1).payload_root),
        LeafEntry(LeafKind.FORK, NOW_MS, b"i" * 32),
    ]
    first, second, third = (
        hashlib.sha256(b"\0" + LABEL_LOG_LEAF + leaf_bytes(leaf)).digest() for leaf in leaves
    )
    pair = hashlib.sha256(b"\1" + first + second).digest()
    with store.reading() as view:
        assert view.log_head() == (3, hashlib.sha256(b"\1" + pair + third).digest())


def test_a_leaf_is_type_time_id_and_aux() -> None:
    leaf = LeafEntry(LeafKind.IN, 0x0102030405060708, b"i" * 32, b"a" * 32)
    assert leaf_bytes(leaf) == b"\x02\x01\x02\x03\x04\x05\x06\x07\x08" + b"i" * 32 + b"a" * 32


@pytest.mark.parametrize("leaf", [LeafEntry(1, 1, b"short"), LeafEntry(1, 1, ZERO_ID, b"short")])
def test_a_leaf_of_another_length_is_refused(store: Store, leaf: LeafEntry) -> None:
    with pytest.raises(ValueError, match="32 bytes"), store.transaction() as change:
        change.append_leaf(leaf)
    with store.reading() as view:
        assert view.log_head()[0] == 0


def test_settings_are_kept_under_their_names(store: Store) -> None:
    with store.transaction() as change:
        change.put_setting("epoch", b"1")
        change.put_setting("epoch", b"2")
        assert change.setting("epoch") == b"2"
    with store.reading() as view:
        assert view.setting("epoch") == b"2"
        assert view.setting("log") is None
