"""A whole node put together: the only module that names concrete classes side by side."""

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from corridor import __version__
from corridor.daemon.acceptances import Acceptances
from corridor.daemon.arrivals import Handled
from corridor.daemon.attaching import Attaching
from corridor.daemon.audit_watch import TrailWatch
from corridor.daemon.back_pressure import BackPressure
from corridor.daemon.backup import last_backup_ms
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import NodeConfig
from corridor.daemon.day_metrics import DayMetrics
from corridor.daemon.desk import Sending
from corridor.daemon.ended import Ended, GivenUp
from corridor.daemon.expiries import Expiries
from corridor.daemon.foresight import Foresight
from corridor.daemon.housekeeping import PARTS, keep_house
from corridor.daemon.inbound import Inbound
from corridor.daemon.keeping import Retention
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.node_parts import address_of, policy_of
from corridor.daemon.node_status import NodeStatus
from corridor.daemon.observe import NodeObserver
from corridor.daemon.opening import note, open_store
from corridor.daemon.outbound import Outbound
from corridor.daemon.parked import judge_parked
from corridor.daemon.pausing import Pauses
from corridor.daemon.peer_states import PeerStates
from corridor.daemon.preflight_metrics import PreflightMetrics
from corridor.daemon.quarantine_metrics import QuarantineCollector
from corridor.daemon.receiver import Receiver
from corridor.daemon.reconciler import Reconciler
from corridor.daemon.refusing import RefuseBy
from corridor.daemon.sender import Sender
from corridor.daemon.service import NodeService
from corridor.daemon.telling import Telling
from corridor.daemon.tracking import MovementTracker
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.daemon.watching import Surroundings, Watch
from corridor.daemon.web import WebServer
from corridor.errors import LinkTrouble
from corridor.exchange.parts import REAL_SEALS
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.broker import BrokerAddress
from corridor.transport.rabbitmq import (
    ConsumerSettings,
    PikaConsumer,
    PikaPublisher,
    PublisherSettings,
)

_STOP_S = 5.0
_HOURLY_S = 3600.0


