"""Serves the chunks that partners ask for (PROTOCOL §13.3).

Rules:

* it stands between the publisher and whoever else publishes: what carries a chunk or an ask is its
  own, everything else is passed on; all in the publisher's loop thread;
* a sender keeps nothing in mind: which chunks are wanted is the asker's affair, who asks again for
  what did not come;
* few chunks are with our broker at a time, so that a record that somebody waits for goes between;
* once a partner is paused no further chunk is given to the broker: the four that it has may leave.
"""

from collections import OrderedDict
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from corridor.daemon.attachment_metrics import AttachmentMetrics
from corridor.daemon.logs import event_logger
from corridor.errors import LinkTrouble, Refused, StoreTrouble
from corridor.seal.chunks import Ask, Chunk, ChunkKeys, ChunkTree, is_proved, parse_ask
from corridor.store.chunk_files import ChunkFiles, OwnFile
from corridor.store.port import Store
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.broker import Publisher, PublisherEvents
from corridor.wire.attachments import manifest_in
from corridor.wire.limits import MAX_ASKED_CHUNKS

_UNCONFIRMED: Final = 4
"""Chunks to one partner that await our broker's confirm: 1 MiB."""
_FILES_KNOWN: Final = 16
"""Files whose tree is in memory: 8 MiB at most."""


class _Token(NamedTuple):
    """What is published and has not met its end."""

    country: CountryCode
    name: tuple[bytes, int] | None
    """Record id and chunk; None for an ask."""


@dataclass(slots=True)
class _Served:
    """A file that a partner fetches."""

    peer: Endpoint
    keys: ChunkKeys
    file: OwnFile
    tree: ChunkTree
    asked_ms: int = -1


@dataclass(slots=True)
class _Partner:
    """What one partner has asked for."""

    queue: "OrderedDict[tuple[bytes, int], None]" = field(default_factory=OrderedDict)
    flying: set[tuple[bytes, int]] = field(default_factory=set)


