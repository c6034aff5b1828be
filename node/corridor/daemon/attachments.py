"""Files that belong to movements: given by the national system, listed, read, and swept away.

Rules (PROTOCOL §13):

* a file is sealed as it comes in, chunk by chunk, and never lies here in the clear;
* its manifest is submitted when all of it is on the disk: nothing is accepted before;
* whoever may not receive it, or has no room for it, is told before the first byte is given;
* what lies here without a record that has content is swept away: erasure takes files along.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from corridor.daemon.attachment_lines import line_of_ours, line_of_theirs
from corridor.daemon.offers import Answer, Offered
from corridor.errors import AttachmentTrouble, Reason, Refused
from corridor.exchange.values import SubmitStatus
from corridor.seal.chunks import ChunkKeys, ChunkTree, chunk_count, plain_bytes
from corridor.store.chunk_files import ChunkFiles, Kept, OwnFile
from corridor.store.parking_port import ParkedRecord
from corridor.store.port import Store
from corridor.transit.identifiers import uuid7
from corridor.wire.attachments import (
    Manifest,
    encode_manifest,
    manifest_in,
    read_header,
    read_manifest,
)
from corridor.wire.batches import is_of_later_version
from corridor.wire.limits import CHUNK_BYTES, MIB
from corridor.wire.v1.records_pb2 import RecordHeader

_STAGED_MOST: Final = 16
"""Files that are being given at a time."""
_IDLE_S: Final = 3600.0
_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a file before its bytes."""

    recipients: tuple[str, ...]
    name: str
    media_type: str
    size: int
    """In bytes."""
    header: bytes
    """A serialised RecordHeader: whose movement it belongs to."""
    of_record: bytes | None = None
    record_id: bytes | None = None
    """That of its manifest; None for one that the node makes."""


@dataclass(slots=True)
class _Staged:
    given: Given
    header: RecordHeader
    keys: ChunkKeys
    file: OwnFile
    lock: threading.Lock = field(default_factory=threading.Lock)
    digest: Any = field(default_factory=hashlib.sha256)
    index: int = 0
    touched_at: float = field(default_factory=time.monotonic)

    @property
    def offset(self) -> int:
        return min(self.index * CHUNK_BYTES, self.given.size)

    def manifest(self, root: bytes) -> bytes:
        given, keys = self.given, self.keys
        made = Manifest(
            keys.attachment_id, given.name, given.media_type, given.size,
            self.digest.digest(), keys.key, root, given.of_record, "",
        )  # fmt: skip
        return encode_manifest(made, self.header)


