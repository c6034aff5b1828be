"""Group commit: many threads' writes in one transaction, each with its own end."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from builders_store import GE, NOW_MS, record_id, submission
from corridor.errors import StoreFull, StoreMisused
from corridor.exchange.values import Lane, SubmitStatus
from corridor.store.groupcommit import MAX_TOGETHER, GroupCommit
from corridor.store.memory import MemoryStore
from corridor.store.port import Store, Transaction


class Counting(MemoryStore):
    """Counts transactions, waits where asked to, and can be full."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions = 0
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.full = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self.transactions += 1
        self.begun.set()
        assert self.go_on.wait(10)
        with super().transaction() as change:
            yield change
            if self.full:
                raise StoreFull("full")


def accept(number: int, change: Transaction) -> SubmitStatus:
    return change.accept(submission(number), NOW_MS)


def spoil(change: Transaction) -> SubmitStatus:
    change.accept(submission(99), NOW_MS)
    raise LookupError("spoilt")


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def writes(counting: Counting) -> Iterator[GroupCommit]:
    started = GroupCommit(counting)
    started.start()
    yield started
    counting.go_on.set()
    started.stop()


def held_back(counting: Counting, writes: GroupCommit) -> Future[None]:
    """Start a first transaction and keep it from ending, so that what follows waits together."""
    counting.go_on.clear()
    first = writes.submit(lambda change: change.put_setting("first", b""))
    assert counting.begun.wait(10)
    return first


def test_a_write_is_durable_when_its_future_is_done(store: Store) -> None:
    writes = GroupCommit(store)
    writes.start()
    done = [writes.submit(lambda change, one=one: accept(one, change)) for one in (1, 2, 2)]
    assert [one.result(10) for one in done] == [
        SubmitStatus.ACCEPTED,
        SubmitStatus.ACCEPTED,
        SubmitStatus.DUPLICATE,
    ]
    with store.reading() as view:
        waiting = view.waiting(GE, Lane.ROUTINE, 9)
    assert [one.record_id for one in waiting] == [record_id(1), record_id(2)]
    writes.stop()


def test_what_arrives_during_a_commit_shares_the_next(
    counting: Counting, writes: GroupCommit
) -> None:
    held_back(counting, writes)
    done = [writes.submit(lambda change, one=one: accept(one, change)) for one in range(50)]
    counting.go_on.set()
    assert {one.result(10) for one in done} == {SubmitStatus.ACCEPTED}
    assert counting.transactions == 2


def test_a_transaction_holds_a_bounded_number_of_writes(
    counting: Counting, writes: GroupCommit
) -> None:
    held_back(counting, writes)
    done = [writes.submit(lambda _: None) for _ in range(MAX_TOGETHER + 1)]
    counting.go_on.set()
    for one in done:
        one.result(10)
    assert counting.transactions == 3


def test_a_write_that_raises_fails_alone_and_leaves_no_trace(
    counting: Counting, writes: GroupCommit
) -> None:
    held_back(counting, writes)
    before = writes.submit(lambda change: accept(1, change))
    spoilt = writes.submit(spoil)
    after = writes.submit(lambda change: accept(2, change))
    counting.go_on.set()
    assert (before.result(10), after.result(10)) == (SubmitStatus.ACCEPTED, SubmitStatus.ACCEPTED)
    with pytest.raises(LookupError, match="spoilt"):
        spoilt.result(10)
    assert counting.ledger(record_id(99)) == []
    assert counting.counts()["outbox"] == 2


def test_a_store_in_trouble_fails_all_and_the_next_go_on(
    counting: Counting, writes: GroupCommit
) -> None:
    counting.full = True
    first = held_back(counting, writes)
    failed = [writes.submit(lambda change, one=one: accept(one, change)) for one in (1, 2)]
    counting.go_on.set()
    for one in (first, *failed):
        with pytest.raises(StoreFull):
            one.result(10)
    counting.full = False
    assert writes.submit(lambda change: accept(3, change)).result(10) is SubmitStatus.ACCEPTED
    assert counting.counts()["outbox"] == 1


def test_a_write_that_is_cancelled_in_time_is_not_applied(
    counting: Counting, writes: GroupCommit
) -> None:
    held_back(counting, writes)
    cancelled = writes.submit(lambda change: accept(1, change))
    kept = writes.submit(lambda change: accept(2, change))
    assert cancelled.cancel()
    counting.go_on.set()
    assert kept.result(10) is SubmitStatus.ACCEPTED
    assert counting.counts()["outbox"] == 1


def test_stopping_applies_what_was_submitted_and_refuses_more(counting: Counting) -> None:
    writes = GroupCommit(counting)
    with pytest.raises(StoreMisused, match="not running"):
        writes.submit(lambda _: None)
    writes.stop()
    writes.start()
    done = [writes.submit(lambda change, one=one: accept(one, change)) for one in range(20)]
    writes.stop()
    writes.stop()
    assert all(one.done() for one in done)
    with pytest.raises(StoreMisused, match="not running"):
        writes.submit(lambda _: None)
