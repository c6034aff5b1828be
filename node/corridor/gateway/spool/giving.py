"""Gives the node the files that lie beside messages, some megabytes at a turn.

Rules:

* the message goes first: its record is what the files belong to;
* a file's record has an id that follows from its message, its name and its content: given again
  after kill -9, or with the same message again, it is the same file and goes once;
* what cannot be taken now waits, and the message with it; what never can is told beside the
  message, whose record and other files have gone.
"""

import hashlib
import mimetypes
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corridor.daemon.attachments import Given
from corridor.daemon.cures import cure_of
from corridor.daemon.offers import Answer
from corridor.daemon.service import NodeService
from corridor.errors import AttachmentTrouble, Reason, Refused, StoreFull
from corridor.exchange.tallies import is_for_new, made_ms_of
from corridor.gateway.spool.beside import folder_of, names_in
from corridor.gateway.spool.files import NotWhole, open_quiet, shown
from corridor.gateway.spool.naming import BEFORE_TIMES, id_of
from corridor.wire.attachments import header_of_record
from corridor.wire.limits import CHUNK_BYTES, MAX_ATTACHMENT_BYTES, MIB

_AT_ONCE: Final = 32 * MIB
"""Bytes that are read at a turn: other messages are taken between."""
_REST_S: Final = 15.0
_NAME_CHARS: Final = 200
_FOR_NOW: Final = {Reason.STORE_FULL, Reason.ATTACHMENT_NO_ROOM}


@dataclass(slots=True)
class _Job:
    """A message whose files are being given."""

    message: Path
    recipient: str
    record_id: bytes
    header: bytes
    names: list[str]
    told: list[dict[str, Any]] = field(default_factory=list)
    steps: Iterator[int] | None = None
    rests_until: float = 0.0
    why: str = ""
    """Why it waits."""