class Attachments:
    """What gateways call; safe to call from several threads."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: Store,
        files: ChunkFiles,
        *,
        submit: Callable[[Sequence[Offered]], Sequence[Answer]],
        try_submit: Callable[[Sequence[Offered]], Sequence[Answer]],
        has_room: Callable[[int], bool],
        standing: Callable[[], dict[bytes, tuple[int, int]]],
        largest_bytes: int,
        now_ms: Callable[[], int],
    ) -> None:
        """Keep files in `files`.

        Args:
            store: Where manifests are.
            files: Where chunks are.
            submit: Keeps records for partners.
            try_submit: Judges them as `submit` would, and keeps nothing.
            has_room: Whether the disk has room for so many bytes beside its reserve.
            standing: How far files of partners have come, by record id.
            largest_bytes: A larger file is refused.
            now_ms: The clock.
        """
        self._store = store
        self._files = files
        self._submit = submit
        self._try_submit = try_submit
        self._has_room = has_room
        self._standing = standing
        self._largest = largest_bytes
        self._now_ms = now_ms
        self._staged: dict[bytes, _Staged] = {}
        self._lock = threading.Lock()

    # -- giving

    def begin(self, given: Given) -> bytes:
        """Take a file that is about to be given; returns its id.

        Raises:
            Refused: It would not be accepted; nothing was kept.
            AttachmentTrouble: Too many are being given, or it is not described.
        """
        header = read_header(given.header)
        keys = ChunkKeys(os.urandom(16), os.urandom(32), max(given.size, 1))
        staged = _Staged(given, header, keys, self._files.own(keys.attachment_id, given.size))
        self._require_fit(staged)
        with self._lock:
            self._drop_idle()
            if len(self._staged) >= _STAGED_MOST:
                raise AttachmentTrouble(
                    f"{_STAGED_MOST} files are being given at this moment",
                    cure="wait until one of them is whole",
                )
            self._staged[keys.attachment_id] = staged
        try:
            staged.file.create()
        except Refused:
            self._forget(staged)
            raise
        return keys.attachment_id

    def judge(self, given: Given) -> None:
        """Judge a file as `begin` does, and keep nothing.

        Raises:
            Refused: It would not be accepted.
            AttachmentTrouble: It is not described.
        """
        keys = ChunkKeys(bytes(16), bytes(32), max(given.size, 1))
        self._require_fit(
            _Staged(given, read_header(given.header), keys, self._files.own(bytes(16), given.size))
        )

    def _require_fit(self, staged: _Staged) -> None:
        given = staged.given
        if not 1 <= given.size <= self._largest:
            what = f"{given.size} bytes; from 1 byte to {self._largest // MIB} MiB are taken"
            raise Refused(Reason.ATTACHMENT_TOO_LARGE, what)
        if not given.recipients or len(set(given.recipients)) != len(given.recipients):
            raise AttachmentTrouble("a file is for one partner or several, each named once")
        for answer in self._try_submit(self._offers(staged.manifest(bytes(32)), given)):
            if answer.reason is not None:
                raise Refused(answer.reason, ", ".join(answer.faults))
        if not self._has_room(given.size):
            raise Refused(Reason.ATTACHMENT_NO_ROOM)

    def part(self, attachment_id: bytes, offset: int, content: bytes) -> int:
        """Take the next part; returns how many bytes are here.

        Raises:
            AttachmentTrouble: It is not the next one; what is here stays.
            StoreFull: The disk does not take it; it may be given again.
        """
        staged = self._find(attachment_id)
        with staged.lock:
            if offset != staged.offset or staged.offset == staged.given.size:
                raise AttachmentTrouble(f"the next part begins at byte {staged.offset}")
            if len(content) != plain_bytes(staged.given.size, staged.index):
                raise AttachmentTrouble(
                    f"a part has {CHUNK_BYTES} bytes, the last one what is left of the size"
                )
            staged.file.append(staged.index, staged.keys.seal(staged.index, content))
            staged.digest.update(content)
            staged.index += 1
            staged.touched_at = time.monotonic()
            return staged.offset

    def finish(self, attachment_id: bytes, sha256: bytes = b"") -> Sequence[Answer]:
        """Have a file sent that is here whole; answers for each recipient, in order.

        Raises:
            Refused: ATTACHMENT_DIGEST: it is not the file that the client meant.
            AttachmentTrouble: Something of it is missing.
        """
        staged = self._find(attachment_id)
        with staged.lock:
            if staged.offset != staged.given.size:
                raise AttachmentTrouble(f"the next part begins at byte {staged.offset}")
            if sha256 and sha256 != staged.digest.digest():
                self._forget(staged)
                raise Refused(Reason.ATTACHMENT_DIGEST, "the file was changed on its way here")
            root = ChunkTree(staged.file.leaves()).root
            record_id = staged.given.record_id or uuid7(self._now_ms(), os.urandom(10))
            staged.file.finish(record_id)
            offers = self._offers(staged.manifest(root), staged.given, record_id)
            answers = self._submit(offers)
            if not any(answer.status == SubmitStatus.ACCEPTED for answer in answers):
                staged.file.drop()
            with self._lock:
                self._staged.pop(attachment_id, None)
            return answers

    def give_up(self, attachment_id: bytes) -> None:
        """Forget a file that is not given to its end; one that is not known is none."""
        with suppress(AttachmentTrouble):
            self._forget(self._find(attachment_id))

    def _offers(self, record: bytes, given: Given, record_id: bytes | None = None) -> list[Offered]:
        return [Offered(one, record, record_id, with_file=True) for one in given.recipients]

    def _find(self, attachment_id: bytes) -> _Staged:
        with self._lock:
            found = self._staged.get(attachment_id)
        if found is None:
            raise AttachmentTrouble(
                "no such file is being given: it is sent, or the node was started anew since",
                cure="begin anew; nothing of it was sent unless its record id was told",
            )
        return found

    def _forget(self, staged: _Staged) -> None:
        with self._lock:
            self._staged.pop(staged.keys.attachment_id, None)
        staged.file.drop()

    def _drop_idle(self) -> None:
        before = time.monotonic() - _IDLE_S
        for name, staged in list(self._staged.items()):
            if staged.touched_at < before:
                del self._staged[name]
                staged.file.drop()

    # -- what is here

    def rows(self) -> list[dict[str, Any]]:
        """Return the files that are here or on their way; the keys of `corridor attach list`."""
        standing, found = self._standing(), []
        for one in self._parked():
            manifest = read_manifest(one.entry)
            here = standing.get(one.record_id, (0, chunk_count(manifest.size)))
            found.append(line_of_theirs(one.peer, one.record_id, manifest, here[0], whole=False))
        for kept in self._files.kept():
            found += self._rows_of(kept)
        return sorted(found, key=lambda row: str(row["record_id"]))

    def _parked(self) -> list[ParkedRecord]:
        """Return every manifest whose file is not here whole."""
        found, after = [], 0
        while True:
            with self._store.reading() as view:
                some = view.parked(after, _AT_ONCE)
            found += [one for one in some if not is_of_later_version(one.record_type)]
            if len(some) < _AT_ONCE:
                return found
            after = some[-1].cursor

    def _rows_of(self, kept: Kept) -> list[dict[str, Any]]:
        return [row for one in kept.record_ids for row in self._rows_for(kept.peer, one)]

    def _rows_for(self, country: str, record_id: bytes) -> list[dict[str, Any]]:
        if country:
            return [
                line_of_theirs(one.peer, one.record_id, read_manifest(one.entry), None, whole=True)
                for one in self._store.deliveries(record_id)
                if one.entry and one.peer.country == country
            ]
        sent = [one for one in self._store.submitted(record_id) if one.entry]
        lines = {line.peer: line for line in self._store.ledger(record_id)}
        return [
            line_of_ours(one.peer, one.record_id, read_manifest(one.entry), lines[one.peer])
            for one in sent
            if one.peer in lines
        ]

    def sent_as(self, record_id: bytes) -> Manifest | None:
        """Return the manifest of a file that was sent under this id, while its content is here."""
        for one in self._store.submitted(record_id):
            if one.entry and (manifest := manifest_in(one.entry)) is not None:
                return manifest
        return None

    def read(self, record_id: bytes, index: int) -> tuple[Manifest, bytes]:
        """Return one chunk of a file in the clear.

        Raises:
            AttachmentTrouble: It is not here, or not whole.
        """
        manifest, sealed = self._sealed(record_id, index)
        if not 0 <= index < chunk_count(manifest.size):
            raise AttachmentTrouble(f"the file has {chunk_count(manifest.size)} chunks")
        keys = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size)
        plain = keys.open(index, sealed) if sealed is not None else None
        if plain is None:
            raise AttachmentTrouble(
                "the file is not beside the store, or is damaged",
                cure="put the folder `attachments` of a copy back, or ask its sender for it again",
            )
        return manifest, plain

    def _sealed(self, record_id: bytes, index: int) -> tuple[Manifest, bytes | None]:
        for theirs in self._store.deliveries(record_id):
            if theirs.entry and (manifest := manifest_in(theirs.entry)) is not None:
                country = theirs.peer.country
                file = self._files.partners(country, manifest.held_to, manifest.size)
                return manifest, file.read(index)
        for ours in self._store.submitted(record_id):
            if ours.entry and (manifest := manifest_in(ours.entry)) is not None:
                return manifest, self._files.own(manifest.attachment_id, manifest.size).read(index)
        raise AttachmentTrouble(
            f"no file is here under the record {record_id.hex()}",
            cure="`corridor attach list` names those that are here, and how far others have come",
        )

    def sweep(self, busy: Callable[[], Container[bytes]] = tuple) -> int:
        """Remove files whose records have no content any more; returns how many.

        `busy` tells ids of files of ours whose records are being kept at this moment.
        """
        found = list(self._files.kept())  # first: what comes meanwhile is not looked at
        with self._lock:
            staged = set(self._staged)
        kept_now = busy()
        parked = {(one.peer.country, one.record_id) for one in self._parked()}
        count = 0
        for kept in found:
            if kept.name in staged or kept.name in kept_now:
                continue
            unwanted = [
                one
                for one in kept.record_ids
                if (kept.peer, one) not in parked and not self._is_wanted(kept.peer, one)
            ]
            if unwanted:
                count += self._files.release(kept, unwanted)
        return count

    def _is_wanted(self, country: str, record_id: bytes) -> bool:
        if country:
            found = self._store.deliveries(record_id)
            return any(one.entry and one.peer.country == country for one in found)
        if any(one.entry for one in self._store.submitted(record_id)):
            return True
        again = [line.again for line in self._store.ledger(record_id) if line.again]
        return any(self._is_wanted("", one) for one in again)
