"""Records that are longer than a record may be: sealed into a file at home, whole again abroad.

Rules (PROTOCOL §13.5):

* a long record is one record: one id, one verdict; it is kept when its file is on the disk, and
  what of it is kept when it is refused after that goes at once;
* the same record again finds its file by its id and is the same record: nothing is sealed twice;
* the national system is handed the whole or is told that it is not here, and never silently less.
"""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final

from corridor.daemon.intake import Examined
from corridor.daemon.logs import event_logger
from corridor.daemon.offers import Answer
from corridor.errors import Reason, Refused, StoreFull
from corridor.exchange.values import Submission, SubmitStatus
from corridor.seal.chunks import ChunkKeys, ChunkTree, chunk_count
from corridor.store.chunk_files import ChunkFiles, OwnFile, PartnerFile
from corridor.store.port import Store
from corridor.store.values import InboxRecord
from corridor.transit.parties import Endpoint
from corridor.wire.attachments import Manifest, manifest_in, read_manifest
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, decode_entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES, MIB
from corridor.wire.long_records import FILE_NAME, MEDIA_TYPE, decode_whole, with_manifest
from corridor.wire.records import Terms, index_terms, record_of

_HANDED_AT_ONCE: Final = 16 * MIB
"""Whole records of one answer; one alone may be longer."""


