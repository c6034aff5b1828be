"""Erasure on SQLite leaves nothing in the file, and the evidence whole."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import pytest

from builders_store import (
    GE,
    KEY,
    NOW_MS,
    incoming,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.exchange.values import Lane, Position, Verdict
from corridor.seal.merkle import leaf_salts, payload_root, record_leaves
from corridor.store import search
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore, connection_of

SEED: Final = b"d" * 32
ENTRIES: Final = [b"their entry %d" % number for number in range(1, 4)]
DAY_MS: Final = 86_400_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(path, KEY) as opened:
        yield opened


def send(store: Store, first: int, count: int, size: int = 1300) -> None:
    """Send records, each of them accepted by the partner; a third of their bytes is random."""
    with store.transaction() as change:
        subs = [
            submission(n, entry=b"%08d" % n * (size // 8), terms=(("mrn", f"M{n}"),))
            for n in range(first, first + count)
        ]
        change.accept_all(subs, NOW_MS)
        rows = tuple(one.row for one in change.waiting(GE, Lane.ROUTINE, count))
        envelope = sealed(first, rows, frame=b"frame of %d" % first * 50)
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)


def take(store: Store) -> None:
    """Take one envelope with three records."""
    with store.transaction() as change:
        root = payload_root(SEED, ENTRIES)
        records = [incoming(place, place + 1) for place in range(3)]
        change.keep_received(received(1, *records, payload_root=root))
        change.keep_sealed(sealed(900, answers=(Position(1, 1),)))
        change.acknowledge(9, NOW_MS)


def erase(store: Store, *numbers: int) -> int:
    with store.transaction() as change:
        return sum(change.erase(record_id(number), "o", "r", NOW_MS) for number in numbers)


def files(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob("store.db*"))


def bundle_of(path: Path, number: int) -> bytes:
    with_rows = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found: bytes = with_rows.execute(
            "SELECT b.sealed FROM outbox o JOIN bundles b ON b.row = o.bundle WHERE o.row = ?",
            (number,),
        ).get
    finally:
        with_rows.close()
    return found


@pytest.mark.parametrize("size", [400, 1300, 30_000])
@pytest.mark.parametrize("count", [1, 3])
def test_nothing_of_an_erased_record_is_left_in_any_file(
    store: SqliteStore, path: Path, size: int, count: int
) -> None:
    for first in range(1, 60, count):
        send(store, first, count, size)
    store.scrub()
    gone = 10 * count - count + 1
    old = bundle_of(path, gone)
    pieces = [old[at : at + 64] for at in range(45, len(old) - 64, 64)]
    assert all(piece in files(path) for piece in pieces[:3])
    assert erase(store, gone) == 1
    assert store.scrub()
    now = files(path)
    assert not [piece for piece in pieces if piece in now]
    assert b"frame of %d" % gone * 50 not in now
    assert b"frame of 1" in now


def test_a_killed_node_has_erased_all_of_a_record_or_nothing(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    send(store, 1, 3)
    before = tmp_path / "before"
    before.mkdir()
    for one in path.parent.glob("store.db*"):
        shutil.copy(one, before / one.name)
    erase(store, 2)
    after = tmp_path / "after"
    after.mkdir()
    for one in path.parent.glob("store.db*"):
        shutil.copy(one, after / one.name)
    for folder, left in ((before, 3), (after, 2)):
        with SqliteStore.open(folder / "store.db", KEY) as found, found.reading() as view:
            kept = view.records_of(GE, Position(1, 1), accepted=True)
            assert len(kept) == left
            assert all(len(one.entry) == 1296 for one in kept)


def test_hashes_that_were_sorted_into_runs_go_as_well(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "GATHER_FROM_ROWS", 1)
    for first in (1, 2, 3):
        send(store, first, 1)
        store.prune(NOW_MS)
    assert erase(store, 1, 3) == 2
    assert store.find("mrn", "M1", 9) == []
    assert store.find("mrn", "M2", 9) == [record_id(2)]
    while store.erase_due(NOW_MS, {1: 1000 * DAY_MS}).more:
        pass
    rows = connection_of(store).execute("SELECT row FROM terms").fetchall()
    assert rows == [(2,)]
    assert connection_of(store).execute("SELECT count(*) FROM erasures WHERE indexed > 0").get == 0


def test_the_others_of_an_envelope_stay_provable_and_the_erased_one_cannot_be_guessed(
    store: SqliteStore,
) -> None:
    take(store)
    salts = leaf_salts(SEED, 3)
    leaves = record_leaves(salts, ENTRIES)
    with store.auditing() as audit:
        assert audit.disclosed(1) == list(zip(leaves, salts, strict=True))
    assert erase(store, 2) == 1
    none = bytes(32)
    with store.auditing() as audit:
        assert audit.disclosed(1) == list(zip(leaves, [salts[0], none, salts[2]], strict=True))
        assert [one.entry for one in audit.records(1)] == [ENTRIES[0], None, ENTRIES[2]]
    assert connection_of(store).execute("SELECT seed FROM received").get is None
    assert erase(store, 1, 3) == 2
    with store.auditing() as audit:
        assert audit.disclosed(1) == [(leaf, none) for leaf in leaves]
        assert audit.recomputed().root() == audit.head()[1]
    assert connection_of(store).execute("SELECT count(*) FROM bundles").get == 0


def test_refused_records_of_partners_go_with_their_retention_and_control_stays(
    store: SqliteStore,
) -> None:
    with store.transaction() as change:
        refused = incoming(0, 1, verdict=Verdict.REFUSED)
        control = incoming(1, 2, record_type=64)
        root = payload_root(SEED, ENTRIES[:2])
        change.keep_received(received(1, refused, control, payload_root=root))
    keep = {1: 40 * DAY_MS}
    for now_ms, left in ((NOW_MS + 39 * DAY_MS, 2), (NOW_MS + 41 * DAY_MS, 1)):
        while store.erase_due(now_ms, keep).more:
            pass
        held = connection_of(store).execute("SELECT count(*) FROM aside WHERE entry IS NOT NULL")
        assert held.get == left
    with store.auditing() as audit:
        assert [salt == bytes(32) for _, salt in audit.disclosed(1) or []] == [True, False]


def test_a_hold_by_a_term_keeps_what_stands_aside(store: SqliteStore) -> None:
    with store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1, verdict=Verdict.REFUSED)))
        number = change.place_hold("mrn", "26GE", "case", "o", NOW_MS, None)
    later = NOW_MS + 41 * DAY_MS
    for released in (False, True):
        if released:
            with store.transaction() as change:
                change.release_hold(number, "o", "r", NOW_MS)
        while store.erase_due(later, {1: 40 * DAY_MS}).more:
            pass
        left = connection_of(store).execute("SELECT count(*) FROM aside WHERE entry IS NOT NULL")
        assert left.get == (0 if released else 1)


def test_a_pass_is_made_in_bounded_steps_and_goes_on_after_a_new_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.store.sqlite_erasing.SCANNED_AT_ONCE", 4)
    later, keep, erased = NOW_MS + 41 * DAY_MS, {1: 40 * DAY_MS}, []
    with SqliteStore.open(path, KEY) as store:
        send(store, 1, 10, 80)
        erased.append(store.erase_due(later, keep).erased)
    for _ in range(8):
        with SqliteStore.open(path, KEY) as store:
            step = store.erase_due(later, keep)
            erased.append(step.erased)
            if not step.more:
                break
    assert erased[:3] == [4, 4, 2]
    assert sum(erased) == 10
    assert not step.more


def test_a_step_erases_a_bounded_number_and_the_pass_goes_on_behind_it(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.store.sqlite_erasing.ERASED_AT_ONCE", 4)
    send(store, 1, 10, 80)
    steps = [store.erase_due(NOW_MS + 41 * DAY_MS, {1: 40 * DAY_MS}) for _ in range(5)]
    assert [one.erased for one in steps] == [4, 4, 2, 0, 0]
    assert [one.more for one in steps] == [True, True, True, True, False]


def test_header_and_signature_outlive_the_bytes_of_an_envelope(store: SqliteStore) -> None:
    from builders_vectors import load  # noqa: PLC0415 - only here

    frame = bytes.fromhex(load("accepted.json")["cases"][0]["frame"])
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        envelope = sealed(1, (row,), frame=frame)
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
    erase(store, 1)
    with store.auditing() as audit:
        (kept,) = audit.sent_records(record_id(1))
    assert kept.entry is None
    assert kept.header is not None
    assert kept.header in frame
    assert kept.signature is not None
    assert kept.signature in frame
    assert store.counts()["frames"] == 0
