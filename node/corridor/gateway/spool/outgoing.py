"""From files to records: what a national system puts into `out/` is taken, kept, and answered.

Rules:

* whole → taken (renamed into `work/`) → kept by the node → answered by a file → put away; a process
  that is killed between two of these goes on there at its next start;
* the record's id is in the file's name; else its recipient and its content are the key under which
  the node keeps it: the same file again is the same record, so that nothing is doubled whenever it
  ends;
* the answer stands beside the file where it is put away: `done/XX/NAME` and `NAME.result.json`;
* what can be taken later (the store is full) is not refused, it waits in `work/`;
* files beside a message (`beside`) go when its record is kept, and the answer waits for them.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from corridor.daemon.clock import unix_ms
from corridor.daemon.cures import cure_of
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.logs import event_logger
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.service import NodeService
from corridor.errors import Reason, Refused
from corridor.exchange.tallies import is_for_new
from corridor.exchange.values import Lane
from corridor.gateway.contents import LEFT_OUT, read_named
from corridor.gateway.spool import beside
from corridor.gateway.spool.files import (
    NotWhole,
    as_json,
    look_at,
    make_folder,
    move,
    read_whole,
    short_name,
    shown,
    write_beside,
)
from corridor.gateway.spool.giving import Giving
from corridor.gateway.spool.layout import Layout
from corridor.gateway.spool.naming import BEFORE_TIMES, id_in_name, id_of, key_of
from corridor.gateway.spool.scan import Found, Scan, candidates
from corridor.standards.judging import Manner
from corridor.store.syncing import sync
from corridor.wire.limits import MAX_ATTACHMENT_BYTES

_BATCH: Final = 256
_BATCH_BYTES: Final = 32 * 1024 * 1024
_FOR_NOW: Final = {Reason.DIRECTORY_UNKNOWN, Reason.STORE_FULL, Reason.HELD_FULL}
"""These hold for now, and the file waits."""
_SUFFIX_CHARS: Final = 12
_CONCERNS_ALL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.ENOTCONN}


class Judged(NamedTuple):
    """A file that is answered now."""

    found: Found
    answer: Answer
    digest: str
    """SHA-256 of the file, hexadecimal; "" where it was not read."""
    original: str = "not_asked_for"
    warnings: tuple[str, ...] = ()
    files: Sequence[dict[str, Any]] = ()
    """What became of the files beside it."""


class _Read(NamedTuple):
    """A file of the work tray that is offered to the node."""

    found: Found
    offered: Offered
    digest: str
    original: str
    warnings: tuple[str, ...]


class OutTray:
    """Takes files out of `out/` and puts them away with their answers."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        layout: Layout,
        service: NodeService,
        metrics: GatewayMetrics,
        *,
        lanes: frozenset[Lane],
        max_bytes: int,
        settle_s: float,
        attach_original: bool = False,
        manner: Manner | None = None,
    ) -> None:
        """Take files for `service`, at most `max_bytes` large, that claim none but these lanes."""
        self._layout = layout
        self._service = service
        self._metrics = metrics
        self._lanes = lanes
        self._max_bytes = max_bytes
        self._attach = attach_original
        self._manner = manner or Manner()
        self.giving = Giving(service)
        """Files that lie beside messages."""
        self._kept: dict[Path, Judged] = {}
        """Messages whose files are being given."""
        self.scan = Scan(settle_s)
        self.stuck: dict[Path, str] = {}
        """What can neither be taken nor put away, and why."""
        self.told: Callable[[bytes, Path], None] = lambda _record_id, _place: None
        """Is told where the file of a record was put away."""

    def turn(self) -> bool:
        """Go on with what was taken, then take more; returns whether there is more to do now.

        Raises:
            OSError: The folder cannot be used; everything is where it was, or one step further.
            StoreTrouble: The node kept nothing of it.
        """
        self.stuck = {path: why for path, why in self.stuck.items() if os.path.lexists(path)}
        taken = [
            found for found, _ in candidates(self._layout.work) if found.path not in self.giving
        ][:_BATCH]
        if not self._keep(taken):
            return False  # the node takes nothing for now: what is in out/ stays there
        ready = self.scan.ready(self._layout.out, _BATCH)
        fresh = [one for one in map(self._take, ready) if one is not None]
        self._keep(fresh)
        for message, files in self.giving.turn():
            self._answer(self._kept.pop(message)._replace(files=files))
        self._metrics.spool_waiting(self.scan.waiting - len(fresh), self.scan.oldest_ms)
        return len(ready) == _BATCH or self.giving.has_more

    # -- one file

    def _take(self, found: Found) -> Found | None:
        """Rename a file into the work tray; None where it stays, or was refused."""
        target = self._layout.work / found.path.relative_to(self._layout.out)
        try:
            look_at(found.path, self._max_bytes)
            _refuse_homeless(found)
            if os.path.lexists(target):
                return None  # its namesake comes first
            beside.take(self._layout, found.path, target, MAX_ATTACHMENT_BYTES)
            make_folder(target.parent, self._layout.folder_mode)
            move(self._layout.base, found.path, target)
        except FileNotFoundError:
            return None  # its owner took it back
        except OSError as error:
            self._stick(found, error)
            return None
        except NotWhole:
            self.scan.forget(found.path)
            return None
        except Refused as refused:
            self._refuse(found, refused, "")
            return None
        return Found(target, found.folder, found.lane, found.mtime_ns)

    def _keep(self, taken: Sequence[Found]) -> bool:
        """Read and submit files of the work tray; False where the node takes nothing for now."""
        batch: list[_Read] = []
        for found in taken:
            one = self._read(found)
            if one is not None:
                batch.append(one)
            if sum(len(read.offered.record) for read in batch) > _BATCH_BYTES:
                break  # the rest is in work/ and comes at the next turn
        if not batch:
            return True
        answers = self._service.submit([one.offered for one in batch])
        later = False
        for one, answer in zip(batch, answers, strict=True):
            if answer.reason in _FOR_NOW:
                later = True
                continue
            original = "too_large" if LEFT_OUT in answer.left_out else one.original
            judged = Judged(one.found, answer, one.digest, original, one.warnings)
            if answer.reason is None and self._has_files(one, answer):
                self._kept[one.found.path] = judged
            else:
                self._answer(judged)
        return not later

    def _has_files(self, one: _Read, answer: Answer) -> bool:
        folder, record = one.found.folder, one.offered.record
        return self.giving.begin(one.found.path, folder, record, answer)

    def _read(self, found: Found) -> "_Read | None":
        """Return what a file of the work tray offers; None where it is refused, or not whole."""
        digest = ""
        try:
            content = read_whole(found.path, self._max_bytes)
            digest = hashlib.sha256(content).hexdigest()
            name = found.path.name
            read = read_named(name, content, attach_original=self._attach, manner=self._manner)
        except (NotWhole, FileNotFoundError):
            return None
        except OSError as error:
            self._stick(found, error)
            return None
        except Refused as refused:
            self._refuse(found, refused, digest)
            return None
        record_id, key = self._identity(found, read.record)
        recipient = shown(found.folder)
        try:
            self.giving.judge(found.path, found.folder, read.record)
        except NotWhole:
            return None
        except Refused as refused:
            if not self._service.is_kept(record_id):  # it was not kept before
                self._refuse(found, refused, digest)
                return None
        offered = Offered(recipient, read.record, record_id, found.lane, self._lanes, key)
        return _Read(found, offered, digest, read.original, read.warnings)

    def _identity(self, found: Found, record: bytes) -> tuple[bytes, bytes | None]:
        """Return the id of a file's record, and the key by which it is known again.

        An id that is new has the time at which the file was written: moved back from `done/`
        after the store was put back to an older one, it is the same record to its recipient.
        """
        if (named := id_in_name(found.path.name)) is not None:
            return named, None
        old = id_of(found.folder, record, BEFORE_TIMES)
        if self._service.is_kept(old):
            return old, None
        key = key_of(found.folder, record)
        known = self._service.kept_as(key)
        return known or id_of(found.folder, record, _written_ms(found.mtime_ns)), key

    def _stick(self, found: Found, error: OSError) -> None:
        """Pass over one file that cannot be taken; a disk that takes nothing concerns all."""
        if error.errno in _CONCERNS_ALL:
            raise error
        self.stuck[found.path] = error.strerror or str(error)

    def _refuse(self, found: Found, refused: Refused, digest: str) -> None:
        faults = (refused.detail,) if refused.detail else ()
        self._answer(Judged(found, Answer("refused", b"", refused.reason, faults), digest))

    # -- its answer

    def _answer(self, judged: Judged) -> None:
        """Write the answer where the file goes, then put the file there."""
        answer, path = judged.answer, judged.found.path
        kept = answer.status in {"accepted", "duplicate"}
        tray = self._layout.done if kept else self._layout.refused
        folder = tray / judged.found.folder if judged.found.folder else tray
        make_folder(folder, self._layout.folder_mode)
        place = folder / self._name_for(folder, path, judged.digest)
        if kept:
            self.told(answer.record_id, place)
        result = place.with_name(place.name + ".result.json")
        if path in self.stuck and result.exists():
            return
        if not judged.files and kept:
            judged = judged._replace(files=_files_told(result, judged.digest))
        write_beside(result, as_json(_result(judged)), self._layout.file_mode)
        self._metrics.spool_file(answer.status)
        if not kept:
            event_logger().warning(
                "file.refused", reason=answer.reason.label if answer.reason else answer.status
            )
        try:
            self._put_files_away(path, place, judged.files)
            move(self._layout.base, path, place)
        except OSError as error:
            if kept:
                raise
            # Another user's file in a folder of theirs: it is told once, and left where it is.
            self.stuck[path] = error.strerror or str(error)
            return
        self.stuck.pop(path, None)
        sync(folder)

    def _put_files_away(self, path: Path, place: Path, files: Sequence[dict[str, Any]]) -> None:
        """Move the files of a message, and have it told later what became of each."""
        folder = beside.put_away(self._layout, path, place)
        home = place.with_name(folder) if folder else beside.folder_of(place)
        if not files or not home.is_dir():
            return
        at_home = {shown(one.name): one for one in home.iterdir()}
        for one in files:
            if one["record_id"] and one["file"] in at_home:
                self.told(bytes.fromhex(one["record_id"]), at_home[one["file"]])

    def _name_for(self, folder: Path, path: Path, digest: str) -> str:
        """Return under which name it is put away: its own, where no other file has it."""
        name = short_name(path.name)
        other = folder / name
        if not os.path.lexists(other) or (digest and _digest_of(other) == digest):
            return name
        suffix = digest or f"{path.lstat().st_ino:012x}"
        return f"{name}.{suffix[:_SUFFIX_CHARS]}"


