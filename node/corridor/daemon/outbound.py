"""The sending side's rhythm: gather, decide, record, release, tell (plan §2).

Rules:

* nothing leaves before it is recorded; memory changes only after the commit;
* several envelopes for several peers share one transaction;
* one peer that cannot be reached costs the others nothing: it has a gate of its own;
* every method is called in one thread; `step` does all that may be done now and says when it
  wants to be called again. It never waits.

Example:
    >>> outbound.start(now_ms)                                    # doctest: +SKIP
    >>> next_ms = outbound.step(now_ms, publish)                  # doctest: +SKIP
"""

import threading
from collections.abc import Callable, Container, Iterable, Sequence
from random import random

from corridor.daemon.noting import Noting
from corridor.daemon.releasing import Publish, Releasing
from corridor.daemon.sealing import Kept, Sealing
from corridor.daemon.timers import Timers
from corridor.daemon.ways import Ways
from corridor.exchange.correspondent import NEVER_MS, Correspondent
from corridor.exchange.cues import (
    Cue,
    Doubted,
    HandedOn,
    NobodyObserves,
    Observer,
    PeerWindow,
    RestoreSeen,
)
from corridor.exchange.hearing import hear
from corridor.exchange.outgoing import resumed_flight
from corridor.exchange.parts import REAL_SEALS, Identity, Seals, Trust
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.repair import GateCue, resumed
from corridor.exchange.streams import Reception
from corridor.exchange.values import Family, InStream, Lane
from corridor.store.port import Store, Transaction
from corridor.transit.parties import Endpoint

_REFRESH_MS = 60_000
"""How often agreements are looked at again: they begin and end at a time."""
_CLOCK_STEP_MS = 10_000
"""How far a clock may be put back without any timer being worth a new start."""


