"""A sender and a receiver with a store each, run in a child that is killed at every beat.

Run by test_store_kill.py: `python killed_rhythm.py FOLDER`. Prints one JSON object: how many
beats there are, and every fault that was found after the kill and the restart.
"""

import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from builders_store import GE, KEY, NOW_MS, TR, record_id, submission
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Head,
    InStream,
    Lane,
    LeafEntry,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    SealedEnvelope,
    Verdict,
)
from corridor.seal.merkle import LogTree, log_leaf
from corridor.store.port import Store, Transaction
from corridor.store.rules import leaf_bytes
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.transit.parties import Endpoint

RECORDS = 3
BATCH = 2
Beat = Callable[[], None]


def beats_until(kill_at: int) -> tuple[Beat, list[int]]:
    """Return a beat that ends this process at its `kill_at`th call, and the count of calls."""
    count = [0]

    def beat() -> None:
        count[0] += 1
        if count[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return beat, count


def run(folder: Path, beat: Beat) -> None:
    """Bring every record of TR to GE and its receipt back, from whatever state is there."""
    for name in ("tr", "ge"):
        (folder / name).mkdir(exist_ok=True)
    with (
        SqliteStore.open(folder / "tr" / "store.db", KEY) as tr,
        SqliteStore.open(folder / "ge" / "store.db", KEY) as ge,
    ):
        take_in(tr, beat)
        while not done(tr, ge):
            seal(tr, beat)
            deliver(tr, ge, beat)
            hand_on(ge, folder / "handed_on", beat)
            answer(ge, beat)
            bring_receipts(ge, tr, beat)
        while hand_on(ge, folder / "handed_on", beat):
            pass


def done(tr: Store, ge: Store) -> bool:
    """Whether nothing waits, nothing lacks a receipt and none is on its way."""
    return not (tr.depths() or ge.unreceipted(TR) or ge.peers_owed())


def take_in(tr: Store, beat: Beat) -> None:
    """Offer every record; what was accepted before a kill is offered again."""
    for first in range(1, RECORDS + 1, 2):
        beat()
        with tr.transaction() as change:
            for number in range(first, min(first + 2, RECORDS + 1)):
                change.accept(submission(number, GE, terms=(("mrn", "M"),)), NOW_MS)
                beat()
        beat()


def seal(tr: Store, beat: Beat) -> None:
    """Seal what waits."""
    while tr.lanes_waiting():
        beat()
        with tr.transaction() as change:
            waiting = change.waiting(GE, Lane.ROUTINE, BATCH)
            beat()
            records = [[one.record_id.hex(), one.entry.decode()] for one in waiting]
            keep(change, GE, Family.DATA, {"records": records}, tuple(one.row for one in waiting))
            beat()
        beat()


def keep(  # noqa: PLR0913, PLR0917 - a helper of this file
    change: Transaction,
    peer: Endpoint,
    family: Family,
    body: dict[str, object],
    rows: tuple[int, ...] = (),
    answers: tuple[Position, ...] = (),
) -> None:
    """Keep an envelope of ours as the next of its stream."""
    last = change.out_stream(peer).last
    position = Position(1, last.seq + 1)
    body |= {"seq": position.seq, "prev": last.envelope_id.hex(), "family": family.value}
    frame = json.dumps(body).encode()
    id_, root = sha256(frame).digest(), sha256(b"root" + frame).digest()
    change.keep_sealed(
        SealedEnvelope(
            peer,
            position,
            last.envelope_id,
            id_,
            root,
            frame,
            family,
            Lane.ROUTINE,
            NOW_MS,
            rows,
            answers,
        )
    )


def deliver(tr: Store, ge: Store, beat: Beat) -> None:
    """Publish every envelope without a receipt; keep it, or owe its receipt again."""
    positions = [one.position for one in tr.unreceipted(GE)]
    with tr.reading() as view:
        frames = view.frames(GE, positions)
    for _, frame in frames:
        beat()
        receive(ge, TR, frame, beat)
        beat()


def receive(store: Store, peer: Endpoint, frame: bytes, beat: Beat) -> dict[str, object] | None:
    """Keep an envelope that arrived; returns its body where it is new."""
    body = json.loads(frame)
    id_, position = sha256(frame).digest(), Position(1, body["seq"])
    with store.transaction() as change:
        beat()
        if change.known_envelope(id_):
            change.owe_receipt(peer, [position] if body["family"] == "data" else [])
            beat()
            return None
        records = tuple(
            ReceivedRecord(at, bytes.fromhex(one), 1, entry.encode(), Verdict.ACCEPTED)
            for at, (one, entry) in enumerate(body.get("records", []))
        )
        root = sha256(b"root" + frame).digest()
        change.keep_received(
            ReceivedEnvelope(
                peer=peer,
                position=position,
                prev=bytes.fromhex(body["prev"]),
                envelope_id=id_,
                payload_root=root,
                header=b"",
                signature=b"",
                disclosure_seed=ZERO_ID,
                family=Family(body["family"]),
                created_ms=NOW_MS,
                received_ms=NOW_MS,
                verdict=EnvelopeVerdict(position, id_, root, Verdict.ACCEPTED),
                records=records,
                receipt_owed=body["family"] == "data",
            )
        )
        beat()
        change.put_in_stream(InStream(peer, 1, position.seq, id_, position.seq))
        apply_receipt(change, peer, body)
        beat()
    return body


def apply_receipt(change: Transaction, peer: Endpoint, body: dict[str, object]) -> None:
    """Close what a receipt in the envelope speaks of, in the transaction that keeps it."""
    verdicts = body.get("verdicts", [])
    for seq, id_, root in verdicts:  # type: ignore[attr-defined]
        verdict = EnvelopeVerdict(
            Position(1, seq), bytes.fromhex(id_), bytes.fromhex(root), Verdict.ACCEPTED
        )
        change.close_sealed(peer, verdict, NOW_MS)
        change.complete_to(peer, Head(1, seq, verdict.envelope_id), NOW_MS)


def hand_on(ge: Store, handed_on: Path, beat: Beat) -> bool:
    """Write what the inbox holds into the national system's file, then acknowledge it.

    Returns whether there was anything.
    """
    with ge.reading() as view:
        records = view.inbox(view.acknowledged(), BATCH * 2)
    beat()
    with handed_on.open("a", encoding="ascii") as file:
        file.writelines(f"{one.record_id.hex()} {one.entry.decode()}\n" for one in records)
    beat()
    if records:
        with ge.transaction() as change:
            change.acknowledge(records[-1].cursor, NOW_MS)
            beat()
    beat()
    return bool(records)


def answer(ge: Store, beat: Beat) -> None:
    """Seal a receipt for what is owed."""
    beat()
    if TR in ge.peers_owed():
        with ge.transaction() as change:
            owed = change.owed(TR, 64)
            verdicts = [
                [one.position.seq, one.envelope_id.hex(), one.payload_root.hex()] for one in owed
            ]
            answers = tuple(one.position for one in owed)
            beat()
            keep(change, TR, Family.CONTROL, {"verdicts": verdicts}, answers=answers)
            beat()
    beat()


def bring_receipts(ge: Store, tr: Store, beat: Beat) -> None:
    """Publish the receipts; what the sender has is retired at the receiver."""
    positions = [one.position for one in ge.unreceipted(TR)]
    with ge.reading() as view:
        frames = view.frames(TR, positions)
    for position, frame in frames:
        receive(tr, GE, frame, beat)
        beat()
        with ge.transaction() as change:
            change.retire_sealed(TR, [position])
        beat()


def faults_in(folder: Path) -> list[str]:
    """Return what was lost, doubled or broken, once everything has come through."""
    with (
        SqliteStore.open(folder / "tr" / "store.db", KEY) as tr,
        SqliteStore.open(folder / "ge" / "store.db", KEY) as ge,
    ):
        wanted = {record_id(one): f"entry {one}".encode() for one in range(1, RECORDS + 1)}
        with tr.reading() as view:
            outcomes = view.outcomes(0, 1_000)
        with ge.reading() as view:
            inbox = view.inbox(0, 1_000)
        handed = dict(
            line.split(" ", 1) for line in (folder / "handed_on").read_text().splitlines()
        )
        checks = {
            "outcomes": sorted(one.record_id for one in outcomes) == sorted(wanted),
            "accepted": all(one.verdict is Verdict.ACCEPTED for one in outcomes),
            "inbox": sorted((one.record_id, one.entry) for one in inbox) == sorted(wanted.items()),
            "handed on": {bytes.fromhex(id_): entry.encode() for id_, entry in handed.items()}
            == wanted,
            "nothing waits": not tr.depths() and not ge.depths(),
            "nothing in flight": not tr.unreceipted(GE) and not ge.unreceipted(TR),
            "positions": _numbers(tr, "sealed") == _numbers(ge, "received"),
            "receipts": _numbers(ge, "sealed") == _numbers(tr, "received"),
            "found": len(tr.find("mrn", "M", 1_000)) == RECORDS,
            "evidence": _log_holds(tr) and _log_holds(ge),
            "sound": _sound(tr) and _sound(ge),
        }
    return [name for name, holds in checks.items() if not holds]


def _numbers(store: SqliteStore, table: str) -> list[int]:
    """Return the sequence numbers of a table, which must be 1, 2, 3, …"""
    rows = connection_of(store).execute(f"SELECT seq FROM {table} ORDER BY row").fetchall()  # noqa: S608
    numbers = [row[0] for row in rows]
    return numbers if numbers == list(range(1, len(numbers) + 1)) else [-1]


def _log_holds(store: SqliteStore) -> bool:
    """Whether size and root of the log are those of the leaves that are there."""
    tree = LogTree()
    for row in connection_of(store).execute("SELECT kind, at_ms, id, aux FROM leaves"):
        tree = tree.appended(log_leaf(leaf_bytes(LeafEntry(*row))))
    counts = store.counts()
    with store.reading() as view:
        whole = view.log_head() == (tree.size, tree.root())
    return whole and tree.size == counts["sealed"] + counts["received"]


def _sound(store: SqliteStore) -> bool:
    return connection_of(store).pragma("integrity_check") == "ok"


def in_child(act: Callable[[], None], *, kill_after_s: float | None = None) -> bool:
    """Run something in a child process; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            act()
            status = 0
        os._exit(status)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed")
    return os.WIFSIGNALED(status)


def killed_once(folder: Path) -> tuple[int, list[str]]:
    """Kill at each beat of a whole run, each time in a fresh folder; restart; look."""
    faults, kill_at = [], 0
    while True:
        kill_at += 1
        with tempfile.TemporaryDirectory(dir=folder) as name:
            fresh = Path(name)
            killed = in_child(lambda: run(fresh, beats_until(kill_at)[0]))  # noqa: B023 - runs now
            run(fresh, lambda: None)
            faults += [f"killed at beat {kill_at}: {fault}" for fault in faults_in(fresh)]
        if not killed:
            return kill_at - 1, faults


def killed_again_and_again(folder: Path) -> list[str]:
    """Kill ever later in the same folder until one run comes through."""
    kill_at = 1
    while in_child(lambda: run(folder, beats_until(kill_at)[0])):  # noqa: B023 - runs now
        kill_at += 1
    return [f"killed again and again: {fault}" for fault in faults_in(folder)]


def killed_at_any_time(folder: Path, times: int) -> list[str]:
    """Kill from outside at seeded times, also inside a commit; restart; look."""
    draw = random.Random(20261123)  # noqa: S311 - a schedule, not a secret
    faults = []
    for number in range(times):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            fresh = Path(name)
            after_s = draw.uniform(0.0, 0.06)
            in_child(lambda: run(fresh, lambda: None), kill_after_s=after_s)  # noqa: B023 - runs now
            run(fresh, lambda: None)
            faults += [f"killed at time {number}: {fault}" for fault in faults_in(fresh)]
    return faults


def main(folder: Path) -> None:
    """Kill in every way and print what was found."""
    (folder / "again").mkdir()
    beats, faults = killed_once(folder)
    faults += killed_again_and_again(folder / "again")
    faults += killed_at_any_time(folder, times=20)
    print(json.dumps({"beats": beats, "faults": faults}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
