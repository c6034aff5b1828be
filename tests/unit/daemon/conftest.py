"""What several files of tests about the daemon start from."""

from pathlib import Path

import pytest

from builders_attach import Fetcher, Sender
from builders_loops import Loop
from builders_reconcile import Side
from builders_store import GE, KEY, TR
from corridor.daemon.metrics import NodeMetrics
from corridor.store.memory import MemoryStore
from corridor.store.sqlite import SqliteStore


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path / "tr")


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path / "ge")


@pytest.fixture
def metrics() -> NodeMetrics:
    return NodeMetrics()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    ge = Side(SqliteStore.open(tmp_path / "store.db", KEY), GE, TR)
    tr = Side(MemoryStore(), TR, GE)
    ge.know()
    tr.know()
    return ge, tr