class Outbound:
    """Sends to all peers."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: Store,
        identity: Callable[[], Identity],
        trust: Callable[[], Trust],
        *,
        seals: Seals = REAL_SEALS,
        policy: ExchangePolicy | None = None,
        draw: Callable[[], float] = random,
        observe: Observer | None = None,
        ended: Callable[[int], int | None] = lambda _: None,
    ) -> None:
        """Keep the collaborators; nothing is read before `start`."""
        self._ended = ended
        self._store = store
        self._identity = identity
        self._trust = trust
        self._seals = seals
        self._policy = policy or ExchangePolicy()
        self._draw = draw
        self._observe = observe or NobodyObserves()
        self._peers: dict[Endpoint, Correspondent] = {}
        self.sealing = threading.Lock()
        """Held from reading what waits until it is recorded as sealed."""
        self.paused: Container[Endpoint] = ()  # records for these wait
        self._noting = Noting(self._policy.handover_gap_ms)
        self._owner: dict[bytes, Correspondent] = {}
        """Whose envelope it is, from its publishing to the broker's answer."""
        self._active: set[Endpoint] = set()
        self._timers = Timers()
        self._ways = Ways(self._observe, self._noting)
        self._link = self._doubt = False
        self._seen_trust: Trust | None = None
        self._refresh_ms = 0
        self._latest_ms = 0

    # -- from outside

    def start(self, now_ms: int) -> None:
        """Load what is under way and open an epoch for every partner."""
        for peer in self._store.peers():
            self._peer(peer, now_ms)
        for peer in self._store.peers_owed():
            self._peer(peer, now_ms).dues.receipt = True
        self._refresh(now_ms)

    def on_link_ready(self, now_ms: int) -> None:
        """Our broker can be reached."""
        self._link = True
        self._refresh_ms = min(self._refresh_ms, now_ms)

    def on_link_lost(self, now_ms: int) -> None:
        """Our broker cannot be reached; what was not confirmed leaves again later."""
        self._link = False
        self._owner.clear()
        for peer in self._peers.values():
            self._ways.lost(peer.peer, peer.link_lost(now_ms))

    def on_confirmed(self, ids: Iterable[bytes], now_ms: int) -> None:
        """Our broker has these envelopes."""
        for envelope_id in ids:
            peer = self._owner.pop(envelope_id, None)
            if peer is not None:
                self._noting.confirmed(peer.flights.get(envelope_id), now_ms)
                peer.confirmed(envelope_id, now_ms)
                self._active.add(peer.peer)

    def on_returned(self, ids: Iterable[bytes], now_ms: int) -> None:
        """These envelopes reached no queue."""
        self._came_back(ids, GateCue.RETURNED, now_ms)

    def on_nacked(self, ids: Iterable[bytes], now_ms: int) -> None:
        """Our broker refused these envelopes."""
        self._came_back(ids, GateCue.NACKED, now_ms)

    def on_absent(self, ids: Iterable[bytes], now_ms: int) -> None:
        """Our broker has no exchange for these envelopes."""
        self._came_back(ids, GateCue.ABSENT, now_ms)

    def on_unconfirmed(self, ids: Iterable[bytes], now_ms: int) -> None:
        """Our broker answers, but not for these envelopes; it may still do so."""
        self._came_back(ids, GateCue.UNCONFIRMED, now_ms)

    def _came_back(self, ids: Iterable[bytes], cue: GateCue, now_ms: int) -> None:
        back = [(one, peer) for one in ids if (peer := self._owner.get(one)) is not None]
        for envelope_id, peer in back:
            if cue is not GateCue.UNCONFIRMED:  # an answer may come yet
                self._owner.pop(envelope_id, None)
            peer.came_back(envelope_id, cue, now_ms, self._draw())
            self._active.add(peer.peer)
        self._ways.back((peer for _, peer in back), cue)

    def cues(self, cues: Sequence[Cue], now_ms: int) -> None:
        """Take in what the receiving side has recorded."""
        for cue in cues:
            if isinstance(cue, Doubted):
                self._catch_up(now_ms)
                continue
            if isinstance(cue, HandedOn):
                self._noting.handed_on(now_ms)
                continue
            peer = self._peer(cue.peer, now_ms)
            if hear(peer, cue, now_ms):
                self._observe.tell(RestoreSeen(cue.peer, ours=True))
            if peer.dues.handover_again:
                peer.dues.handover_again = False
                self._noting.lost(cue.peer, now_ms)
            self._active.add(cue.peer)

    def windows(self) -> tuple[PeerWindow, ...]:
        """Return how the sending to each peer stands; any thread."""
        return tuple(self._ways.windows.values())

    def step(self, now_ms: int, publish: Publish) -> int:
        """Do all that may be done now; return when to call again (`now_ms`: at once).

        Raises:
            StoreLost: Nothing may leave any more; a new start finds what the disk has.
            StoreTrouble: Nothing of this step was recorded; what was recorded before may leave
                with the next step.
        """
        self._mind_the_clock(now_ms)
        if self._trust() is not self._seen_trust or now_ms >= self._refresh_ms:
            self._refresh(now_ms)
        self._noting.write_alone(self._store, now_ms)
        if not self._link:
            return self._refresh_ms
        if self._doubt:
            self._reload_changed(now_ms)
        for endpoint in self._noting.to_tell(self._store, now_ms):
            self._peer(endpoint, now_ms).dues.handover = True
            self._active.add(endpoint)
        self._ring(now_ms)
        active, self._active = self._active, set()
        try:
            with self.sealing:
                fresh, more = self._record(active, now_ms)
        except BaseException:
            self._active |= active
            self._doubt = True  # a failed commit may have been kept all the same
            raise
        active.update(kept.envelope.peer for kept in fresh)
        if fresh:
            self._store.make_durable()  # and with it whatever it follows from
        full = self._release(fresh, active, now_ms, publish)
        self._after(active, now_ms)
        if (more or self._active) and not full:
            return now_ms
        return max(now_ms + 1, min(self._timers.next_ms, self._refresh_ms, self._noting.due_ms))

    # -- gather

    def _peer(self, endpoint: Endpoint, now_ms: int) -> Correspondent:
        peer = self._peers.get(endpoint)
        if peer is None:
            with self._store.reading() as view:
                stream = view.out_stream(endpoint)
                epochs, gate = view.in_streams(endpoint), view.gate(endpoint)
            peer = Correspondent(endpoint, self._policy, stream.last, now_ms)
            peer.breaker = resumed(gate, now_ms, self._policy)
            self._ways.found(endpoint, gate)
            # control of former epochs is asked for, if it is missed: StreamOpen shows the gap
            for envelope in self._store.unreceipted(endpoint):
                if envelope.family is Family.DATA:
                    peer.add(resumed_flight(envelope, now_ms, self._policy))
            _watch(peer, epochs, now_ms)
            peer.dues.ask_the_store()
            self._peers[endpoint] = peer
            self._allow(peer, now_ms)
            self._active.add(endpoint)
        return peer

    def _mind_the_clock(self, now_ms: int) -> None:
        """Start anew where the clock was put back: no time in memory means anything then."""
        if now_ms < self._latest_ms - _CLOCK_STEP_MS:
            self._start_anew(now_ms)
        self._latest_ms = now_ms

    def _catch_up(self, now_ms: int) -> None:
        """Learn from the store what the receiving side could not tell."""
        for endpoint, peer in self._peers.items():
            with self._store.reading() as view:
                epochs = view.in_streams(endpoint)
            unreceipted = {one.envelope_id for one in self._store.unreceipted(endpoint)}
            for envelope_id, flight in list(peer.flights.items()):
                if flight.is_data and envelope_id not in unreceipted:
                    peer.drop(envelope_id)
            peer.dues.watches.clear()
            _watch(peer, epochs, now_ms)
            peer.dues.ask_the_store(status=True)
        for endpoint in self._store.peers_owed():
            self._peer(endpoint, now_ms).dues.receipt = True
        self._touch_all()

    def _start_anew(self, now_ms: int) -> None:
        self._peers.clear()
        self._timers = Timers()
        self._active.clear()
        self._owner.clear()
        self.start(now_ms)

    def _reload_changed(self, now_ms: int) -> None:
        """Forget the peers for whom the store holds more than memory does: they start anew."""
        for endpoint, peer in list(self._peers.items()):
            with self._store.reading() as view:
                last = view.out_stream(endpoint).last
            if last.epoch > peer.before.epoch and last.envelope_id != peer.head.envelope_id:
                del self._peers[endpoint]
                self._peer(endpoint, now_ms).dues.receipt = True
        self._doubt = False

    def _refresh(self, now_ms: int) -> None:
        """Look at directory and agreements again."""
        trust, turn_ms = self._trust(), self._ended(now_ms)
        for endpoint in trust.partners(self._identity().endpoint, now_ms):
            self._peer(endpoint, now_ms)
        for peer in self._peers.values():
            self._allow(peer, now_ms)
            if trust is not self._seen_trust:
                peer.learnt()
        self._seen_trust = trust
        self._refresh_ms = min(now_ms + _REFRESH_MS, turn_ms or NEVER_MS)
        self._touch_all()

    def _allow(self, peer: Correspondent, now_ms: int) -> None:
        me = self._identity().endpoint
        peer.allowed = self._trust().control_allowed(me, peer.peer, now_ms)

    def _touch_all(self) -> None:
        self._active.update(self._peers)

    def _ring(self, now_ms: int) -> None:
        """Wake those whose time has come."""
        self._active.update(self._timers.rung(now_ms))
        for endpoint in self._active:
            self._peers[endpoint].wake_up(now_ms)

    # -- record

    def _record(self, active: set[Endpoint], now_ms: int) -> tuple[list[Kept], bool]:
        """Seal what may leave; returns it, and whether more could be sealed at once."""
        controls, anew = self._owing(active, now_ms)
        waiting = [
            (peer, lane)
            for endpoint, lane in self._store.lanes_waiting()
            if endpoint not in self.paused and (peer := self._peer(endpoint, now_ms)).can_seal
            and peer.has_room(lane)
        ]  # fmt: skip
        involved = dict.fromkeys([*controls, *anew, *(peer for peer, _ in waiting)])
        if not involved:
            return [], False
        for peer in involved:
            peer.put_clock_right(now_ms)
        with self._store.reading() as view:
            sealing = self._sealing(view, now_ms)
            # an epoch begins with its StreamOpen, whatever else waits
            unannounced = [peer for peer in involved if not peer.dues.announced]
            for peer in dict.fromkeys([*unannounced, *controls]):
                if sealing.can(peer):
                    sealing.control(peer)
            self._seal_anew(sealing, anew)
            more = self._seal_lanes(sealing, waiting)
        if not sealing.is_empty:
            with self._store.transaction(durable=False) as change:
                sealing.record(change)
                self._noting.write(change)
            self._noting.written(now_ms)
        sealing.apply()
        for peer, reason in sealing.blocked.items():
            peer.block(reason, now_ms)
            active.add(peer.peer)  # to be told of, and tried again in time
        return sealing.kept, more

    def _owing(
        self, active: Iterable[Endpoint], now_ms: int
    ) -> tuple[list[Correspondent], list[Correspondent]]:
        """Return the peers to which control is due, and those with something to seal anew."""
        # sorted: what a schedule of mishaps shows must show again
        peers = [peer for peer in map(self._peers.__getitem__, sorted(active)) if peer.can_seal]
        due = ((peer, peer.control_due_ms()) for peer in peers)
        controls = [peer for peer, due_ms in due if due_ms is not None and due_ms <= now_ms]
        anew = [peer for peer in peers if peer.to_seal_anew() and peer.anew.due_ms <= now_ms]
        return controls, anew

    def _sealing(self, view: Transaction, now_ms: int) -> Sealing:
        return Sealing(
            view,
            identity=self._identity(),
            trust=self._trust(),
            seals=self._seals,
            policy=self._policy,
            now_ms=now_ms,
        )

    def _seal_anew(self, sealing: Sealing, peers: Sequence[Correspondent]) -> None:
        for peer in peers:
            if sealing.can(peer):
                for position in peer.to_seal_anew():
                    sealing.anew(peer, position, peer.anew.positions[position])

    def _seal_lanes(self, sealing: Sealing, waiting: Sequence[tuple[Correspondent, Lane]]) -> bool:
        """Seal waiting records, URGENT of all peers first; returns whether more could be."""
        todo, bulk = sorted(waiting, key=lambda item: item[1]), self._policy.bulk_per_step
        while todo:
            again: list[tuple[Correspondent, Lane]] = []
            for peer, lane in todo:
                if len(sealing.kept) >= self._policy.envelopes_per_step or not bulk:
                    return True
                if sealing.can(peer) and sealing.has_room(peer, lane) and sealing.data(peer, lane):
                    again.append((peer, lane))
                    bulk -= lane is Lane.BULK
            todo = again
        return False

    # -- release

    def _release(
        self, fresh: Sequence[Kept], active: set[Endpoint], now_ms: int, publish: Publish
    ) -> bool:
        """Publish what is recorded; returns whether the publisher takes nothing more."""
        for kept in fresh:
            self._observe.tell(kept.event)
        releasing = Releasing(self._store, self._seals, self._policy, self._owner, now_ms, publish)
        releasing.fresh(fresh)
        releasing.again([self._peers[endpoint] for endpoint in sorted(active)])
        for event in releasing.events:
            self._observe.tell(event)
        self._active.update(peer.peer for peer in releasing.unfinished)
        if releasing.full:
            self._active.update(active)
        return releasing.full

    def _after(self, active: Iterable[Endpoint], now_ms: int) -> None:
        """Note when each peer wants to be woken, and tell how the way to it is."""
        for endpoint in active:
            peer = self._peers[endpoint]
            wake_ms = max(peer.wake_ms(), now_ms + 1)
            if wake_ms < NEVER_MS:
                self._timers.set(endpoint, wake_ms)
            self._ways.look(peer, now_ms)
        self._timers.sweep()


def _watch(peer: Correspondent, epochs: Sequence[InStream], now_ms: int) -> None:
    for epoch in epochs:
        gaps = Reception.of(epoch).gaps()
        peer.dues.watch(epoch.epoch, gaps, urgent=False, now_ms=now_ms, policy=peer.policy)
