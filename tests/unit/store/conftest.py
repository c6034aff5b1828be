"""Every engine of the store, for the contract tests of the port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_store import KEY
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = (
        MemoryStore() if request.param == "memory" else SqliteStore.open(tmp_path / "store.db", KEY)
    )
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"
