"""Contract of the port: movements under way; every engine passes it."""

from pathlib import Path

from builders_store import AZ, GE, KEY, NOW_MS, record_id, submission
from corridor.store.movement_port import MovementCounts, TrackedMovement
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore

MRN, LRN = ("mrn", "26TR3401004B7KQ2J4"), ("lrn", "TR0000000001")


def tracked(name: tuple[str, str], changed: int, *marks: tuple[str, int]) -> TrackedMovement:
    return TrackedMovement(name, "S6", ended=False, changed_ms=changed, deadlines=marks)


def put(store: Store, one: TrackedMovement, *others: tuple[str, str]) -> None:
    with store.transaction() as change:
        change.put_movement(one, others)


def test_what_has_not_ended_is_listed_changed_last_first(store: Store) -> None:
    put(store, tracked(LRN, 1)._replace(state="S1"))
    put(store, tracked(MRN, 2, ("arrival", 10), ("recovery", 30)))
    put(store, tracked(("carnet", "1"), 3)._replace(ended=True))
    with store.reading() as view:
        assert [one.name for one in view.movements(9)] == [MRN, LRN]
        assert [one.name for one in view.movements(1)] == [MRN]
        assert view.movements(9, 9) == []
        assert [one.deadlines for one in view.movements(9, 10)] == [
            (("arrival", 10), ("recovery", 30))
        ]
        assert view.count_movements(9) == MovementCounts(2, {}, {"S1": 1, "S6": 1})
        assert view.count_movements(30).overdue == {"arrival": 1, "recovery": 1}


def test_a_movement_that_got_a_better_name_is_listed_once(store: Store) -> None:
    put(store, tracked(LRN, 1))
    put(store, tracked(MRN, 2), LRN, ("carnet", "never seen"))
    put(store, tracked(MRN, 3)._replace(refused="GE"))
    with store.reading() as view:
        assert view.movements(9) == [tracked(MRN, 3)._replace(refused="GE")]


def test_records_of_ours_are_read_again_in_order_one_for_each_recipient(store: Store) -> None:
    with store.transaction() as change:
        change.accept_all([submission(1), submission(1, AZ), submission(2)], NOW_MS)
    with store.reading() as view:
        whole = view.sent_after(0, 9)
        assert [one.entry for one in whole] == [b"entry 1", b"entry 1", b"entry 2"]
        assert [one.row for one in view.sent_after(whole[0].row, 1)] == [whole[1].row]
    sent = store.submitted(record_id(1))
    assert [(one.peer, one.entry, one.accepted_ms) for one in sent] == [
        (AZ, b"entry 1", NOW_MS),
        (GE, b"entry 1", NOW_MS),
    ]
    assert store.submitted(record_id(7)) == []


def test_the_file_does_not_tell_which_movements_there_are(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore.open(path, KEY)
    put(store, tracked(MRN, 1))
    store.close()
    assert MRN[1].encode() not in path.read_bytes()
