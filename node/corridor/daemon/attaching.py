"""Files that belong to records, put together for a node: kept, served, fetched, swept."""

import shutil
from collections.abc import Callable, Container, Iterable
from typing import Final

from prometheus_client import CollectorRegistry

from corridor.daemon.attachment_metrics import AttachmentMetrics
from corridor.daemon.attachments import Attachments
from corridor.daemon.chunk_fetching import ChunkFetching, Share
from corridor.daemon.chunk_sending import ChunkSending
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import NodeConfig
from corridor.daemon.logs import event_logger
from corridor.daemon.long_records import LongRecords
from corridor.daemon.sender import Sender
from corridor.daemon.service import NodeService
from corridor.exchange.cues import ReceiptOwed
from corridor.seal.chunks import ASK_MAGIC
from corridor.store.chunk_files import ChunkFiles
from corridor.store.port import Store
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.broker import Publisher, PublisherEvents
from corridor.wire.limits import MIB

FOLDER: Final = "attachments"
"""Beside the store."""
_NEARLY: Final = 0.9
"""Of a partner's share: what is taken beyond needs a person."""


class Attaching:
    """What of a node is about files."""

    def __init__(
        self,
        config: NodeConfig,
        store: Store,
        registry: CollectorRegistry,
        partners: Callable[[], Iterable[Endpoint]],
    ) -> None:
        """Keep files in a folder beside the store; what a node that died was writing goes."""
        self._metrics = AttachmentMetrics(registry)
        self._partners = partners
        said = config.attachments
        self._share = Share(said.per_partner_mib * MIB, said.per_partner_open)
        self._metrics.quota.set(self._share.stored_bytes)
        self._place = config.store.path.parent
        self._reserve = config.store.free_space_min_mib * MIB
        self._largest = config.attachments.largest_mib * MIB
        self._store = store
        self._files = ChunkFiles(self._place / FOLDER)
        self._files.drop_unfinished()
        self._sending = ChunkSending(store, self._files, self._metrics)
        self._long_records = LongRecords(store, self._files, has_room=self._has_room)
        self._fetching: ChunkFetching | None = None
        self._service: NodeService | None = None

    def before(self, events: PublisherEvents) -> PublisherEvents:
        """Return what a publisher tells, which passes on to `events` what is not about files."""
        return self._sending.before(events)

    def serve(
        self,
        publisher: Publisher,
        service: NodeService,
        sender: Sender,
        paused: Container[Endpoint],
    ) -> None:
        """Make what gateways call, and what fetches; once, before anything starts."""
        self._sending.attach(publisher)
        self._sending.paused = paused

        def told(peer: Endpoint) -> None:
            self._store.make_durable()
            sender.hear((ReceiptOwed(peer),))
            service.grown()

        fetching = ChunkFetching(
            self._store, self._files,
            say=self._sending.say, told=told,
            largest_bytes=self._largest, has_room=self._has_room,
            share=self._share, metrics=self._metrics,
        )  # fmt: skip
        service.long_records = self._long_records
        self._fetching, self._service = fetching, service
        service.attachments = Attachments(
            self._store, self._files,
            submit=service.submit, try_submit=service.would_submit,
            has_room=self._has_room, standing=fetching.standing,
            largest_bytes=self._largest, now_ms=unix_ms,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to fetch what is missing."""
        self.know_partners()
        self.sweep()
        if self._fetching is not None:
            self._fetching.start()

    def know_partners(self) -> None:
        """Count for those with whom there is an agreement."""
        self._metrics.know_peers(self._partners())

    def stop(self) -> None:
        """End; what is here is on the disk."""
        if self._fetching is not None:
            self._fetching.stop()

    def take(self, link: str, frame: bytes) -> None:
        """Take a chunk, or an ask, of a partner; consumer's loop thread."""
        if frame.startswith(ASK_MAGIC):
            self._sending.asked(CountryCode(link), frame)
        elif self._fetching is not None:
            self._fetching.take(link, frame)

    def look(self) -> None:
        """Look for manifests that came; any thread."""
        if self._fetching is not None:
            self._fetching.look()

    def sweep(self) -> None:
        """Remove files whose records were erased."""
        if self._service is None:
            return
        swept = self._service.attachments.sweep(self._long_records.busy)
        self._files.count_anew()
        if swept:
            event_logger().info("attachments.erased", count=swept)

    def attention(self) -> list[str]:
        """Return for each partner whose share of the disk is nearly taken a line for a person."""
        most = self._share.stored_bytes
        taken = ((peer, self._files.used(peer.country)) for peer in self._partners())
        return [
            f"files of {peer} take {used // MIB} of {most // MIB} MiB"
            " (`attachments.per_partner_mib`); what goes beyond is refused"
            for peer, used in taken
            if used > most * _NEARLY
        ]

    def _has_room(self, size: int) -> bool:
        return shutil.disk_usage(self._place).free >= size + self._reserve
