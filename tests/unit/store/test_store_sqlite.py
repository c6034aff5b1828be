"""What only the SQLite engine promises: its file, lock, schema, secrets and troubles."""

import json
import multiprocessing
import os
import stat
import threading
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
    Reason,
    StoreDamaged,
    StoreFull,
    StoreInUse,
    StoreMisused,
    StoreTrouble,
    StoreUnusable,
)
from corridor.exchange.values import Lane, RecordVerdict, SubmitStatus, Verdict
from corridor.store.database import (
    APPLICATION_ID,
    WriterLock,
    check_sqlite,
    open_writer,
)
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.store.sqlite_session import Session
from corridor.store.trouble import translated, translating

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
