"""What only the SQLite engine promises: its file, lock, schema, secrets and troubles."""

import errno
import json
import multiprocessing
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from builders_store import (
    GE,
    KEY,
    NOW_MS,
    TR,
    incoming,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import (
    KeyTrouble,
    Reason,
    StoreDamaged,
    StoreFull,
    StoreInUse,
    StoreMisused,
    StoreTrouble,
    StoreUnusable,
)
from corridor.exchange.values import Held, Lane, Quarantined, RecordVerdict, SubmitStatus, Verdict
from corridor.seal.storage import StorageKey
from corridor.store import bundles, search
from corridor.store.database import (
    APPLICATION_ID,
    WriterLock,
    check_sqlite,
    open_reader,
    open_writer,
)
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.store.sqlite_session import Session
from corridor.store.trouble import translated, translating
from corridor.store.upgrade import back_up, check_schema, released_migrations, upgrade


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# -- the file


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store, store.transaction() as change:
        change.put_setting("name", b"value")
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes) == {"store.db", "store.db-wal", "store.db-shm", "node.lock"}
    assert set(modes.values()) == {0o600}


def test_a_file_others_may_read_is_refused_with_the_cure(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    path.chmod(0o640)
    with pytest.raises(StoreUnusable, match="run: chmod 600"):
        SqliteStore.open(path, KEY)
    with pytest.raises(StoreUnusable, match="run: chmod 600"):
        SqliteStore.open(path, KEY, read_only=True)


def test_a_symbolic_link_is_refused(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        SqliteStore.open(link, KEY)
    with pytest.raises(StoreUnusable, match="not a link"):
        SqliteStore.open(link, KEY, read_only=True)


def test_a_missing_folder_or_store_is_named(path: Path) -> None:
    with pytest.raises(StoreUnusable, match="no such folder"):
        SqliteStore.open(path.parent / "missing" / "store.db", KEY)
    with pytest.raises(StoreUnusable, match="no store there"):
        SqliteStore.open(path, KEY, read_only=True)


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    foreign = apsw.Connection(os.fspath(path))
    foreign.execute("CREATE TABLE theirs (a)")
    foreign.close()
    path.chmod(0o600)
    with pytest.raises(StoreUnusable, match="not a store of Corridor"):
        SqliteStore.open(path, KEY)
    with pytest.raises(StoreUnusable, match="not a store of Corridor"):
        SqliteStore.open(path, KEY, read_only=True)


def test_a_file_that_is_no_database_is_damaged_and_left_alone(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 100)
    path.chmod(0o600)
    with pytest.raises(StoreDamaged, match="restore the newest backup"):
        SqliteStore.open(path, KEY)
    assert path.read_bytes().startswith(b"this is not")


def test_damage_inside_the_file_is_named_with_what_to_do(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store, store.transaction() as change:
        change.accept_all([submission(one, entry=os.urandom(9_000)) for one in range(64)], NOW_MS)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreDamaged, match="declare the restore"):
        SqliteStore.open(path, KEY)


def test_an_old_sqlite_is_refused() -> None:
    check_sqlite("3.51.3")
    with pytest.raises(StoreUnusable, match="lose committed rows"):
        check_sqlite("3.40.1")


def test_durability_is_as_promised(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        connection = connection_of(store)
        assert connection.pragma("journal_mode") == "wal"
        assert connection.pragma("synchronous") == 1  # the log is flushed by `durable`
        assert connection.pragma("application_id") == APPLICATION_ID
        assert connection.pragma("foreign_keys") == 1


# -- one writer


def test_a_second_writer_is_refused_and_readers_are_not(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with pytest.raises(StoreInUse, match=f"process {os.getpid()} writes"):
            SqliteStore.open(path, KEY)
        with store.transaction() as change:
            change.accept(submission(1), NOW_MS)
            change.keep_received(received(1, incoming(0, 2)))
        with SqliteStore.open(path, KEY, read_only=True) as reader:
            assert reader.counts() == store.counts()
            assert reader.lanes_waiting() == [(GE, Lane.ROUTINE)]
            assert reader.peers_owed() == [GE]
            assert reader.depths() == store.depths()
            with pytest.raises(StoreMisused, match="reading only"), reader.transaction():
                pass
            with pytest.raises(StoreMisused, match="reading only"):
                connection_of(reader)
    SqliteStore.open(path, KEY).close()


def _hold_lock(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    WriterLock(folder)
    ready.set()
    multiprocessing.Event().wait()


def test_a_killed_writer_leaves_no_lock(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold_lock, args=(path.parent, ready))
    other.start()
    assert ready.wait(30)
    with pytest.raises(StoreInUse, match=f"process {other.pid} writes"):
        SqliteStore.open(path, KEY)
    other.kill()
    other.join()
    SqliteStore.open(path, KEY).close()


def test_a_writer_that_waits_too_long_for_the_file_says_who_is_to_blame(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        connection_of(store).set_busy_timeout(0)
        stranger = apsw.Connection(os.fspath(path))
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreInUse, match="only one node"), store.transaction():
            pass
        stranger.execute("ROLLBACK")
        stranger.close()
        with store.transaction() as change:
            assert change.accept(submission(1), NOW_MS) is SubmitStatus.ACCEPTED


# -- what survives


def test_everything_is_there_after_closing_and_opening(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            change.accept_all([submission(one, terms=(("mrn", "M"),)) for one in (1, 2)], NOW_MS)
            change.accept(submission(3, TR, lane=Lane.URGENT), NOW_MS)
            change.keep_sealed(sealed(1, (1,)))
            change.keep_received(received(1, incoming(0, 9)))
        before = store.counts(), store.lanes_waiting(), store.peers_owed(), store.depths()
        with store.reading() as view:
            head = view.log_head()
    with SqliteStore.open(path, KEY) as store:
        after = store.counts(), store.lanes_waiting(), store.peers_owed(), store.depths()
        assert after == before
        with store.transaction() as change:
            assert change.log_head() == head
            change.accept(submission(4), NOW_MS)
            change.keep_received(received(2, incoming(0, 10)))
            assert [one.row for one in change.waiting(GE, Lane.ROUTINE, 9)] == [2, 4]
            assert [one.cursor for one in change.inbox(0, 9)] == [1, 2]
            assert change.log_head()[0] == 3


def test_a_view_does_not_see_what_is_committed_after_it_began(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with store.reading() as view:
            assert list(view.waiting(GE, Lane.ROUTINE, 9)) == []

            def write() -> None:
                with store.transaction() as change:
                    change.accept(submission(1), NOW_MS)

            writer = threading.Thread(target=write)
            writer.start()
            writer.join()
            assert list(view.waiting(GE, Lane.ROUTINE, 9)) == []
        with store.reading() as view:
            assert len(view.waiting(GE, Lane.ROUTINE, 9)) == 1


def test_closing_while_someone_reads_ends_the_view_first(path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    with store.reading() as view:
        store.close()
        assert view.setting("name") is None
    store.close()


# -- secrets


def test_the_files_hold_no_plaintext(path: Path) -> None:
    secret, other = b"HOLDER TRANSIT GMBH", b"26GE0000000000SEC1"
    with SqliteStore.open(path, KEY) as store:
        terms = (("mrn", other.decode()),)
        with store.transaction() as change:
            change.accept(submission(1, entry=secret, terms=terms), NOW_MS)
            change.keep_sealed(sealed(1, (1,)))
            refused = incoming(1, 3, entry=secret, verdict=Verdict.REFUSED)
            change.keep_received(received(1, incoming(0, 2, entry=secret, terms=terms), refused))
            change.quarantine(Quarantined("TR", Reason.MAGIC, secret, NOW_MS))
            change.hold(Held("TR", "TR.GTB", Reason.DIRECTORY_UNKNOWN, secret, NOW_MS), 9)
        files = b"".join(one.read_bytes() for one in path.parent.iterdir())
    files += path.read_bytes()
    assert secret not in files
    assert other not in files
    assert sealed(1).frame in files


def test_another_storage_key_is_refused_by_name(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    other = StorageKey(b"x" * 32)
    with pytest.raises(StoreUnusable, match="another storage key"):
        SqliteStore.open(path, other)
    with pytest.raises(StoreUnusable, match="another storage key"):
        SqliteStore.open(path, other, read_only=True)
    SqliteStore.open(path, KEY).close()


def test_entries_that_were_exchanged_in_the_file_do_not_open(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            change.accept(submission(1), NOW_MS)
            change.accept(submission(2), NOW_MS)
        connection_of(store).execute(
            "UPDATE bundles SET sealed = (SELECT sealed FROM bundles WHERE row = 1) WHERE row = 2"
        )
    with (
        SqliteStore.open(path, KEY) as store,
        pytest.raises(KeyTrouble),
        store.reading() as view,
    ):
        view.waiting(GE, Lane.ROUTINE, 9)


def test_the_oldest_bundles_at_hand_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "RECENT_BYTES", 9)
    recent = bundles.RecentBundles()
    for number in (1, 2, 3):
        recent.add({number: b"four"})
    assert [recent.get(number) for number in (1, 2, 3)] == [None, b"four", b"four"]


def test_what_was_kept_last_is_at_hand_and_what_was_rolled_back_is_not(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with suppress(LookupError), store.transaction() as change:
            change.accept(submission(7), NOW_MS)
            raise LookupError
        with store.transaction() as change:
            change.put_setting("colour", b"blue")
        assert store._recent.get(1) is None
        for number in (1, 2, 3):
            with store.transaction() as change:
                change.accept(submission(number), NOW_MS)
        connection_of(store).execute("DELETE FROM bundles")
        with store.reading() as view:
            found = [one.entry for one in view.waiting(GE, Lane.ROUTINE, 9)]
        assert found == [submission(number).entry for number in (1, 2, 3)]


def test_entries_are_bundled_up_to_a_size(path: Path) -> None:
    sizes = [100, bundles.TARGET_BYTES, 60_000, 5_000, 5_000]
    entries = [os.urandom(size) for size in sizes]
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            change.accept_all(
                [submission(at, entry=entry) for at, entry in enumerate(entries)], NOW_MS
            )
            assert [one.entry for one in change.waiting(GE, Lane.ROUTINE, 9)] == entries
        count = connection_of(store).execute("SELECT count(*) FROM bundles").get
    assert count == 4


# -- search over gathered terms


def test_terms_are_found_before_and_after_they_are_gathered(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "GATHERED_AT_ONCE", 8)
    with SqliteStore.open(path, KEY) as store:
        for first in range(0, 40, 4):
            with store.transaction() as change:
                terms = (("mrn", f"M{first % 8}"), ("lrn", "L"))
                batch = [submission(first + at, terms=terms) for at in range(4)]
                change.accept_all(batch, NOW_MS)
                if first == 20:
                    change.keep_received(received(1, incoming(0, 100, terms=(("lrn", "L"),))))
        before = store.find("mrn", "M4", 7), store.find("lrn", "L", 50)
        assert before[0] == [record_id(one) for one in (39, 38, 37, 36, 31, 30, 29)]
        assert len(before[1]) == 41
        assert store.prune(NOW_MS) == 0
        connection = connection_of(store)
        assert connection.execute("SELECT count(*) FROM packed_terms").get == 0
        assert connection.execute("SELECT count(DISTINCT run) FROM terms").get == 11 - 1
        assert (store.find("mrn", "M4", 7), store.find("lrn", "L", 50)) == before
        with store.transaction() as change:
            change.accept(submission(200, terms=(("mrn", "M4"),)), NOW_MS)
        assert store.find("mrn", "M4", 1) == [record_id(200)]


def test_a_hash_found_across_two_items_is_no_hit() -> None:
    item = b"abcdefgh" + (7).to_bytes(4)
    assert search._scan(item * 2, b"abcdefgh") == [7, 7]
    assert search._scan(item * 2, b"h\0\0\0\x07abc") == []


# -- schema


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


# -- troubles


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (apsw.FullError, StoreFull),
        (apsw.IOError, StoreFull),
        (apsw.CorruptError, StoreDamaged),
        (apsw.NotADBError, StoreDamaged),
        (apsw.BusyError, StoreInUse),
        (apsw.CantOpenError, StoreUnusable),
        (apsw.ReadOnlyError, StoreMisused),
        (apsw.ConstraintError, StoreMisused),
        (apsw.NoMemError, StoreTrouble),
    ],
)
def test_every_error_of_sqlite_has_a_name_of_ours(
    theirs: type[apsw.Error], ours: type[StoreTrouble]
) -> None:
    assert type(translated(theirs("x"))) is ours
    with pytest.raises(ours), translating():
        raise theirs("x")


def test_a_full_disk_keeps_nothing_of_the_transaction_and_what_was_kept(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            change.accept(submission(1), NOW_MS)
        pages = connection_of(store).pragma("page_count")
        connection_of(store).pragma("max_page_count", pages + 2)
        large = [submission(one, entry=os.urandom(20_000)) for one in range(2, 9)]
        with pytest.raises(StoreFull, match="accepted is lost"), store.transaction() as change:
            change.accept_all(large, NOW_MS)
        assert store.counts()["outbox"] == 1
        connection_of(store).pragma("max_page_count", 1_000_000)
        with store.transaction() as change:
            assert change.accept(submission(2), NOW_MS) is SubmitStatus.ACCEPTED


# -- small parts


def test_a_session_that_forgets_asks_the_file_again(path: Path) -> None:
    SqliteStore.open(path, KEY).close()
    session = Session(open_writer(path), KEY)
    assert session.partner(GE) == 0
    number = session.note_partner(GE)
    session.execute("DELETE FROM partners")
    assert session.partner(GE) == number
    session.forget()
    assert session.partner(GE) == 0
    session.connection.close()


def test_faults_that_a_peer_names_are_kept_as_a_list(path: Path) -> None:
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            change.accept(submission(1), NOW_MS)
            change.keep_sealed(sealed(1, (1,)))
            verdict = verdict_on(
                sealed(1),
                Verdict.ACCEPTED,
                exceptions=(
                    RecordVerdict(0, record_id(1), Verdict.REFUSED, Reason.RECORD_INVALID, ("a",)),
                ),
            )
            change.close_sealed(GE, verdict, NOW_MS)
        kept = connection_of(store).execute("SELECT faults FROM outbox").get
    assert json.loads(kept) == ["a"]
