"""From records to files: what partners sent is written into `in/`, and acknowledged.

Rules:

* a record is `in/XX/CURSOR-ID.json`, with `.xml` beside it where it is a message of a standard; the
  JSON is written last: where it stands, everything of the record stands;
* the name holds the record's id: written again, it is the same file;
* acknowledged is what is durable in the folder, or, where configured so, what was taken away.
"""

import re
from collections.abc import Iterator
from typing import Final

from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.service import NodeService
from corridor.gateway.deliveries import delivery, original_of, record_in
from corridor.gateway.spool.files import as_json, make_folder, write_beside
from corridor.gateway.spool.layout import Layout
from corridor.store.values import InboxRecord

_BATCH: Final = 64
_CURSOR: Final = "spool.inbox"
_NAME: Final = re.compile(r"(\d{12,19})-[0-9a-f]{32}\.json")


class InTray:
    """Writes what partners sent into `in/`."""

    def __init__(
        self,
        layout: Layout,
        service: NodeService,
        metrics: GatewayMetrics,
        *,
        when_removed: bool,
        max_unread: int,
    ) -> None:
        """Write records of `service`, until `max_unread` files wait to be taken away."""
        self._layout = layout
        self._service = service
        self._metrics = metrics
        self._when_removed = when_removed
        self._max_unread = max_unread
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
        for one in found:
            self._write(one)
        last = found[-1].cursor
        self._service.handed(last)
        self._service.note(_CURSOR, last.to_bytes(8))
        if self.acknowledges and not self._when_removed:
            self._service.acknowledge(last, "spool")
        self._metrics.spool_written(len(found))
        return len(found) == _BATCH

    def _write(self, one: InboxRecord) -> None:
        folder = self._layout.inbound / one.peer.country
        make_folder(folder, self._layout.folder_mode)
        stem = f"{one.cursor:012d}-{one.record_id.hex()}"
        original = original_of(record_in(one))
        if original is not None:
            write_beside(folder / f"{stem}.xml", original, self._layout.file_mode)
        content = {**delivery(one), "xml": f"{stem}.xml" if original is not None else None}
        write_beside(folder / f"{stem}.json", as_json(content), self._layout.file_mode)

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
