"""Contract of the port: depth, search, pruning and snapshots; every engine passes it."""

from builders_store import (
    GE,
    NOW_MS,
    TR,
    accept,
    envelope_id,
    record_id,
    sealed,
    submission,
    verdict_on,
    waiting_ids,
)
from corridor.exchange.values import (
    Family,
    Lane,
    Position,
    Verdict,
)
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.store.rules import PRUNED_AT_ONCE, SEALED_KEPT_MS
from corridor.store.values import Depth


def test_what_waits_is_known_by_lane_and_depth(store: Store) -> None:
    assert (list(store.lanes_waiting()), list(store.depths())) == ([], [])
    urgent = accept(store, 1, lane=Lane.URGENT)
    accept(store, 2, 3)
    with store.transaction() as change:
        change.accept(submission(4, TR, lane=Lane.BULK), NOW_MS + 9)
    assert list(store.lanes_waiting()) == [
        (GE, Lane.URGENT),
        (GE, Lane.ROUTINE),
        (TR, Lane.BULK),
    ]
    with store.transaction() as change:
        change.keep_sealed(sealed(1, urgent))
        change.keep_sealed(sealed(2, family=Family.CONTROL))
    assert list(store.lanes_waiting()) == [(GE, Lane.ROUTINE), (TR, Lane.BULK)]
    assert list(store.depths()) == [Depth(GE, 2, 1, NOW_MS), Depth(TR, 1, 0, NOW_MS + 9)]
    assert list(store.peers()) == [GE, TR]


def test_a_peer_with_nothing_left_has_no_depth(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
    assert (list(store.depths()), list(store.lanes_waiting())) == ([], [])


def test_records_are_found_by_exact_terms_newest_first(store: Store) -> None:
    terms = (("mrn", "26TR00000000000001"), ("container", "MSKU1234565"))
    with store.transaction() as change:
        change.accept_all([submission(one, terms=terms) for one in (1, 2, 3)], NOW_MS)
        change.accept(submission(2, TR, terms=terms), NOW_MS)
    assert store.find("mrn", "26TR00000000000001", 2) == [record_id(3), record_id(2)]
    assert store.find("container", "MSKU1234565", 9) == [
        record_id(3),
        record_id(2),
        record_id(1),
    ]
    assert store.find("lrn", "26TR00000000000001", 9) == []
    assert store.find("mrn", "26TR0000000000000", 9) == []


def test_bytes_are_erased_30_days_after_the_receipt_and_ids_stay(store: Store) -> None:
    with store.transaction() as change:
        for number in (1, 2, 3):
            change.keep_sealed(sealed(number))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
        change.close_sealed(GE, verdict_on(sealed(2), Verdict.ACCEPTED), NOW_MS + 1)
    assert store.prune(NOW_MS + SEALED_KEPT_MS - 1) == 0
    assert store.prune(NOW_MS + SEALED_KEPT_MS) == 1
    assert store.prune(NOW_MS + SEALED_KEPT_MS) == 0
    with store.reading() as view:
        kept = view.frames(GE, [Position(1, one) for one in (1, 2, 3)])
        assert view.find_sealed(GE, envelope_id(1)) is not None
    assert [position.seq for position, _ in kept] == [2, 3]
    assert store.counts()["frames"] == 2


def test_pruning_is_done_in_bounded_steps(store: Store) -> None:
    with store.transaction() as change:
        for number in range(1, PRUNED_AT_ONCE + 2):
            change.keep_sealed(sealed(number, frame=b""))
        change.retire_sealed(GE, [Position(1, one) for one in range(1, PRUNED_AT_ONCE + 2)])
    much_later = NOW_MS + 2 * SEALED_KEPT_MS
    assert [store.prune(much_later) for _ in range(3)] == [PRUNED_AT_ONCE, 1, 0]


def test_a_snapshot_of_the_twin_is_an_older_backup_and_stays_as_it_is() -> None:
    store = MemoryStore()
    accept(store, 1)
    snapshot = store.snapshot()
    for number in (2, 3):
        accept(store, number)
        assert store.counts()["outbox"] == 2
        store.restore(snapshot)
        assert waiting_ids(store) == [record_id(1)]
