"""Whatever the national system is told has reached the disk before."""

from collections.abc import Callable
from functools import partial

import pytest

from builders_store import NOW_MS, incoming, received, sealed, submission, verdict_on
from builders_trust import GE, TR, make_world
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.offers import Offered
from corridor.daemon.service import NodeService
from corridor.exchange.values import Verdict
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
    "ledger": partial(NodeService.ledger, record_id=submission(1).record_id),
    "find": partial(NodeService.find, kind="mrn", value="M", limit=9),
}


@pytest.mark.parametrize("telling", TELLING)
def test_what_is_told_is_durable_first(store: Watched, telling: str) -> None:
    world = make_world()
    service = NodeService(
        me=TR,
        store=store,
        trust=world.view,
        metrics=NodeMetrics(),
        wake_sender=lambda: None,
        has_room=lambda: True,
        now_ms=lambda: NOW_MS,
    )
    assert TELLING[telling](service)
    assert store.asked[-1] == "make_durable"
