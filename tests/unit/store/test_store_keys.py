"""Idempotency keys: noted with their record or not at all, and for ever."""

from pathlib import Path

import pytest

from builders_store import GE, KEY, NOW_MS, TR, record_id, submission
from corridor.store.keyed import KeyUse
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore

USE = KeyUse(GE, record_id(1), b"d" * 32)


def test_a_key_stands_for_what_was_noted(store: Store) -> None:
    with store.transaction() as change:
        assert change.known_key(b"k" * 32) is None
        change.note_key(b"k" * 32, USE, NOW_MS)
        assert change.known_key(b"k" * 32) == USE
    with store.reading() as view:
        assert view.known_key(b"k" * 32) == USE
        assert view.known_key(b"x" * 32) is None


def test_a_key_goes_with_its_transaction(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as change:
            change.note_key(b"k" * 32, KeyUse(TR, record_id(2), b"e" * 32), NOW_MS)
            change.accept(submission(2, TR), NOW_MS)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with store.reading() as view:
        assert view.known_key(b"k" * 32) is None
    assert not store.ledger(record_id(2))


def test_keys_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with SqliteStore.open(path, KEY) as store, store.transaction() as change:
        change.note_key(b"k" * 32, USE, NOW_MS)
    with SqliteStore.open(path, KEY) as store, store.reading() as view:
        assert view.known_key(b"k" * 32) == USE