class Giving:
    """The messages of the work tray whose files are on their way into the node."""

    def __init__(self, service: NodeService) -> None:
        """Give files to `service`."""
        self._service = service
        self._jobs: dict[Path, _Job] = {}

    def __contains__(self, message: Path) -> bool:
        """Whether files of this message are being given."""
        return message in self._jobs

    @property
    def waits(self) -> list[str]:
        """Return why messages wait for their files, one line each."""
        return [f"files of {shown(one.message.name)} wait: {one.why}" for one in self._jobs.values()
                if one.why]  # fmt: skip

    def judge(self, message: Path, recipient: str, record: bytes) -> None:
        """Judge the files of a message before its record is kept.

        Raises:
            Refused: One of them would not be accepted; it is named.
            NotWhole: One of them is not whole.
        """
        folder = folder_of(message)
        for name in names_in(folder):
            header = header_of_record(record)
            try:
                size = (folder / name).lstat().st_size
                self._service.attachments.judge(_given(recipient, name, size, header))
            except Refused as refused:
                if refused.reason not in _FOR_NOW:
                    where = f"{shown(folder.name)}/{shown(name)}"
                    raise Refused(refused.reason, f"{where}: {refused.detail}") from None

    def begin(self, message: Path, recipient: str, record: bytes, answer: Answer) -> bool:
        """Give the files of a message whose record was kept; returns whether it has any."""
        with suppress(NotWhole, Refused):
            names = names_in(folder_of(message))
            if names:
                self._jobs[message] = _Job(
                    message, recipient, answer.record_id, header_of_record(record), names
                )
                return True
        return False

    def turn(self) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
        """Go on; yields the messages whose files are all given, with what became of each file.

        Raises:
            OSError: A file cannot be read; it is tried again.
        """
        left = _AT_ONCE
        for job in list(self._jobs.values()):
            if left > 0 and time.monotonic() >= job.rests_until:
                left = self._advance(job, left)
                if not job.names:
                    del self._jobs[job.message]
                    yield job.message, job.told

    @property
    def has_more(self) -> bool:
        """Whether there is more to give now."""
        now = time.monotonic()
        return any(now >= one.rests_until for one in self._jobs.values())

    def _advance(self, job: _Job, left: int) -> int:
        while job.names and left > 0:
            if job.steps is None:
                job.steps = self._steps(job, job.names[0])
            try:
                left -= next(job.steps)
                continue
            except StopIteration:
                pass
            except Refused as refused:
                if refused.reason in _FOR_NOW:
                    return self._rest(job, refused.reason.label, left)
                job.told.append(_refusal(job.names[0], refused))
            except (NotWhole, AttachmentTrouble, StoreFull) as error:
                return self._rest(job, str(error) or "one of them is being written", left)
            except FileNotFoundError:
                gone = Refused(Reason.UNREADABLE, "it was taken away")
                job.told.append(_refusal(job.names[0], gone))
            job.steps, job.why = None, ""
            job.names.pop(0)
        return left

    def _rest(self, job: _Job, why: str, left: int) -> int:
        job.steps, job.why = None, why
        job.rests_until = time.monotonic() + _REST_S
        return left

    def _steps(self, job: _Job, name: str) -> Iterator[int]:
        """Give one file; yields how many bytes were read since the last step."""
        handle = open_quiet(folder_of(job.message) / name, MAX_ATTACHMENT_BYTES)
        with os.fdopen(handle, "rb", buffering=0) as source:
            before = os.fstat(source.fileno())
            digest = hashlib.sha256()
            while content := source.read(CHUNK_BYTES):
                digest.update(content)
                yield len(content)
            named = job.record_id + name.encode("utf-8", "surrogateescape") + digest.digest()
            record_id, is_kept = self._identity(job, named)
            answer = Answer("duplicate", record_id)
            if not is_kept:
                given = _given(
                    job.recipient, name, before.st_size, job.header, job.record_id, record_id
                )
                source.seek(0)
                answer = yield from self._give(source, given, digest.digest())
        job.told.append(_line(name, answer, digest.hexdigest()))

    def _identity(self, job: _Job, named: bytes) -> tuple[bytes, bool]:
        """Return the id of a file's record, and whether that was kept before.

        Its time is the one in its message's id; where that is none for a new record, when the
        message was kept.
        """
        old = id_of(job.recipient, named, BEFORE_TIMES)
        if self._service.is_kept(old):
            return old, True
        sent = self._service.timeline(job.record_id).sent
        made_ms, kept_ms = made_ms_of(job.record_id), min(one.line.accepted_ms for one in sent)
        record_id = id_of(
            job.recipient, named, made_ms if is_for_new(made_ms, kept_ms) else kept_ms
        )
        return record_id, self._service.is_kept(record_id)

    def _give(self, source: Any, given: Given, digest: bytes) -> Any:  # noqa: ANN401 - a generator's answer
        attachments, offset = self._service.attachments, 0
        attachment_id = attachments.begin(given)
        try:
            while content := source.read(CHUNK_BYTES):
                offset = attachments.part(attachment_id, offset, content)
                yield len(content)
            (answer,) = attachments.finish(attachment_id, digest)
        finally:
            attachments.give_up(attachment_id)  # where it was not finished
        if answer.reason is not None:
            raise Refused(answer.reason, ", ".join(answer.faults))
        return answer


def _given(  # noqa: PLR0913, PLR0917 - what is known of a file
    recipient: str,
    name: str,
    size: int,
    header: bytes,
    of_record: bytes | None = None,
    record_id: bytes | None = None,
) -> Given:
    text = shown(name)
    kind = mimetypes.guess_type(text)[0] or "application/octet-stream"
    told = text if len(text) <= _NAME_CHARS else text[-_NAME_CHARS:]
    return Given((recipient,), told, kind, size, header, of_record, record_id)


def _refusal(name: str, refused: Refused) -> dict[str, Any]:
    faults = (refused.detail,) if refused.detail else ()
    return _line(name, Answer("refused", b"", refused.reason, faults), "")


def _line(name: str, answer: Answer, digest: str) -> dict[str, Any]:
    reason = answer.reason.label if answer.reason else None
    return {
        "file": shown(name),
        "status": answer.status,
        "record_id": answer.record_id.hex() or None,
        "reason": reason,
        "faults": list(answer.faults),
        "cure": cure_of(reason) if reason else None,
        "sha256": digest or None,
    }