class ChunkSending:
    """Events of a publisher on their way to others; what is published for attachments."""

    def __init__(
        self, store: Store, files: ChunkFiles, metrics: AttachmentMetrics | None = None
    ) -> None:
        """Serve files of ours from `files`; their manifests are in `store`."""
        self._metrics = metrics or AttachmentMetrics()
        self._store = store
        self._files = files
        self.paused: Container[Endpoint] = ()
        """To whom an operator lets nothing be sent."""
        self._events: PublisherEvents | None = None
        self._publisher: Publisher | None = None
        self._partners: dict[CountryCode, _Partner] = {}
        self._served: OrderedDict[tuple[CountryCode, bytes], _Served] = OrderedDict()

    def before(self, events: PublisherEvents) -> "ChunkSending":
        """Pass on to `events` what is not about attachments; once, before anything starts."""
        self._events = events
        return self

    def attach(self, publisher: Publisher) -> None:
        """Use this publisher; once, before it is started."""
        self._publisher = publisher

    # -- from other threads

    def asked(self, country: CountryCode, frame: bytes) -> None:
        """Take an ask of a partner; any thread."""
        self._call(lambda: self._take(country, frame))

    def say(self, peer: Endpoint, frame: bytes, record_id: bytes) -> None:
        """Send an ask of ours; it may be lost, and is repeated by whoever wants the chunks."""
        if peer not in self.paused:
            token = _Token(peer.country, None)
            self._call(lambda: self._publish(token, frame, record_id.hex()))

    def _call(self, action: Callable[[], object]) -> None:
        try:
            if self._publisher is not None:
                self._publisher.call(lambda: (action(), None)[1])
        except LinkTrouble:  # its loop has ended, and with it the node
            return

    # -- in the loop thread

    def _take(self, country: CountryCode, frame: bytes) -> None:
        try:
            ask = parse_ask(frame)
            served = self._find(country, ask)
        except (Refused, StoreTrouble) as error:
            event_logger().warning("ask.refused", link=country, cause=str(error))
            return
        if served is None or not is_proved(frame, served.keys.ask_key):
            event_logger().info("ask.passed_over", link=country)
            return
        if ask.asked_ms <= served.asked_ms or served.peer in self.paused:
            return  # a repeat: brokers deliver twice
        served.asked_ms = ask.asked_ms
        partner = self._partners.setdefault(country, _Partner())
        for index in ask.chunks:
            name = (ask.record_id, index)
            if name not in partner.flying and len(partner.queue) < 2 * MAX_ASKED_CHUNKS:
                partner.queue[name] = None
        self._serve(country, partner)

    def _find(self, country: CountryCode, ask: Ask) -> _Served | None:
        name = (country, ask.record_id)
        found = self._served.get(name)
        if found is None:
            for sent in self._store.submitted(ask.record_id):
                if sent.peer.country == country and sent.entry:
                    found = self._open(sent.peer, sent.entry, ask.record_id)
        if found is not None:
            self._served[name] = found
            self._served.move_to_end(name)
            while len(self._served) > _FILES_KNOWN:
                self._served.popitem(last=False)
        return found

    def _open(self, peer: Endpoint, entry: bytes, record_id: bytes) -> _Served | None:
        manifest = manifest_in(entry)
        if manifest is None:
            return None
        file = self._files.own(manifest.attachment_id, manifest.size)
        file.add(record_id)  # a record that was sent anew has an id of its own
        try:
            tree = ChunkTree(file.leaves())
        except OSError:
            event_logger().error(
                "attachment.gone", attachment_id=manifest.attachment_id,
                cure="its file is not beside the store; send it anew",
            )  # fmt: skip
            return None
        keys = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size)
        return _Served(peer, keys, file, tree)

    def _serve(self, country: CountryCode, partner: _Partner) -> None:
        while partner.queue and len(partner.flying) < _UNCONFIRMED:
            name, _ = partner.queue.popitem(last=False)
            served = self._served.get((country, name[0]))
            if served is not None and served.peer in self.paused:
                partner.queue.clear()  # a pause holds at once; they are asked for again after it
                return
            sealed = served.file.read(name[1]) if served is not None else None
            if served is None or sealed is None:
                continue  # it is asked for again
            chunk = Chunk(served.keys.attachment_id, name[1], served.tree.path(name[1]), sealed)
            message_id = f"{name[0].hex()}.{name[1]}"
            if not self._publish(_Token(country, name), chunk.to_frame(), message_id):
                partner.queue[name] = None
                partner.queue.move_to_end(name, last=False)
                return
            partner.flying.add(name)
            self._metrics.sent(served.peer, len(sealed))

    def _publish(self, token: _Token, frame: bytes, message_id: str) -> bool:
        publisher = self._publisher
        return publisher is not None and publisher.publish(token, token.country, frame, message_id)

    def _ended(self, tokens: Sequence[object], *, well: bool) -> list[object]:
        """Take what is ours out of what met its end; returns the rest."""
        touched: dict[CountryCode, _Partner] = {}
        for token in tokens:
            if isinstance(token, _Token) and (partner := self._partners.get(token.country)):
                touched[token.country] = partner
                if token.name is not None:
                    partner.flying.discard(token.name)
        for country, partner in touched.items():
            if well:
                self._serve(country, partner)
            else:
                partner.queue.clear()  # the way is shut: it is asked for again
        return [token for token in tokens if not isinstance(token, _Token)]

    # -- events of the publisher

    def on_ready(self) -> None:
        """Connected."""
        self._next.on_ready()

    def on_lost(self, reason: str) -> None:
        """Disconnected: what was wanted is asked for again."""
        self._partners.clear()
        self._next.on_lost(reason)

    def on_failed(self, error: Exception) -> None:
        """End."""
        self._next.on_failed(error)

    def on_confirmed(self, tokens: Sequence[object]) -> None:
        """Our broker has these on disk."""
        if rest := self._ended(tokens, well=True):
            self._next.on_confirmed(rest)

    def on_returned(self, tokens: Sequence[object]) -> None:
        """These reached no queue."""
        if rest := self._ended(tokens, well=False):
            self._next.on_returned(rest)

    def on_nacked(self, tokens: Sequence[object]) -> None:
        """The broker refused these."""
        if rest := self._ended(tokens, well=False):
            self._next.on_nacked(rest)

    def on_absent(self, tokens: Sequence[object]) -> None:
        """The broker has no exchange for these."""
        if rest := self._ended(tokens, well=False):
            self._next.on_absent(rest)

    def on_unconfirmed(self, tokens: Sequence[object]) -> None:
        """The broker has not answered for these; it may still do so."""
        if rest := [token for token in tokens if not isinstance(token, _Token)]:
            self._next.on_unconfirmed(rest)

    def on_blocked(self, reason: str) -> None:
        """Our broker takes nothing more for now."""
        self._next.on_blocked(reason)

    def on_unblocked(self) -> None:
        """Our broker takes messages again."""
        self._next.on_unblocked()

    def on_room(self) -> None:
        """The publisher has room again."""
        for country, partner in self._partners.items():
            self._serve(country, partner)
        self._next.on_room()

    @property
    def _next(self) -> PublisherEvents:
        if self._events is None:
            raise RuntimeError("nobody to pass events on to")
        return self._events
