"""Writes files of partners into `in/`: `in/XX/CURSOR-ID.files/NAME`, beside `CURSOR-ID.json`.

Rules:

* a file is there whole under its name, or not at all; its JSON is written after it;
* a large one is written some megabytes at a turn, so that what goes out is not held up;
* a name comes from a partner: nothing of it leads out of the folder, or hides the file.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from corridor.daemon.logs import event_logger
from corridor.daemon.service import NodeService
from corridor.errors import AttachmentTrouble
from corridor.gateway.spool.files import make_folder, short_name, shown
from corridor.gateway.spool.layout import Layout
from corridor.seal.chunks import chunk_count
from corridor.store.syncing import sync
from corridor.store.values import InboxRecord
from corridor.wire.attachments import read_manifest
from corridor.wire.limits import MIB

_AT_ONCE: Final = 32 * MIB


def safe_name(name: str) -> str:
    """Return a file's name that a partner chose, as it may stand in a folder of ours."""
    text = shown(name.replace("/", "_").replace("\\", "_"))
    return short_name(f"_{text[1:]}" if text.startswith(".") else text or "_")


class Arriving:
    """The file that is being written; one at a time, in the order of the inbox."""

    def __init__(self, layout: Layout, service: NodeService) -> None:
        """Write files that `service` has."""
        self._layout = layout
        self._service = service
        self._steps: Iterator[int] | None = None
        self._of: bytes = b""

    def bring(self, one: InboxRecord, folder: Path) -> tuple[bool, str | None]:
        """Go on with the file of a manifest; returns whether that is all, and the file's name.

        No name where the file is not beside the store any more.

        Raises:
            OSError: It was not written; it is begun anew.
        """
        place = folder / safe_name(read_manifest(one.entry).name)
        if self._steps is None or self._of != one.record_id:
            self._steps, self._of = self._write(one, place), one.record_id
        left = _AT_ONCE
        try:
            for count in self._steps:
                left -= count
                if left <= 0:
                    return False, None
        except AttachmentTrouble as trouble:
            event_logger().error("attachment.gone", record_id=one.record_id, cause=trouble.message)
            self._steps = None
            return True, None
        except BaseException:
            self._steps = None
            raise
        self._steps = None
        return True, place.name

    def _write(self, one: InboxRecord, place: Path) -> Iterator[int]:
        attachments = self._service.attachments
        manifest, content = attachments.read(one.record_id, 0)
        make_folder(place.parent, self._layout.folder_mode)
        partial = place.with_name(f".{place.name}.part")
        with _made(partial, self._layout.file_mode) as out:
            out.write(content)
            for index in range(1, chunk_count(manifest.size)):
                content = attachments.read(one.record_id, index)[1]
                out.write(content)
                yield len(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(place)
        sync(place.parent)
        sync(place.parent.parent)


def _made(partial: Path, mode: int) -> IO[bytes]:
    with suppress(FileNotFoundError):
        partial.unlink()  # of a process that was killed
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(partial, flags, mode)
    os.fchmod(handle, mode)
    return os.fdopen(handle, "wb")
