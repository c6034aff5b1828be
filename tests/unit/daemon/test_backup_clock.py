"""Backups whose names were written by a clock that was wrong, or are read by one."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.daemon.backup import backup_attention, backup_is_due, create, last_backup_ms
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.trust_keeper import open_keys
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore

DAY_MS = 86_400_000


@pytest.fixture
def now(place: Path) -> int:
    assert place.exists()  # keys count from when they were made on
    return (time.time_ns() // 1_000_000_000 + 1) * 1000  # a full second, as names have it


@pytest.fixture
def place(node_folder: Callable[..., Path], tmp_path: Path) -> Path:
    path = node_folder("GE")
    assert corridor("backup", "key", "--at", tmp_path / "offline").status == 0
    shutil.copy(tmp_path / "offline" / "backup.pub", path.parent)
    with path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\nkeep = 2\n')
    config = load_config(path)
    config.store.path.parent.mkdir(exist_ok=True)
    SqliteStore.open(config.store.path, StorageKey(open_keys(config.keys).storage_key())).close()
    config.backup.directory.mkdir(mode=0o700)
    return path


def left_by(config: NodeConfig, stamp_ms: int, file_ms: int | None = None) -> Path:
    """Leave a file as `create` does by a clock that says `stamp_ms`."""
    stamp = datetime.fromtimestamp(stamp_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    path = config.backup.directory / f"{config.endpoint}-{stamp}.crb1"
    path.write_bytes(b"a backup")
    os.utime(path, ns=((stamp_ms if file_ms is None else file_ms) * 1_000_000,) * 2)
    return path


def test_backups_of_a_clock_that_was_ahead_neither_count_nor_push_the_new_one_out(
    place: Path, now: int
) -> None:
    config = load_config(place)
    ahead = [left_by(config, now + 90 * DAY_MS + n * DAY_MS) for n in range(3)]
    old = [left_by(config, now - n * DAY_MS) for n in (3, 2)]
    assert last_backup_ms(config, now) == now - 2 * DAY_MS
    due, told = backup_attention(config, now)
    assert "no backup was made for too long" in due
    assert told.startswith(f"3 backup(s) bear a time of the future, {ahead[-1]} the latest")
    assert "set the clock right" in told
    made = create(config, place, now)
    assert made.removed == (old[0],)
    assert all(one.exists() for one in (made.path, old[1], *ahead))
    assert last_backup_ms(config, now) == now
    assert backup_attention(config, now) == [told]
    assert backup_is_due(config, now + 80 * DAY_MS)


def test_the_backup_just_made_is_never_the_one_that_goes(place: Path, now: int) -> None:
    config = load_config(place)
    near = [left_by(config, now + n * 60_000) for n in (1, 2)]  # what the exchange bears, too
    made = create(config, place, now)
    assert made.removed == ()
    assert made.path.exists()
    assert last_backup_ms(config, now) == now + 120_000
    assert backup_attention(config, now) == []
    assert all(one.exists() for one in near)


def test_a_clock_that_is_behind_now_removes_none_of_the_right_ones(place: Path, now: int) -> None:
    config = load_config(place)
    later = [left_by(config, now + n * DAY_MS) for n in (1, 2, 3)]
    assert create(config, place, now).removed == ()
    assert create(config, place, now + 1_000).removed == ()
    third = create(config, place, now + 2_000)
    assert len(third.removed) == 1
    assert third.removed[0].name < third.path.name
    assert all(one.exists() for one in later)


def test_a_backup_is_as_old_as_its_file_where_its_name_is_younger(place: Path, now: int) -> None:
    config = load_config(place)
    left_by(config, now, file_ms=now - 3 * DAY_MS)  # its clock was ahead by three days
    assert last_backup_ms(config, now) == now - 3 * DAY_MS
    assert backup_is_due(config, now)
    left_by(config, now - DAY_MS, file_ms=now)  # copied from elsewhere
    assert last_backup_ms(config, now) == now - DAY_MS


def test_what_is_no_backup_of_this_node_is_left_alone(place: Path, now: int) -> None:
    config = load_config(place)
    whole = left_by(config, now - DAY_MS)
    strange = [
        whole.with_name(name)
        for name in (
            f"{config.endpoint}-soon.crb1",
            whole.name.replace(config.endpoint, "AZ.CS"),
            whole.name.removeprefix(f"{config.endpoint}-"),
            f".{config.endpoint}-20991231T000000Z.crb1.partial",
        )
    ]
    for one in strange:
        one.write_bytes(b"")
    for n in range(3):
        create(config, place, now + n * 1_000)
    assert not whole.exists()
    assert all(one.exists() for one in strange)
    assert backup_attention(config, now + 2_000) == []
