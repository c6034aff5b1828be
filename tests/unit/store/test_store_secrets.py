"""The files of a store hold no plaintext; entries lie in bundles, terms are gathered."""

import os
from contextlib import suppress
from pathlib import Path

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
)
from corridor.errors import (
    KeyTrouble,
    Reason,
    StoreUnusable,
)
from corridor.exchange.values import Held, Lane, Quarantined, Verdict
from corridor.seal.storage import StorageKey
from corridor.store import bundles, search
from corridor.store.sqlite import SqliteStore, connection_of


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
