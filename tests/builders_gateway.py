"""A node in this process with the gateways of its configuration, and no broker."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from builders_store import envelope_id, incoming, received, sealed, verdict_on
from builders_wire import declaration
from corridor.daemon.config import load_config
from corridor.daemon.node import Node
from corridor.exchange.values import Verdict
from corridor.gateway.beside import make_gateways
from corridor.gateway.local_client import LocalClient
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import Endpoint
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry

TR = Endpoint("TR.GTB")
SPOOL = """
[spool]
directory = "{folder}"
settle_s = 0
poll_s = 0.02
max_file_mib = 1
lanes = ["routine", "bulk"]
"""
NodeFolder = Callable[..., Path]


class Beside:
    """A node with its gateways, in this process."""

    def __init__(self, config_path: Path) -> None:
        self.config = load_config(config_path)
        self.node = Node(self.config)
        self.gateways = make_gateways(self.config, self.node)

    def __enter__(self) -> Self:
        self.node.start()
        for one in self.gateways:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.gateways:
            one.stop()
        self.node.stop()

    @property
    def store(self) -> Any:  # noqa: ANN401 - its seams are private
        return self.node._store

    @property
    def spool(self) -> Path:
        assert self.config.spool.directory is not None
        return self.config.spool.directory

    def client(self) -> LocalClient:
        return LocalClient(self.config.gateway.socket, 20)

    def rows(self) -> dict[str, int]:
        """How many rows the store has, of what a gateway could change."""
        found: dict[str, int] = self.store.counts()
        return {name: found[name] for name in ("outbox", "inbox", "outcomes", "leaves", "sealed")}

    def deliver(self, numbers: range) -> list[bytes]:
        """Put records of a partner into the inbox; returns their ids."""
        ids = []
        with self.store.transaction() as change:
            for number in numbers:
                record_id = uuid7(1_800_000_000_000 + number, number.to_bytes(10))
                entry = encode_entry(Entry(record_id, 1, SCHEMA_ID, None, record_bytes(number)))
                one = incoming(0, number, record_id=record_id, entry=entry)
                change.keep_received(received(number, one, peer=TR))
                ids.append(record_id)
        self.node.service.grown()
        return ids

    def settle(self, record_id: bytes, verdict: Verdict = Verdict.ACCEPTED, seq: int = 1) -> None:
        """Have the partner's receipt for a record come."""
        with self.store.transaction() as change:
            rows = [
                one.row
                for lane in (0, 1, 2)
                for one in change.waiting(TR, lane, 100)
                if one.record_id == record_id
            ]
            position = change.out_stream(TR).last
            envelope = sealed(seq, tuple(rows), peer=TR)
            envelope = envelope.__class__(**{
                **{name: getattr(envelope, name) for name in envelope.__slots__},
                "position": envelope.position.__class__(position.epoch or 1, position.seq + 1),
                "prev": position.envelope_id or envelope.prev,
                "envelope_id": envelope_id(9000 + seq, TR),
                "created_ms": 1_900_000_000_000,
            })  # fmt: skip
            change.keep_sealed(envelope)
            change.close_sealed(TR, verdict_on(envelope, verdict), 1_900_000_000_500)
        self.node.service.grown()


MAKE = Callable[..., Beside]


def record_bytes(number: int = 0) -> bytes:
    """A good record, another for each number."""
    made = declaration()
    made.header.movement.ids[0].value = f"26TR{number:014d}"[:18]
    return made.SerializeToString(deterministic=True)


def put(folder: Path, name: str, content: bytes) -> Path:
    """Put a file as a careful national system does: whole, by rename."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{name}.tmp"[:200]
    partial.write_bytes(content)
    return partial.rename(folder / name)


def until(holds: Callable[[], Any], timeout_s: float = 15) -> Any:  # noqa: ANN401 - its finding
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found


def result(place: Path) -> dict[str, Any]:
    """The answer beside a file, once it is there and the file too."""
    answer = place.with_name(place.name + ".result.json")
    until(lambda: answer.exists() and (place.exists() or place.is_symlink()))
    told: dict[str, Any] = json.loads(answer.read_bytes())
    return told


@contextmanager
def changed(path: Path, mode: int) -> Iterator[None]:
    """Have a folder another mode for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)
