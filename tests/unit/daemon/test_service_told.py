"""Whatever the national system is told has reached the disk before."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from builders_store import NOW_MS, incoming, received, sealed, submission, verdict_on
from builders_trust import GE, TR, make_world
from corridor.daemon.long_records import LongRecords
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.offers import Offered
from corridor.daemon.service import NodeService
from corridor.exchange.values import Verdict
from corridor.store.chunk_files import ChunkFiles
from corridor.store.memory import MemoryStore


class Watched(MemoryStore):
    """Notes what is asked of it, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if not name.startswith("_") and callable(found):
            self.asked.append(name)
        return found


@pytest.fixture
def store() -> Watched:
    made = Watched()
    with made.transaction() as change:
        change.accept(submission(1, GE, terms=(("mrn", "M"),)), NOW_MS)
        row = change.waiting(GE, submission(1).lane, 1)[0].row
        change.keep_sealed(sealed(1, (row,), peer=GE))
        change.close_sealed(GE, verdict_on(sealed(1, peer=GE), Verdict.ACCEPTED), NOW_MS)
        change.keep_received(received(1, incoming(0, 2), peer=GE))
    made.asked.clear()
    return made


TELLING: dict[str, Callable[[NodeService], object]] = {
    "submit": lambda service: service.submit([Offered("GE", b"\xff")]),
    "take": partial(NodeService.take, after=0, limit=9, wait_s=0),
    "outcomes": partial(NodeService.outcomes, after=0, limit=9, wait_s=0),
    "timeline": partial(NodeService.timeline, record_id=submission(1).record_id),
    "find": partial(NodeService.find, kind="mrn", value="M", limit=9),
}


def serving(store: Watched) -> NodeService:
    service = NodeService(
        me=TR,
        store=store,
        trust=make_world().view,
        metrics=NodeMetrics(),
        wake_sender=lambda: None,
        has_room=lambda: True,
        now_ms=lambda: NOW_MS,
    )
    files = ChunkFiles(Path("nowhere"))
    service.long_records = LongRecords(store, files, has_room=lambda _: False)
    return service


@pytest.mark.parametrize("telling", TELLING)
def test_what_is_told_is_durable_first(store: Watched, telling: str) -> None:
    assert TELLING[telling](serving(store))
    assert store.asked[-1] == "make_durable"


def test_who_has_a_cursor_of_a_forgotten_time_is_told_all_that_came_since_the_start(
    store: Watched,
) -> None:
    service = serving(store)  # restored: it gave out one cursor, and its system has seen three
    assert not service.take(3, 9, 0)
    assert not service.outcomes(3, 9, 0)
    with store.transaction() as change:
        change.keep_received(received(2, incoming(0, 3), peer=GE))
    assert [one.cursor for one in service.take(3, 9, 0)] == [2]
    assert not service.take(2, 9, 0)