class Node:
    """One node: store, trust, threads and the service for gateways."""

    failure: Exception | None = None
    """Why it cannot go on."""

    def __init__(self, config: NodeConfig, *, store_lost: bool = False) -> None:
        """Load keys, trust and store; nothing runs and nothing is connected yet.

        `store_lost`: an operator declares that the store is gone for good.

        Raises:
            CorridorError: Something of it cannot be used; the message names it and the cure.
        """
        self.config = config
        self.trust = TrustKeeper(config, unix_ms())
        self.metrics = NodeMetrics()
        self._observer = NodeObserver(self.metrics)
        self._store, self._record, self._news = open_store(config, self.trust, lost=store_lost)
        self._measure(config)
        self._outbound = Outbound(
            self._store, self.trust.identity, self.trust.current,
            seals=REAL_SEALS, policy=policy_of(config), observe=self._observer,
            ended=self._ended(),
        )  # fmt: skip
        self._inbound = Inbound(
            self._store, self.trust.identity, self.trust.current,
            seals=REAL_SEALS, policy=policy_of(config), observe=self._observer,
        )  # fmt: skip
        self.sender = Sender(self._outbound, self.metrics, self._failed)
        self._pauses = self._pause()
        self.receiver = Receiver(
            self._inbound, self.metrics,
            make_durable=self._store.make_durable,
            told=self._handled, adopt=self._adopt, failed=self._failed,
        )  # fmt: skip
        self._telling = Telling(self.sender)
        self._publisher, self._consumer = self._connect(address_of(config))
        self._peer_states, self._pressure = self._stand(config)
        self.service = self._serve(config)
        self.metrics.registry.register(DayMetrics(self._store, self._partners))
        self._watch = Watch(config, self._surroundings(), self.metrics.registry)
        self._reconciler = Reconciler(self._store, self.sender.hear, self._is_sure)
        self._retention = Retention(self._store, config.retention.keep_ms())
        self.trail = TrailWatch(config.store.path.parent, self._store, self.metrics)
        # gateways add what needs a person
        self.beside = [self._attaching.attention, self.trail.attention]
        self.web = WebServer(
            config.metrics.address, config.metrics.port,
            registry=self.metrics.registry, ready=self.ready, version=__version__,
        )  # fmt: skip
        self._standing = self._look_at_itself()
        self._hourly_at = time.monotonic() + _HOURLY_S

    def _ended(self) -> Ended:
        """Make what gives up what will not pass any more."""
        me, trust = self.config.endpoint, self.trust.current
        return Ended(self._store, me, trust, self._given_up, self._is_sure)

    def _measure(self, config: NodeConfig) -> None:
        """Tell of the store, and of backups where there are to be some."""
        self.metrics.watch_store(self._store.depths)
        if config.backup.public_key_file is not None:
            self.metrics.watch_backups()

    def _pause(self) -> Pauses:
        """Make what knows to whom nothing is sent."""
        pauses = Pauses(self._store, self._partners, unix_ms, self._outbound.sealing)
        self._outbound.paused = pauses
        pauses.changed = self.sender.wake
        return pauses

    def _stand(self, config: NodeConfig) -> tuple[PeerStates, BackPressure]:
        """Make what knows how partners stand, and what there is room for."""
        states = PeerStates(
            store=self._store, outbound=self._outbound, sender=self.sender,
            observer=self._observer, metrics=self.metrics, partners=self._partners,
            pauses=self._pauses,
        )  # fmt: skip
        return states, BackPressure(
            config.store, self._store, self.metrics, self._hold_inlet, unix_ms
        )

    @cached_property
    def acceptances(self) -> Acceptances:
        """What partners accept, and what is said for us."""
        made = Acceptances(
            self._store, self.trust.current, self.config.endpoint, unix_ms, self.sender.hear
        )
        self._observer.acceptance_taken = made.forget
        return made

    @cached_property
    def foresight(self) -> Foresight:
        """What looks by that before a record is kept."""
        made = Foresight(
            self.acceptances, self.trust.current, self.config.endpoint, unix_ms,
            refuses=self.config.standards.preflight == "refuse",
        )  # fmt: skip
        registry, held = self.metrics.registry, self.acceptances.held
        made.counted = PreflightMetrics(registry, held, self._partners).count
        return made

    def _serve(self, config: NodeConfig) -> NodeService:
        """Make what gateways call."""
        service = NodeService(
            me=config.endpoint,
            store=self._store,
            trust=self.trust.current,
            metrics=self.metrics,
            wake_sender=self.sender.wake,
            has_room=self._has_room,
            store_failed=self._pressure.store_failed,
            now_ms=unix_ms,
            lanes=config.lane_plan,
            acknowledged_by=config.acknowledged_by,
            timers=config.movements.timers(),
            pauses=self._pauses,
            sending=Sending(
                self._outbound.sealing, self.sender.hear, self._peer_states.way,
                lambda: self.sender.connected,
            ),
        )  # fmt: skip
        service.foresight = self.foresight
        self._attaching.serve(self._publisher, service, self.sender, self._pauses)
        self.receiver.chunk = self._attaching.take
        service.quarantine.judge = lambda: self._consumer.call(self.receiver.review)
        self.metrics.registry.register(QuarantineCollector(self._store, self._partners))
        return service

    def _look_at_itself(self) -> NodeStatus:
        """Make what tells how the node is."""
        expiries = Expiries(self.config, self._countries, self.trust.signs_until_ms)
        self.metrics.registry.register(expiries)
        standing = NodeStatus(
            config=self.config, store=self._store, trust=self.trust, sender=self.sender,
            receiver=self.receiver, observer=self._observer, peer_states=self._peer_states,
            pressure=self._pressure, watch=self._watch, quarantine=self.service.quarantine,
            metrics_port=lambda: self.web.port, beside=self.beside, expiries=expiries,
        )  # fmt: skip
        self.service.capacity = standing.capacity
        return standing

    def _surroundings(self) -> Surroundings:
        """What the watch over links and clock needs."""
        return Surroundings(
            self._store, self.trust.current, self.service.probe, lambda: self.sender.blocked,
            self.sender.wake, self._observer.last_heard_ms, self._observer.skews, self._pauses,
            self._observer.answers,
        )  # fmt: skip

    @cached_property
    def _attaching(self) -> Attaching:
        """What is about files that belong to records."""
        return Attaching(self.config, self._store, self.metrics.registry, self._partners)

    @cached_property
    def _tracker(self) -> MovementTracker:
        """What keeps the list of movements."""
        movements = self.config.movements
        way = RefuseBy(
            self.config.endpoint.country, movements.timers().stranger_ms, self.service.submit
        )
        return MovementTracker(
            self._store, self.service.movements, self.metrics,
            way if movements.refuse_strangers else None,
        )  # fmt: skip

    def _note(self) -> list[bytes]:
        """Note what was adopted or destroyed; returns frames to be handed on. Any thread."""
        return note(self._record, self.trust)

    def _connect(self, address: BrokerAddress) -> tuple[PikaPublisher, PikaConsumer]:
        """Make both connections, not dialled yet."""
        broker = self.config.broker
        sending = PublisherSettings(
            confirm_timeout_s=broker.confirm_timeout_s, reconnect_max_s=broker.reconnect_max_s
        )
        taking = ConsumerSettings(reconnect_max_s=broker.reconnect_max_s)
        publisher = PikaPublisher(address, self._attaching.before(self._telling), sending)
        consumer = PikaConsumer(address, self.receiver, self._countries(), taking)
        self.sender.attach(publisher)
        self._telling.attach(publisher)
        self.receiver.attach(consumer)
        return publisher, consumer

    def declare_restore(self) -> None:
        """Mark what was created until now as possibly handed on before; once, before `start`.

        Raises:
            StoreTrouble: It was not noted.
        """
        self._inbound.declare_restore(unix_ms())
        self._store.make_durable()
        event_logger().warning(
            "restore.declared", cure="leave --restored out at the next start",
        )  # fmt: skip

    def start(self) -> None:
        """Open an epoch with every partner and start the threads."""
        judge_parked(self._store)
        self._watch.look_at_clock()
        self._outbound.start(unix_ms())
        self.metrics.know_peers(self._partners())
        self._tell()
        self._telling.hand_on(self._news)
        self.web.start()
        self._publisher.start()
        self._consumer.start()
        self._attaching.start()
        self._watch.start()
        self.sender.wake()

    def stop(self) -> bool:
        """End every thread and close the store; returns whether it went in good order."""
        self._watch.stop()
        took = self._consumer.stop(_STOP_S)
        self._attaching.stop()
        sent = self._publisher.stop(_STOP_S)
        self.web.stop()
        self._store.close()
        return took and sent

    def reload(self) -> None:
        """Read trust statements and keys again.

        Raises:
            CorridorError: They do not fit; the node goes on with what it had.
        """
        self.trust.reload(unix_ms())
        self._trust_changed()
        self._hand_on(self._note())

    def housekeep(self) -> None:
        """Do what is due about once a second, each part by itself; main thread.

        Raises:
            KeyTrouble: A key file cannot be used.
            StoreTrouble: The store can be used no more.
        """
        parts = (
            self._pressure.measure, self._tell_ends, self._peer_states.measure,
            self._tracker.turn, lambda: self._reconciler.turn(unix_ms()), self.trail.turn,
            self._hourly, self._retain,
        )  # fmt: skip
        keep_house(tuple(zip(PARTS, parts, strict=True)), self.metrics.mistakes)

    def _tell_ends(self) -> None:
        """Tell the metrics until when things are good."""
        self.metrics.backup_last.set((last_backup_ms(self.config, unix_ms()) or 0) / 1000)
        self.metrics.directory_until.set(self.trust.current().expires_ms / 1000)
        self.metrics.key_until.set(self.trust.seals_until_ms(unix_ms()) / 1000)

    def _hourly(self) -> None:
        if time.monotonic() < self._hourly_at:
            return
        self._hourly_at = time.monotonic() + _HOURLY_S
        self.sender.run_in_loop(self._telling.tell_again)
        if self._is_sure(now_ms := unix_ms()):  # else in an hour
            self._retention.begin()
            self._store.prune(now_ms)
        self._attaching.sweep()

    def _retain(self) -> None:
        if self._is_sure(now_ms := unix_ms()) and (erased := self._retention.step(now_ms)):
            event_logger().info("records.erased", count=erased, cause="retention")

    def _is_sure(self, now_ms: int) -> bool:
        """Whether what cannot be undone may be done by this time; any thread."""
        return self._watch.sure(now_ms)

    def ready(self) -> tuple[bool, str]:
        """Return whether the node can keep what it is given, and a sentence about it."""
        return self._standing.ready()

    def status(self) -> dict[str, Any]:
        """Return how the node is; the keys of `corridor status --json`."""
        return self._standing.rows()

    def _handled(self, handled: Handled) -> None:
        """Carry on what a batch led to; receiver's thread, after the commit."""
        self.sender.hear(handled.cues)
        if handled.inbox_grew or handled.outcomes_grew:
            self.service.grown()
            self._attaching.look()

    def _given_up(self, found: Sequence[GivenUp]) -> None:
        """Tell what will not pass any more; sender's thread, after the commit."""
        for peer, reason, number in found:
            event_logger().warning("records.given_up", peer=peer, reason=reason.label, count=number)
        self.service.grown()

    def _adopt(self, link: str, frame: bytes) -> None:
        """Take a statement of a partner; receiver's thread, before its acknowledgement.

        Raises:
            KeyTrouble: It could not be kept.
            StoreTrouble: It is kept and believed, and could not be noted yet.
        """
        if self.trust.take_frame(frame, unix_ms()):
            event_logger().info("statement.adopted", link=link)
            self._trust_changed()
        self._hand_on(self._note(), link)

    def _tell(self) -> None:
        """Have every partner told our delegation and key bundle; publisher's loop thread."""
        self._telling.tell(self.trust.own_frames(), self._countries())

    def _hand_on(self, news: list[bytes], came_from: str = "") -> None:
        """Have partners told of newer roots and directories; any thread."""
        if news:
            self.sender.run_in_loop(lambda: self._telling.hand_on(news, came_from))

    def _trust_changed(self) -> None:
        self.sender.run_in_loop(self._tell)
        self._consumer.call(lambda: self._consumer.set_links(self._countries()))
        self._consumer.call(self.receiver.review)
        self.metrics.know_peers(self._partners())
        self._attaching.know_partners()
        self.sender.wake()

    def _partners(self) -> tuple[Endpoint, ...]:
        return self.trust.current().partners(self.config.endpoint, unix_ms())

    def _countries(self) -> Sequence[CountryCode]:
        return [peer.country for peer in self._partners()]

    def _has_room(self) -> bool:
        return self._pressure.has_room

    def _hold_inlet(self, held: bool) -> None:  # noqa: FBT001 - a state, not a choice
        """Take nothing more from the own broker, or take again; any thread."""
        with suppress(LinkTrouble):  # its loop has ended, and with it the node
            self._consumer.call(lambda: self.receiver.hold(held))

    def _failed(self, error: Exception) -> None:
        self.failure = self.failure or error