class LongRecords:
    """What the service asks about long records; safe to call from several threads."""

    def __init__(self, store: Store, files: ChunkFiles, *, has_room: Callable[[int], bool]) -> None:
        """Keep wholes in `files`; `has_room` says whether the disk has so many bytes to spare."""
        self._store = store
        self._files = files
        self._has_room = has_room
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._busy: dict[bytes, OwnFile] = {}
        """By attachment id: files whose records are not kept yet."""

    def busy(self) -> frozenset[bytes]:
        """Ids of files that nobody may sweep away: their records are being kept."""
        with self._lock:
            return frozenset(self._busy)

    # -- at home

    def keep(
        self,
        checked: Sequence[Examined | Answer],
        answers_to: Callable[[Sequence[Examined | Answer]], list[Answer]],
    ) -> list[Answer]:
        """Have records kept by `answers_to`, each long one when its file is on the disk.

        One call at a time: the same record twice at once is still the same record.
        """
        with self._turn:
            try:
                sealed = self._seal(checked)
                answers = answers_to(sealed)
            except BaseException:
                # Whether it was kept nobody can say: the sweep looks what the store has.
                with self._lock:
                    self._busy.clear()
                raise
            self._settle(sealed, answers)
            return answers

    def _seal(self, checked: Iterable[Examined | Answer]) -> list[Examined | Answer]:
        made: dict[tuple[Endpoint, bytes, bytes], Manifest] = {}
        return [
            self._sealed(one, made) if isinstance(one, Examined) and one.whole is not None else one
            for one in checked
        ]

    def _sealed(
        self, one: Examined, made: dict[tuple[Endpoint, bytes, bytes], Manifest]
    ) -> Examined | Answer:
        """Write the file of a record; `made` are those of this call: one may come twice in it."""
        kept, whole = one.submission, one.whole
        if whole is None:
            raise ValueError("not a long record")
        digest = sha256(whole.body).digest()
        name = (kept.peer, kept.record_id, digest)
        try:
            manifest = made.get(name) or self._known(kept, digest)
            made[name] = manifest = manifest or self._write(kept.record_id, whole.body, digest)
        except (Refused, StoreFull, OSError) as error:
            event_logger().error("record.not_kept", cause=str(error))
            why = "the disk does not take the file of this record"
            return Answer("refused", kept.record_id, Reason.STORE_FULL, (why,))
        body = with_manifest(whole.short, manifest)
        entry = encode_entry(Entry(kept.record_id, kept.record_type, SCHEMA_ID, None, body))
        return one._replace(submission=kept._replace(entry=entry))

    def _known(self, kept: Submission, digest: bytes) -> Manifest | None:
        for sent in self._store.submitted(kept.record_id):
            if sent.peer == kept.peer and sent.entry:
                found = manifest_in(sent.entry)
                return found if found is not None and found.sha256 == digest else None
        return None

    def _write(self, record_id: bytes, body: bytes, digest: bytes) -> Manifest:
        if not self._has_room(len(body)):
            raise Refused(Reason.ATTACHMENT_NO_ROOM)
        keys = ChunkKeys(os.urandom(16), os.urandom(32), len(body))
        file = self._files.own(keys.attachment_id, len(body))
        with self._lock:
            self._busy[keys.attachment_id] = file
        try:
            file.create()
            for index in range(chunk_count(len(body))):
                at = index * CHUNK_BYTES
                file.append(index, keys.seal(index, body[at : at + CHUNK_BYTES]))
            root = ChunkTree(file.leaves()).root
            file.finish(record_id)
        except BaseException:
            self._end(keys.attachment_id, kept=False)
            raise
        return Manifest(
            keys.attachment_id, FILE_NAME, MEDIA_TYPE, len(body), digest, keys.key, root, None, ""
        )

    def _settle(self, sealed: Sequence[Examined | Answer], answers: Sequence[Answer]) -> None:
        """Give up the files of records that were not kept."""
        for one, answer in zip(sealed, answers, strict=True):
            if isinstance(one, Examined) and one.whole is not None:
                manifest = manifest_in(one.submission.entry)
                if manifest is not None:
                    is_kept = answer.status == SubmitStatus.ACCEPTED
                    self._end(manifest.attachment_id, kept=is_kept)

    def _end(self, attachment_id: bytes, *, kept: bool) -> None:
        with self._lock:
            file = self._busy.pop(attachment_id, None)
        if file is not None and not kept:
            file.drop()

    def terms_of(self, entry: bytes) -> Terms:
        """Return what a long record of ours is found by: the whole says it, where it is here."""
        travelled = record_of(decode_entry(entry))
        manifest = read_manifest(entry)
        body = _read(self._files.own(manifest.attachment_id, manifest.size), manifest)
        return index_terms(decode_whole(body) if body is not None else travelled)

    # -- abroad

    def whole(self, found: Sequence[InboxRecord]) -> Sequence[InboxRecord]:
        """Return records of partners with their wholes: as many as one answer may hold."""
        taken = 0
        told: list[InboxRecord] = []
        for one in found:
            made = self._with_whole(one)
            taken += len(made.whole or b"")
            if told and taken > _HANDED_AT_ONCE:
                break
            told.append(made)
        return told

    def as_far_as_room(self, found: Iterable[Sequence[InboxRecord]]) -> list[Sequence[InboxRecord]]:
        """Return all that a search found, with as many wholes as one answer may hold.

        What has none says so itself: `header.whole` stands in it. It is taken with `take`.
        """
        taken = 0
        told: list[Sequence[InboxRecord]] = []
        for some in found:
            made: list[InboxRecord] = []
            for one in some:
                manifest = _manifest_of(one)
                size = manifest.size if manifest else 0
                has_room = not taken or taken + size <= _HANDED_AT_ONCE
                made.append(self._with_whole(one) if size and has_room else one)
                taken += size if has_room else 0
            told.append(made)
        return told

    def _with_whole(self, one: InboxRecord) -> InboxRecord:
        manifest = _manifest_of(one)
        if manifest is None:
            return one
        file = self._files.partners(one.peer.country, manifest.held_to, manifest.size)
        whole = _read(file, manifest)
        if whole is None:
            event_logger().error(
                "record.not_whole", peer=one.peer, record_id=one.record_id,
                cure="its file is not beside the store; put `attachments` of a copy back",
            )  # fmt: skip
        return one._replace(whole=whole)


def _read(file: OwnFile | PartnerFile, manifest: Manifest) -> bytes | None:
    """Return all that is in a file; None where it is not here, or damaged."""
    keys = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size)
    body = bytearray()
    for index in range(chunk_count(manifest.size)):
        sealed = file.read(index)
        plain = keys.open(index, sealed) if sealed is not None else None
        if plain is None:
            return None
        body += plain
    return bytes(body)


def _manifest_of(one: InboxRecord) -> Manifest | None:
    """Return what says which file holds the whole of a record; None where it is whole itself."""
    if one.record_type == ATTACHMENT:
        return None
    with suppress(Refused):  # a record that nobody can read is handed on as it came
        return manifest_in(one.entry)
    return None
