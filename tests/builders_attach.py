"""Two ends of a file's way without brokers: real stores, real files, frames handed over by hand."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry

from builders_exchange import judged as judged_envelope
from builders_store import GE, KEY, NOW_MS, received, sealed
from corridor.daemon.attachment_metrics import AttachmentMetrics
from corridor.daemon.attachments import Attachments, Given
from corridor.daemon.chunk_fetching import ChunkFetching, Share
from corridor.daemon.chunk_sending import ChunkSending
from corridor.daemon.long_records import LongRecords
from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason
from corridor.exchange.content import JudgedRecord
from corridor.exchange.values import Lane, Position, Submission
from corridor.exchange.verdicts import settle
from corridor.seal.chunks import ASK_MAGIC
from corridor.store.chunk_files import ChunkFiles
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode, Endpoint
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES, MIB
from corridor.wire.v1.records_pb2 import RecordHeader

HEADER = RecordHeader(model_version=1).SerializeToString()


def given(size: int, name: str = "scan.pdf", *to: str) -> Given:
    return Given(to or ("GE",), name, "application/pdf", size, HEADER)


def give(attachments: Attachments, content: bytes) -> bytes:
    """Give a file to its end; returns the record id of its manifest."""
    attachment_id = attachments.begin(given(len(content)))
    for at in range(0, len(content), CHUNK_BYTES):
        attachments.part(attachment_id, at, content[at : at + CHUNK_BYTES])
    (answer,) = attachments.finish(attachment_id)
    return answer.record_id


@dataclass
class Hand:
    """A publisher whose broker is the test."""

    room: int = 1_000
    sent: list[tuple[object, CountryCode, bytes]] = field(default_factory=list)

    def call(self, action: Callable[[], None]) -> None:
        action()

    def publish(self, token: object, country: CountryCode, body: bytes, message_id: str) -> bool:
        assert message_id
        if len(self.sent) >= self.room:
            return False
        self.sent.append((token, country, body))
        return True


@dataclass
class Sender:
    """A node that takes files from its national system, and serves what is asked for."""

    folder: Path
    refusal: Reason | None = None
    free: int = 1 << 40
    entries: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.store = SqliteStore.open(self.folder / "store.db", KEY)
        self.start()

    def start(self) -> None:
        """Begin anew with what is on the disk, as after kill -9."""
        self.files = ChunkFiles(self.folder / "sent")
        self.files.drop_unfinished()
        self.sending = ChunkSending(self.store, self.files)
        self.hand = Hand()
        self.sending.attach(self.hand)  # type: ignore[arg-type]
        self.attachments = Attachments(
            self.store, self.files,
            submit=self._submit, try_submit=self._try,
            has_room=lambda size: size < self.free, standing=dict,
            largest_bytes=64 * MIB, now_ms=lambda: NOW_MS,
        )  # fmt: skip

    def _try(self, offered: Sequence[Offered]) -> list[Answer]:
        return [Answer("refused" if self.refusal else "accepted", b"", self.refusal)] * len(offered)

    def _submit(self, offered: Sequence[Offered]) -> list[Answer]:
        answers = self._try(offered)
        for one in offered if self.refusal is None else ():
            assert one.record_id is not None
            entry = encode_entry(Entry(one.record_id, ATTACHMENT, SCHEMA_ID, None, one.record))
            self.entries[one.record_id] = entry
            with self.store.transaction() as change:
                change.accept(
                    Submission(GE, one.record_id, ATTACHMENT, Lane.ROUTINE, entry), NOW_MS
                )
            answers = [Answer("accepted", one.record_id)]
        return answers

    def answer(self, asks: Sequence[bytes]) -> list[bytes]:
        """Take asks of Georgia; returns the chunks that leave, all of them confirmed."""
        for one in asks:
            self.sending.asked(GE.country, one)
        chunks = []
        while self.hand.sent:
            taken, self.hand.sent = self.hand.sent, []
            chunks += [body for _, _, body in taken]
            self.sending.on_confirmed([token for token, _, _ in taken])
        return chunks


@dataclass
class Fetcher:
    """A node to which a manifest came."""

    folder: Path
    largest: int = 64 * MIB
    free: int = 1 << 40
    share: Share = field(default_factory=Share)
    asks: list[bytes] = field(default_factory=list)
    told: list[Endpoint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.store = SqliteStore.open(self.folder / "store.db", KEY)
        self.start()

    def start(self) -> None:
        """Begin anew with what is on the disk, as after kill -9."""
        self.files = ChunkFiles(self.folder / "fetched")
        self.registry = CollectorRegistry()
        self.metrics = AttachmentMetrics(self.registry)
        self.metrics.know_peers([GE])
        self.files.drop_unfinished()
        self.fetching = ChunkFetching(
            self.store, self.files,
            say=lambda _country, frame, _record: self.asks.append(frame), told=self.told.append,
            largest_bytes=self.largest, has_room=lambda size: size <= self.free,
            share=self.share, metrics=self.metrics,
        )  # fmt: skip
        self.long_records = LongRecords(self.store, self.files, has_room=lambda _: True)
        self.attachments = Attachments(
            self.store, self.files,
            submit=lambda _: [], try_submit=lambda _: [], has_room=lambda _: True,
            standing=self.fetching.standing, largest_bytes=self.largest, now_ms=lambda: NOW_MS,
        )  # fmt: skip

    def read(self, record_id: bytes, size: int) -> bytes:
        """Read a whole file as the national system does."""
        chunks = range(-(-size // CHUNK_BYTES))
        return b"".join(self.attachments.read(record_id, n)[1] for n in chunks)

    def arrive(self, record_id: bytes, entry: bytes, seq: int = 1, kind: int = ATTACHMENT) -> None:
        """Keep an envelope with a manifest, as the receiving side does."""
        reason = Reason.ATTACHMENT_INCOMPLETE
        one = JudgedRecord(record_id, kind, entry, reason, parked=True)
        with self.store.transaction() as change:
            before = dict(change.known_records(GE, [record_id]))
            position = Position(1, seq)
            envelope = settle(judged_envelope(one, position=position), before, NOW_MS)
            row = received(seq, *envelope.records, position=position, verdict=envelope.verdict)
            change.keep_received(row)
            change.keep_sealed(sealed(100 + seq, answers=(position,)))
        self.fetching.look()

    def counted(self, name: str, **labels: str) -> float | None:
        """What a metric says of Georgia."""
        return self.registry.get_sample_value(name, {"peer": "GE.RS", **labels})

    def turn(self) -> list[bytes]:
        """Do what is due; returns the asks that leave."""
        self.fetching.turn()
        asks, self.asks = list(self.asks), []
        assert all(one.startswith(ASK_MAGIC) for one in asks)
        return asks

    def owed(self) -> list[tuple[str, str]]:
        """What the next receipt says of each manifest: verdict and reason."""
        with self.store.reading() as view:
            told = view.owed(GE, 99)
        return [
            (one.exceptions[0].verdict.name, one.exceptions[0].reason.label)
            if one.exceptions and one.exceptions[0].reason
            else (one.verdict.name, "")
            for one in told
        ]

    def inbox(self) -> list[bytes]:
        with self.store.reading() as view:
            return [one.record_id for one in view.inbox(0, 99)]


def content_of(size: int) -> bytes:
    return os.urandom(size)


def cross(sender: Sender, fetcher: Fetcher, turns: int = 50) -> None:
    """Let asks and chunks go to and fro until nothing more is asked for."""
    for _ in range(turns):
        for chunk in sender.answer(fetcher.turn()):
            fetcher.fetching.take(GE.country, chunk)
