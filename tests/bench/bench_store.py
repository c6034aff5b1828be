"""What the store costs a record, step by step.

Run by hand: `python tests/bench/bench_store.py [RECORDS [BATCH]]`. Prints microseconds per record
of wall time and of CPU, for records of 1.3 KB with three search terms each, in batches; then the
time of a transaction with a single record.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    InStream,
    Lane,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    SealedEnvelope,
    Submission,
    Verdict,
)
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import Endpoint

PEER = Endpoint("GE.RS")
NOW_MS = 1_800_000_000_000
ENTRY = os.urandom(1_300)


def terms(number: int) -> tuple[tuple[str, str], ...]:
    """Return what a record is found by: eight records share a movement."""
    movement = number // 8
    return (("mrn", f"26TR{movement:014}"), ("lrn", f"L{movement}"), ("seal", f"S{number}"))


def record_ids(first: int, count: int) -> list[bytes]:
    """Return ids in order of time, as UUIDv7 are."""
    return [(one << 64).to_bytes(16)[:10] + os.urandom(6) for one in range(first, first + count)]


class Steps:
    """Times of steps, added up."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time of the block to a step."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - cpu

    def show(self, records: int) -> None:
        """Print what each step cost a record."""
        for name, wall in self.wall.items():
            per_record = 1e6 / records
            cpu = self.cpu[name]
            print(f"{name:32} {wall * per_record:8.1f} µs {cpu * per_record:8.1f} µs CPU")


def one_batch(store: SqliteStore, steps: Steps, number: int, size: int) -> None:
    """Take one batch through its whole life, out and in."""
    ids = record_ids(number * size + 1, size)
    offered = [
        Submission(PEER, id_, 1, Lane.ROUTINE, ENTRY, terms(number * size + at))
        for at, id_ in enumerate(ids)
    ]
    position = Position(1, number + 1)
    ours, theirs, root = os.urandom(32), os.urandom(32), os.urandom(32)
    with steps.step("accept_all + commit"), store.transaction() as change:
        change.accept_all(offered, NOW_MS)
    with steps.step("waiting + keep_sealed + commit"), store.transaction() as change:
        waiting = change.waiting(PEER, Lane.ROUTINE, size)
        rows = tuple(one.row for one in waiting)
        frame = b"".join(one.entry for one in waiting)
        change.keep_sealed(
            SealedEnvelope(
                PEER, position, ours, ours, root, frame, Family.DATA, Lane.ROUTINE, NOW_MS, rows
            )
        )
    verdict = EnvelopeVerdict(position, theirs, root, Verdict.ACCEPTED)
    records = tuple(
        ReceivedRecord(at, id_, 1, ENTRY, Verdict.ACCEPTED, terms=terms(number * size + at))
        for at, id_ in enumerate(ids)
    )
    envelope = ReceivedEnvelope(
        PEER, position, theirs, theirs, root, b"h" * 400, b"s" * 64, root, Family.DATA,
        NOW_MS, NOW_MS, verdict, records,
    )  # fmt: skip
    with steps.step("known_records"), store.reading() as view:
        view.known_records(PEER, ids)
    with steps.step("keep_received + commit"), store.transaction() as change:
        change.keep_received_many([envelope])
        change.put_in_stream(InStream(PEER, 1, number + 1, theirs, number + 1))
    mine = EnvelopeVerdict(position, ours, root, Verdict.ACCEPTED)
    with steps.step("close_sealed + commit"), store.transaction() as change:
        change.close_sealed(PEER, mine, NOW_MS)


def single(name: str, times: int, act: Callable[[int], None]) -> None:
    """Print how long one of `times` acts takes."""
    took = []
    for number in range(times):
        started = time.perf_counter()
        act(number)
        took.append(time.perf_counter() - started)
    took.sort()
    p50, p99 = took[times // 2] * 1e6, took[times * 99 // 100] * 1e6
    print(f"{name:32} p50 {p50:.0f} µs, p99 {p99:.0f} µs")


def main(records: int = 64_000, size: int = 64) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with SqliteStore.open(path, StorageKey(os.urandom(32))) as store:
            steps = Steps()
            for number in range(records // size):
                one_batch(store, steps, number, size)
            steps.show(records // size * size)

            def take(number: int) -> None:
                with store.reading() as view:
                    view.inbox(number * 500, 500)

            started = time.perf_counter()
            pages = records // 500
            for number in range(pages):
                take(number)
            per_record = (time.perf_counter() - started) / max(1, pages * 500) * 1e6
            print(f"{'inbox, 500 at once':32} {per_record:8.1f} µs")

            def accept(number: int) -> None:
                offered = Submission(PEER, os.urandom(16), 1, Lane.URGENT, ENTRY, terms(number))
                with store.transaction() as change:
                    change.accept(offered, NOW_MS)

            def setting(number: int) -> None:
                with store.transaction() as change:
                    change.put_setting("bench", number.to_bytes(8))

            def search(number: int) -> None:
                store.find("mrn", f"26TR{number:014}", 10)

            single("commit of one small row", 500, setting)
            single("accept of one record", 500, accept)
            single("find by MRN", 500, search)
            single("depths", 50, lambda _: store.depths() and None)
            size_mib = path.stat().st_size / 2**20
            print(f"file {size_mib:.0f} MiB, {size_mib * 2**20 / records:.0f} bytes a record")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
