"""Migrations: each schema is reached from the one before, with a backup first."""

import errno
import stat
from pathlib import Path

import pytest

from builders_store import (
    KEY,
    NOW_MS,
    submission,
)
from corridor.errors import (
    StoreTrouble,
    StoreUnusable,
)
from corridor.store.database import (
    open_reader,
    open_writer,
)
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.store.upgrade import back_up, check_schema, released_migrations, upgrade


def test_a_fresh_store_has_the_newest_schema(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        assert connection_of(store).pragma("user_version") == max(released_migrations())
    assert [one.name for one in path.parent.glob("*.backup")] == []


def test_migrations_are_numbered_from_one_and_the_newest_is_not_far() -> None:
    numbers = sorted(released_migrations())
    assert numbers[0] == 1
    assert numbers[-1] < 2 * len(numbers) + 1


def test_an_upgrade_backs_up_first_and_keeps_everything(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store, store.transaction() as change:
        change.accept(submission(1), NOW_MS)
    newest = max(released_migrations())
    later = {
        **released_migrations(),
        newest + 1: "ALTER TABLE partners ADD COLUMN note TEXT;",
        newest + 2: "CREATE TABLE extra (a INTEGER) STRICT; INSERT INTO extra VALUES (1);",
    }
    connection = open_writer(path)
    upgrade(connection, path, later)
    upgrade(connection, path, later)
    assert connection.pragma("user_version") == newest + 2
    assert connection.execute("SELECT count(*) FROM outbox").get == 1
    backup = path.with_name(f"store.db.schema-{newest}.backup")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with SqliteStore.open(backup, KEY, read_only=True) as old:
        assert old.counts()["outbox"] == 1
    with pytest.raises(StoreUnusable, match=f"schema {newest + 2}, written by a newer Corridor"):
        SqliteStore.open(path, KEY)
    connection.close()


def test_an_upgrade_that_fails_leaves_the_schema_before_it(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    newest = max(released_migrations())
    broken = {
        **released_migrations(),
        newest + 1: "CREATE TABLE half (a INTEGER) STRICT; INSERT INTO missing VALUES (1);",
    }
    connection = open_writer(path)
    with pytest.raises(StoreTrouble):
        upgrade(connection, path, broken)
    assert connection.pragma("user_version") == newest
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").get == 0
    connection.close()
    SqliteStore.open(path, KEY).close()


def test_a_store_that_was_not_upgraded_yet_is_not_read(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    connection = open_reader(path)
    newest = max(released_migrations())
    check_schema(connection, released_migrations())
    with pytest.raises(StoreUnusable, match="start the node once"):
        check_schema(connection, {newest + 1: ""})
    with pytest.raises(StoreUnusable, match="newer Corridor"):
        check_schema(connection, {newest - 1: ""})
    connection.close()


def test_an_upgrade_that_failed_is_tried_again_and_backs_up_anew(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    newest = max(released_migrations())
    broken = {**released_migrations(), newest + 1: "INSERT INTO missing VALUES (1);"}
    connection = open_writer(path)
    with pytest.raises(StoreTrouble):
        upgrade(connection, path, broken)
    connection.close()
    with SqliteStore.open(path, KEY) as store, store.transaction() as change:
        change.accept(submission(1), NOW_MS)
    connection = open_writer(path)
    mended = {**released_migrations(), newest + 1: "ALTER TABLE partners ADD COLUMN note TEXT;"}
    upgrade(connection, path, mended)
    assert connection.pragma("user_version") == newest + 1
    connection.close()
    (backup,) = path.parent.glob("*.backup*")
    with SqliteStore.open(backup, KEY, read_only=True) as old:
        assert old.counts()["outbox"] == 1


def test_a_backup_that_was_cut_short_is_made_anew(path: Path) -> None:
    target = path.with_name("copy")
    partial = path.with_name("copy.partial")
    partial.write_bytes(b"half of it")
    with SqliteStore.open(path, KEY) as store:
        back_up(connection_of(store), target)
    assert not partial.exists()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    SqliteStore.open(target, KEY, read_only=True).close()


def test_a_backup_that_cannot_be_written_leaves_the_one_before_and_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = path.with_name("copy")
    target.write_bytes(b"the one before")

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with SqliteStore.open(path, KEY) as store:
        monkeypatch.setattr("corridor.store.upgrade.os.fsync", fails)
        with pytest.raises(StoreUnusable, match="No space left"):
            back_up(connection_of(store), target)
    assert target.read_bytes() == b"the one before"


def test_a_store_killed_at_its_birth_is_finished(path: Path) -> None:
    path.touch(0o600)
    open_writer(path).close()
    assert path.stat().st_size > 0
    SqliteStore.open(path, KEY).close()
    SqliteStore.open(path, KEY, read_only=True).close()
