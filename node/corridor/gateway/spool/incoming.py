"""From records to files: what partners sent is written into `in/`, and acknowledged.

Rules:

* a record is `in/XX/CURSOR-ID.json`, with `.xml` beside it where it is a message of a standard; the
  JSON is written last: where it stands, everything of the record stands;
* where this country's standard cannot say all of it, `.report.txt` stands beside it, for people;
* a file of a partner is in `in/XX/CURSOR-ID.files/`, whole, before its JSON, which names it;
* the name holds the record's id: written again, it is the same file;
* acknowledged is what is durable in the folder, or, where configured so, what was taken away.
"""

import re
from collections.abc import Iterator
from typing import Final

from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.service import NodeService
from corridor.gateway.deliveries import delivery, original_of, record_in
from corridor.gateway.national import National
from corridor.gateway.spool.arriving import Arriving
from corridor.gateway.spool.files import as_json, make_folder, write_beside
from corridor.gateway.spool.layout import Layout
from corridor.gateway.spool.scan import ENDING
from corridor.store.values import InboxRecord
from corridor.wire.batches import ATTACHMENT

_BATCH: Final = 64
_CURSOR: Final = "spool.inbox"
_NAME: Final = re.compile(r"(\d{12,19})-[0-9a-f]{32}\.json")


class InTray:
    """Writes what partners sent into `in/`."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        layout: Layout,
        service: NodeService,
        metrics: GatewayMetrics,
        *,
        when_removed: bool,
        max_unread: int,
        national: National | None = None,
    ) -> None:
        """Write records of `service`, until `max_unread` files wait to be taken away.

        `national` says in which standard; without one a message is given as it came.
        """
        self._layout = layout
        self._service = service
        self._metrics = metrics
        self._when_removed = when_removed
        self._max_unread = max_unread
        self._national = national if national and national.delivers else None
        self._arriving = Arriving(layout, service)
        self._held = False
        """Whether a file is being written: what came behind it waits for its turn."""
        self.full = False
        """Whether nothing more is written until files are taken away."""

    @property
    def acknowledges(self) -> bool:
        """Whether it speaks for the national system, or only follows."""
        return self._service.acknowledged_by == "spool"

    def turn(self) -> bool:
        """Write what is new; returns whether there is more to do now.

        Raises:
            OSError: Something was not written; it is written at the next turn.
            StoreTrouble: The node could not note it.
        """
        self._held = False
        noted = self._service.note_of(_CURSOR)
        cursor = int.from_bytes(noted) if noted else self._service.acknowledged()
        if self._when_removed and self.acknowledges:
            self._acknowledge_removed(cursor)
        found = self._service.take(cursor, _BATCH, 0)
        if not found:
            self.full = False
            return False
        self.full = sum(1 for _ in self._unread()) >= self._max_unread
        if self.full:
            return False
        written = [one for one in found if self._write_next(one)]
        if not written:
            return True
        last = written[-1].cursor
        self._service.handed(last)
        self._service.note(_CURSOR, last.to_bytes(8))
        if self.acknowledges and not self._when_removed:
            self._service.acknowledge(last, "spool")
        self._metrics.spool_written(len(written))
        return len(found) == _BATCH or len(written) < len(found)

    def _write_next(self, one: InboxRecord) -> bool:
        """Write a record, unless one before it waits for its file; whether it is written."""
        if self._held:
            return False
        self._held = not self._write(one)
        return not self._held

    def _write(self, one: InboxRecord) -> bool:
        """Write a record; False where its file is not written to its end yet."""
        folder = self._layout.inbound / one.peer.country
        stem = f"{one.cursor:012d}-{one.record_id.hex()}"
        named: dict[str, str | None] = {}
        if one.record_type == ATTACHMENT:
            beside = folder / f"{stem}{ENDING}"
            is_whole, name = self._arriving.bring(one, beside)
            if not is_whole:
                return False
            named["file"] = f"{beside.name}/{name}" if name else None
        make_folder(folder, self._layout.folder_mode)
        document, report = self._message(one)
        for suffix, said in (("xml", document), ("report.txt", report)):
            place = folder / f"{stem}.{suffix}"
            if said is not None:
                write_beside(place, said, self._layout.file_mode)
            elif place.exists():  # of a turn that was cut off under another configuration
                place.unlink()
        named["xml"] = f"{stem}.xml" if document is not None else None
        if self._national is not None:
            named["report"] = f"{stem}.report.txt" if report is not None else None
        content = as_json({**delivery(one), **named})
        write_beside(folder / f"{stem}.json", content, self._layout.file_mode)
        return True

    def _message(self, one: InboxRecord) -> tuple[bytes | None, bytes | None]:
        """Return the message beside a record, and the account of what it cannot say."""
        if self._national is None:
            return original_of(record_in(one)), None
        made = self._national.message(one)
        return made.document, None if made.report.silent else made.report.as_text().encode()

    def _acknowledge_removed(self, written: int) -> None:
        oldest = min(self._unread(), default=written + 1)
        up_to = min(written, oldest - 1)
        if up_to > self._service.acknowledged():
            self._service.acknowledge(up_to, "spool")

    def _unread(self) -> Iterator[int]:
        for place in self._layout.inbound.glob("*/*.json"):
            found = _NAME.fullmatch(place.name)
            if found is not None:
                yield int(found[1])
