"""Commits are made durable by flushes that threads share; a disk that fails ends the store."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_store import KEY, NOW_MS, submission
from corridor.errors import StoreLost, StoreMisused
from corridor.exchange.values import SubmitStatus
from corridor.store import durable
from corridor.store.sqlite import SqliteStore


class Disk:
    """Counts flushes, keeps what the files held at the last one, waits and fails where asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.flushes = 0
        self.fails = False
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.safe = path.parent / "safe"
        self.safe.mkdir()

    def flush(self, _file: int) -> None:
        self.flushes += 1
        for name in (self.path.name, f"{self.path.name}-wal"):
            shutil.copy(self.path.with_name(name), self.safe / name)
        self.begun.set()
        assert self.go_on.wait(10)
        if self.fails:
            raise OSError(5, os.strerror(5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(path)
    monkeypatch.setattr(durable.os, "fdatasync", made.flush)
    return made


@pytest.fixture
def store(path: Path, disk: Disk) -> Iterator[SqliteStore]:
    with SqliteStore.open(path, KEY) as opened:
        disk.flushes = 0
        yield opened


def keep(store: SqliteStore, number: int, *, durable: bool) -> None:
    with store.transaction(durable=durable) as change:
        assert change.accept(submission(number), NOW_MS) is SubmitStatus.ACCEPTED


def accepted_after_power_loss(disk: Disk) -> int:
    with SqliteStore.open(disk.safe / disk.path.name, KEY) as found:
        return found.counts()["outbox"]


def test_a_transaction_is_flushed_at_its_end_or_when_asked(store: SqliteStore, disk: Disk) -> None:
    keep(store, 1, durable=True)
    assert disk.flushes == 1
    keep(store, 2, durable=False)
    keep(store, 3, durable=False)
    assert disk.flushes == 1
    store.make_durable()
    assert disk.flushes == 2


def test_what_is_durable_is_not_flushed_again(store: SqliteStore, disk: Disk) -> None:
    keep(store, 1, durable=True)
    store.make_durable()
    store.make_durable(patience_s=60)
    assert disk.flushes == 1


def test_what_a_flush_has_covered_outlives_the_loss_of_power(
    store: SqliteStore, disk: Disk
) -> None:
    for number in range(1, 6):
        keep(store, number, durable=False)
    store.make_durable()
    keep(store, 6, durable=False)  # the disk has not been asked to keep this one
    assert accepted_after_power_loss(disk) == 5


def test_what_a_killed_process_did_not_flush_is_flushed_when_its_store_is_opened(
    store: SqliteStore, disk: Disk, tmp_path: Path
) -> None:
    keep(store, 1, durable=False)
    left = tmp_path / "left"
    left.mkdir()
    for one in tmp_path.glob("store.db*"):
        shutil.copy(one, left / one.name)
    with SqliteStore.open(left / "store.db", KEY) as found:
        assert found.counts()["outbox"] == 1
        assert disk.flushes == 1


def test_others_write_while_the_disk_works_and_share_the_next_flush(
    store: SqliteStore, disk: Disk
) -> None:
    disk.go_on.clear()
    first = threading.Thread(target=keep, args=(store, 1), kwargs={"durable": True})
    first.start()
    assert disk.begun.wait(10)
    for number in (2, 3, 4):
        keep(store, number, durable=False)
    others = [threading.Thread(target=store.make_durable) for _ in range(3)]
    for other in others:
        other.start()
    disk.go_on.set()
    for thread in (first, *others):
        thread.join(10)
        assert not thread.is_alive()
    assert disk.flushes == 2
    assert accepted_after_power_loss(disk) == 4


def test_the_patient_are_served_by_the_flush_of_another(store: SqliteStore, disk: Disk) -> None:
    keep(store, 1, durable=False)
    patient = threading.Thread(target=store.make_durable, kwargs={"patience_s": 30})
    patient.start()
    while not patient.is_alive():
        pass
    keep(store, 2, durable=True)
    patient.join(10)
    assert not patient.is_alive()
    assert disk.flushes == 1


def test_patience_ends(store: SqliteStore, disk: Disk) -> None:
    keep(store, 1, durable=False)
    store.make_durable(patience_s=0.001)
    assert disk.flushes == 1


def test_after_the_disk_failed_nothing_is_taken_or_told_until_a_new_start(
    store: SqliteStore, disk: Disk
) -> None:
    keep(store, 1, durable=True)
    disk.fails = True
    with pytest.raises(StoreLost, match="start the node again"):
        keep(store, 2, durable=True)
    disk.fails = False
    with pytest.raises(StoreLost):
        store.make_durable()
    with pytest.raises(StoreLost):
        keep(store, 3, durable=False)
    assert disk.flushes == 2


def test_whoever_waits_for_a_flush_that_fails_is_told(store: SqliteStore, disk: Disk) -> None:
    disk.go_on.clear()
    disk.fails = True
    told: list[StoreLost] = []

    def wait() -> None:
        try:
            store.make_durable()
        except StoreLost as error:
            told.append(error)

    keep(store, 1, durable=False)
    waiting = [threading.Thread(target=wait) for _ in range(3)]
    waiting[0].start()
    assert disk.begun.wait(10)
    for thread in waiting[1:]:
        thread.start()
    disk.go_on.set()
    for thread in waiting:
        thread.join(10)
    assert len(told) == 3
    assert disk.flushes == 1


def test_inside_a_transaction_and_after_the_end_nobody_waits(path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    with store.transaction(), pytest.raises(StoreMisused, match="inside a transaction"):
        store.make_durable()
    store.close()
    with pytest.raises(StoreMisused, match="closed"):
        store.make_durable()
