"""Processor time of a record at each stage of its path, in one process: one JSON line.

Each stage is the product's own call, on batches of 64 records, real keys, a real store on disk.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders_trust import GE, TR, make_world
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Lane,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    SealedEnvelope,
    Submission,
    Verdict,
)
from corridor.lab.movements import plan_movements
from corridor.lab.scenario import load_scenario
from corridor.seal.envelope import Draft, check_signature, open_frame, seal
from corridor.seal.frame import parse_frame
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore
from corridor.transit.identifiers import uuid7
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import check_records, decode_record, index_terms, record_type_of

SIZE, TURNS = 64, 40


def main() -> None:  # noqa: PLR0915 - a list of stages, one after the other
    """Measure each stage and print µs a record."""
    plan = plan_movements(load_scenario("tr-ge-az"), 7, 60)
    bodies = [one.record for one in plan][: SIZE * 8]
    world = make_world()
    found: dict[str, float] = {}
    checked = [decode_record(body) for body in bodies[:SIZE]]
    found["parse"] = per_record(lambda _: [decode_record(body) for body in bodies[:SIZE]])
    found["validate"] = per_record(lambda _: check_records(checked, bodies[:SIZE]))
    found["index"] = per_record(lambda _: [index_terms(record) for record in checked])
    terms = [index_terms(record) for record in checked]
    kinds = [record_type_of(record) for record in checked]

    def entries() -> list[tuple[bytes, bytes]]:
        ids = [uuid7(time.time_ns() // 1_000_000, os.urandom(10)) for _ in range(SIZE)]
        return [
            (one, encode_entry(Entry(one, kind, SCHEMA_ID, None, body)))
            for one, kind, body in zip(ids, kinds, bodies, strict=False)
        ]

    batches = [entries() for _ in range(TURNS + 2)]
    sender, recipient = world.nodes[TR], world.nodes[GE]
    key = recipient.opening[0]
    view = world.view()

    def draft(seq: int) -> Draft:
        return Draft(
            network_id=view.network_id, sender=TR, recipient=GE, dir_version=view.dir_version,
            dir_hash=view.dir_hash, bundle_hash=view.bundle_hash(TR), created_ms=world.now_ms,
            expires_ms=world.now_ms + 86_400_000, lane=1, suite=key.suite, enc_key_id=key.key_id,
            enc_public=key.public, epoch=1, seq=seq, prev=ZERO_ID,
        )  # fmt: skip

    sealed = [
        seal(draft(n + 1), [e for _, e in batch], sender.signing) for n, batch in enumerate(batches)
    ]
    found["seal"] = per_record(
        lambda n: seal(draft(n + 1), [e for _, e in batches[n]], sender.signing)
    )

    def open_one(n: int) -> None:
        frame = parse_frame(sealed[n].frame)
        check_signature(frame, sender.signing.public)
        open_frame(frame, GE, key)

    found["open"] = per_record(open_one)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore.open(Path(folder) / "store.db", StorageKey(bytes(32)))

        def accept(n: int) -> None:
            with store.transaction() as change:
                change.accept_all(
                    [
                        Submission(GE, i, k, Lane.ROUTINE, e, t)
                        for (i, e), k, t in zip(batches[n], kinds, terms, strict=True)
                    ],
                    world.now_ms,
                )

        def keep(n: int) -> None:
            with store.transaction() as change:
                rows = tuple(w.row for w in change.waiting(GE, Lane.ROUTINE, SIZE))
                change.keep_sealed(
                    SealedEnvelope(GE, Position(1, n + 1), ZERO_ID, sealed[n].envelope_id,
                                   sealed[n].payload_root, sealed[n].frame, Family.DATA,
                                   Lane.ROUTINE, world.now_ms, rows)
                )  # fmt: skip

        def close(n: int) -> None:
            verdict = EnvelopeVerdict(
                Position(1, n + 1), sealed[n].envelope_id, sealed[n].payload_root, Verdict.ACCEPTED
            )
            with store.transaction() as change:
                change.close_sealed_many(GE, [verdict], world.now_ms)

        def receive(n: int) -> None:
            one = sealed[n]
            verdict = EnvelopeVerdict(
                Position(1, n + 1), one.envelope_id, one.payload_root, Verdict.ACCEPTED
            )
            records = tuple(
                ReceivedRecord(at, i, k, e, Verdict.ACCEPTED, terms=t)
                for at, ((i, e), k, t) in enumerate(zip(batches[n], kinds, terms, strict=True))
            )
            envelope = ReceivedEnvelope(
                TR, Position(1, n + 1), ZERO_ID, one.envelope_id, one.payload_root, one.header,
                one.signature, bytes(32), Family.DATA, world.now_ms, world.now_ms, verdict, records,
            )  # fmt: skip
            with store.transaction() as change:
                change.keep_received_many([envelope])

        found["keep_accepted"] = per_record(accept)
        found["keep_sealed"] = per_record(keep)
        found["keep_receipt"] = per_record(close)
        found["keep_received"] = per_record(receive)
        store.close()
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))


def per_record(stage: Callable[[int], object]) -> float:
    """Return µs of processor time a record takes in `stage`, called with 0, 1, 2 …"""
    stage(0)
    began = time.process_time_ns()
    for turn in range(1, TURNS + 1):
        stage(turn)
    return (time.process_time_ns() - began) / TURNS / SIZE / 1000


if __name__ == "__main__":
    main()
