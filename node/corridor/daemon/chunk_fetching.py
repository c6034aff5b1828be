"""Fetches the files whose manifests are here: asks for chunks, keeps them, and judges the whole.

Rules (PROTOCOL §13.3, §13.4):

* what is wanted is known from what is parked in the store and from what lies on the disk, so that
  a new start goes on where the last one stopped;
* few chunks are asked for at a time: as many as pass in a tenth of a second, and no more than
  32, so that a record that somebody waits for stands behind few of them;
* a long record is fetched before a file: somebody waits for it;
* a file that does not come gives way to the next one of that partner, and has its turn again;
* a chunk is held to the manifest before a byte of it is kept; what does not fit, or was not asked
  for, has no effect;
* the manifest is accepted when the whole is here, and its sender is told then by a receipt;
* what goes beyond a partner's share of the disk, or of the files on their way, is refused before
  its first chunk is asked for.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from corridor.daemon.attachment_metrics import AttachmentMetrics
from corridor.daemon.clock import unix_ms
from corridor.daemon.logs import event_logger
from corridor.errors import CorridorError, Reason, Refused, StoreFull
from corridor.seal.chunks import Ask, Chunk, ChunkKeys, parse_chunk
from corridor.store.chunk_files import ChunkFiles, PartnerFile
from corridor.store.parking_port import JudgedAgain, ParkedRecord
from corridor.store.port import Store
from corridor.transit.parties import Endpoint
from corridor.wire.attachments import Manifest, manifest_in
from corridor.wire.batches import ATTACHMENT, decode_entry, is_of_later_version
from corridor.wire.limits import MAX_ASKED_CHUNKS, MAX_LONG_RECORD_BYTES, MIB
from corridor.wire.long_records import read_whole
from corridor.wire.records import index_terms, record_of

_LOOK_S: Final = 5.0
_TURN_S: Final = 0.2
_SYNC_S: Final = 1.0
_PATIENCE_S: Final = 5.0
_LONGEST_PATIENCE_S: Final = 300.0
_SLACK_S: Final = 0.1
"""How much longer than the quickest chunk one may take before fewer are asked for."""
_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Share:
    """What files of one partner may take here."""

    stored_bytes: int = 1 << 62
    """On the disk, those on their way included."""
    open_files: int = 1 << 31
    """Files on their way at a time."""


@dataclass(slots=True)
class _Coming:
    """One file on its way."""

    record: ParkedRecord
    manifest: Manifest
    file: PartnerFile
    keys: ChunkKeys
    wanted: dict[int, float] = field(default_factory=dict)
    """When each chunk was asked for that has not come, by the monotonic clock."""
    window: float = 4.0
    quickest_s: float = 60.0
    patience_s: float = _PATIENCE_S
    news_at: float = 0.0
    passed: int = 0
    """How often it gave way to others since something of it came."""

    @property
    def rank(self) -> tuple[int, bool]:
        """Which of a partner's comes first: the least; of two the one that came first."""
        return self.passed, self.record.record_type == ATTACHMENT

    def arrived(self, index: int) -> None:
        """Learn from a chunk that came how many may be on their way."""
        now = time.monotonic()
        asked_at = self.wanted.pop(index, None)
        self.news_at, self.patience_s, self.passed = now, _PATIENCE_S, 0
        if asked_at is None:
            return
        took_s = now - asked_at
        self.quickest_s = min(self.quickest_s, took_s)
        if took_s > self.quickest_s + _SLACK_S:
            self.window = max(1.0, self.window - 0.5)
        else:
            self.window = min(float(MAX_ASKED_CHUNKS), self.window + 0.5)

    def is_late(self) -> bool:
        """Whether nothing came for as long as one waits for it."""
        slow_s = min(4 * self.quickest_s, _LONGEST_PATIENCE_S) if self.news_at else 0.0
        patience_s = max(self.patience_s, slow_s)
        last_s = max(self.news_at, *self.wanted.values()) if self.wanted else time.monotonic()
        return time.monotonic() - last_s > patience_s

    def wait_longer(self) -> None:
        """Forget what was asked for; the next wait is twice as long, for one chunk at first."""
        self.window = 1.0
        self.begin_anew(min(2 * self.patience_s, _LONGEST_PATIENCE_S))

    def begin_anew(self, patience_s: float) -> None:
        """Ask as if nothing had been asked for."""
        self.wanted.clear()
        self.patience_s = patience_s

    def to_ask(self) -> list[int]:
        """Return the chunks to ask for now, as if they had been asked for."""
        now = time.monotonic()
        if self.is_late():
            self.wait_longer()
        room = int(self.window) - len(self.wanted)
        if room < max(1, int(self.window) // 2):
            return []
        missing = self.file.missing(len(self.wanted) + room)
        chosen = [one for one in missing if one not in self.wanted][:room]
        self.wanted |= dict.fromkeys(chosen, now)
        return chosen


class ChunkFetching:
    """Fetches from all partners, one file of each at a time, in a thread of its own."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: Store,
        files: ChunkFiles,
        *,
        say: Callable[[Endpoint, bytes, bytes], None],
        told: Callable[[Endpoint], None],
        largest_bytes: int,
        has_room: Callable[[int], bool],
        share: Share = Share(),
        metrics: AttachmentMetrics | None = None,
    ) -> None:
        """Ask by `say`; `told` learns, after the commit, to whom a receipt is owed.

        Args:
            store: Where manifests wait.
            files: Where chunks are kept.
            say: Sends an ask to a partner, for a record.
            told: See above.
            largest_bytes: A larger file is refused.
            has_room: Whether the disk has room for so many bytes beside its reserve.
            share: What files of one partner may take.
            metrics: What is counted.
        """
        self._store = store
        self._files = files
        self._say = say
        self._told = told
        self._largest = largest_bytes
        self._has_room = has_room
        self._share = share
        self._metrics = metrics or AttachmentMetrics()
        self._coming: dict[tuple[str, bytes], _Coming] = {}
        self._lock = threading.Lock()
        self._woken, self._ended = threading.Event(), threading.Event()
        self._look_at, self._sync_at, self._asked_ms = 0.0, 0.0, 0
        self._thread = threading.Thread(target=self._run, name="attachments", daemon=True)

    def start(self) -> None:
        """Go on with what is parked."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is here is on the disk."""
        self._ended.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(10.0)

    def look(self) -> None:
        """Look soon for manifests that came; any thread."""
        self._look_at = 0.0
        self._woken.set()

    def take(self, link: str, frame: bytes) -> None:
        """Take a chunk that came over a link; consumer's loop thread."""
        try:
            chunk = parse_chunk(frame)
            with self._lock:
                coming = self._coming.get((link, chunk.attachment_id))
                if coming is None:
                    return  # it is asked for when its manifest is here
                self._keep(coming, chunk)
        except Refused as refused:
            event_logger().warning("chunk.refused", link=link, reason=refused.reason.label)
        except StoreFull as full:
            event_logger().error("chunk.not_kept", link=link, cause=str(full))

    def standing(self) -> dict[bytes, tuple[int, int]]:
        """Return how many chunks of how many are here, by record id."""
        with self._lock:
            return {
                one.record.record_id: (one.file.here, one.file.count)
                for one in self._coming.values()
            }

    def _keep(self, coming: _Coming, chunk: Chunk) -> None:
        if not chunk.fits(coming.manifest.size, coming.manifest.root):
            raise Refused(Reason.CIPHERTEXT_DIGEST, f"chunk {chunk.number}")
        if coming.file.write(chunk.number, chunk.sealed):
            coming.arrived(chunk.number)
            self._metrics.received(coming.record.peer, len(chunk.sealed))
            self._woken.set()

    # -- its own thread

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.wait(_TURN_S)
            self._woken.clear()
            try:
                self.turn()
            except (CorridorError, OSError) as error:
                event_logger().error("attachments.late", cause=str(error))
                self._ended.wait(_SYNC_S)
        self._sync()

    def turn(self) -> None:
        """Do what is due: look, ask, write down, judge."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_S
            self._look()
        if now >= self._sync_at:
            self._sync_at = now + _SYNC_S
            self._sync()
        with self._lock:
            self._pass_over_late()
            first = self._first()
            whole = [one for one in first.values() if not one.file.missing(1)]
            asks = [(one, one.to_ask()) for one in first.values()]
        for one, chunks in asks:
            if chunks:
                self._ask(one, tuple(chunks))
        for one in whole:
            self._judge_whole(one)

    def _first(self) -> dict[Endpoint, _Coming]:
        last = sorted(self._coming.values(), key=lambda one: one.rank)
        return {one.record.peer: one for one in reversed(last)}

    def _pass_over_late(self) -> None:
        """Have the next file of a partner asked for where the first does not come.

        Its sender may have lost it for good. The next one is waited for as long as it would have
        been: a partner that is away is not asked for more where more waits.
        """
        for peer, late in self._first().items():
            if late.is_late() and (others := self._others(peer, late)):
                late.wait_longer()
                late.passed = 1 + max(one.passed for one in others)
                min(others, key=lambda one: one.rank).begin_anew(late.patience_s)

    def _others(self, peer: Endpoint, than: _Coming) -> list[_Coming]:
        return [one for one in self._coming.values() if one.record.peer == peer and one is not than]

    def _ask(self, one: _Coming, chunks: tuple[int, ...]) -> None:
        self._asked_ms = max(self._asked_ms + 1, unix_ms())
        record_id = one.record.record_id
        ask = Ask(record_id, self._asked_ms, chunks)
        self._say(one.record.peer, ask.to_frame(one.keys.ask_key), record_id)

    def _look(self) -> None:
        after = 0
        known = {one.record.record_id for one in list(self._coming.values())}
        while True:
            with self._store.reading() as view:
                found = view.parked(after, _AT_ONCE)
            for one in found:
                if not is_of_later_version(one.record_type) and one.record_id not in known:
                    self._begin(one)
            if len(found) < _AT_ONCE:
                break
            after = found[-1].cursor
        self._show_use()

    def _show_use(self) -> None:
        """Tell the metrics what files of each partner take."""
        with self._lock:
            coming = [one.record.peer for one in self._coming.values()]
        self._metrics.show(
            {peer: coming.count(peer) for peer in self._metrics.peers},
            {peer: self._files.used(peer.country) for peer in self._metrics.peers},
        )

    def _begin(self, record: ParkedRecord) -> None:
        try:
            manifest = manifest_in(record.entry)
            if manifest is None:
                return  # parked by a version that knew less; it is judged at the next start
            country, id_ = record.peer.country, manifest.attachment_id
            if (country, id_) in self._coming:
                return  # its chunks are on their way for another record
            file = self._files.partners(country, manifest.held_to, manifest.size)
            self._refuse_unfit(record, manifest, file)
            file.open(record.record_id)
        except Refused as refused:
            self._judge(record, JudgedAgain(refused.reason, (refused.reason.label,)))
            return
        keys = ChunkKeys(id_, manifest.key, manifest.size)
        with self._lock:
            self._coming[country, id_] = _Coming(record, manifest, file, keys)

    def _refuse_unfit(self, record: ParkedRecord, manifest: Manifest, file: PartnerFile) -> None:
        is_file = record.record_type == ATTACHMENT
        largest = self._largest if is_file else min(self._largest, MAX_LONG_RECORD_BYTES)
        if manifest.size > largest:
            most = f"{manifest.size} bytes, at most {largest // MIB} MiB"
            raise Refused(Reason.ATTACHMENT_TOO_LARGE, most)
        if file.begun:
            return
        country = record.peer.country
        if sum(1 for one, _ in self._coming if one == country) >= self._share.open_files:
            raise Refused(Reason.ATTACHMENTS_OPEN)
        if self._files.used(country) + manifest.size > self._share.stored_bytes:
            raise Refused(Reason.ATTACHMENT_QUOTA)
        if not self._has_room(manifest.size):
            raise Refused(Reason.ATTACHMENT_NO_ROOM)

    def _sync(self) -> None:
        with self._lock:
            files = [one.file for one in self._coming.values()]
        for file in files:
            file.sync()

    def _judge_whole(self, one: _Coming) -> None:
        is_file = one.record.record_type == ATTACHMENT
        digest, whole = hashlib.sha256(), bytearray()
        for index in range(one.file.count):
            sealed = one.file.read(index)
            plain = one.keys.open(index, sealed) if sealed is not None else None
            if plain is None:
                event_logger().warning("chunk.damaged", peer=one.record.peer, sequence=index)
                with self._lock:
                    one.file.forget(index)
                return
            digest.update(plain)
            if not is_file:
                whole += plain
        one.file.sync()
        judged = _refusal_of_digest()
        if digest.digest() == one.manifest.sha256:
            judged = _judged(one.record, None if is_file else bytes(whole))
        self._judge(one.record, judged)
        if judged.reason is not None:
            one.file.release(one.record.record_id)
        with self._lock:
            self._coming.pop((one.record.peer.country, one.manifest.attachment_id), None)
            for other in self._others(one.record.peer, one):
                other.begin_anew(_PATIENCE_S)  # its partner is there

    def _judge(self, record: ParkedRecord, judged: JudgedAgain) -> None:
        with self._store.transaction() as change:
            change.judge_parked(record, judged)
        why = judged.reason.label if judged.reason else "accepted"
        self._metrics.judged(record.peer, judged.reason)
        event_logger().info(
            "attachment.judged", peer=record.peer, record_id=record.record_id, reason=why
        )
        self._told(record.peer)


def _refusal_of_digest() -> JudgedAgain:
    return JudgedAgain(Reason.ATTACHMENT_DIGEST, (Reason.ATTACHMENT_DIGEST.label,))


def _judged(record: ParkedRecord, whole: bytes | None) -> JudgedAgain:
    """Return the verdict on a record whose file is here: `whole` is that of a long record."""
    travelled = record_of(decode_entry(record.entry))
    if whole is None:
        return JudgedAgain(terms=index_terms(travelled))
    try:
        return JudgedAgain(terms=index_terms(read_whole(whole, travelled)))
    except Refused as refused:
        return JudgedAgain(refused.reason, (refused.detail,))