def _written_ms(mtime_ns: int) -> int:
    """Return when a file was written; now, where its time is none that a new record may have."""
    now_ms, written_ms = unix_ms(), mtime_ns // 1_000_000
    return written_ms if written_ms <= now_ms and is_for_new(written_ms, now_ms) else now_ms


def _refuse_homeless(found: Found) -> None:
    if not found.folder:
        raise Refused(Reason.UNKNOWN_RECIPIENT, "it lies in no folder of a partner: out/XX/NAME")


def _files_told(result: Path, digest: str) -> list[dict[str, Any]]:
    """Return what was told of the files of a message before this process was killed."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(result.read_bytes())
        if digest and told["sha256"] == digest:
            return list(told["files"])
    return []


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _result(judged: Judged) -> dict[str, object]:
    found, answer = judged.found, judged.answer
    reason = answer.reason.label if answer.reason else None
    return {
        "file": shown(found.path.name),
        "recipient": shown(found.folder) or None,
        "status": answer.status,
        "record_id": answer.record_id.hex() or None,
        "reason": reason,
        "faults": list(answer.faults),
        "cure": cure_of(reason) if reason else None,
        "warnings": list(judged.warnings),
        "foreseen": [one.plain for one in answer.foreseen],
        "original": judged.original,
        "files": list(judged.files),
        "sha256": judged.digest or None,
        "answered": stamp(unix_ms()),
    }


def stamp(unix_ms: int) -> str:
    """Return a time as it stands in files of ours: "2026-11-25T20:48:15.123Z"."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )  # fmt: skip
