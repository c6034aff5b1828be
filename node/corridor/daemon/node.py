"""A whole node put together: the only module that names concrete classes side by side."""

import shutil
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from corridor import __version__
from corridor.daemon.backup import backup_is_due, last_backup_ms
from corridor.daemon.capacity import capacity
from corridor.daemon.config import NodeConfig
from corridor.daemon.desk import Sending
from corridor.daemon.ended import Ended, GivenUp, ended_agreements
from corridor.daemon.inbound import Handled, Inbound
from corridor.daemon.keeping import Retention
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.observe import NodeObserver
from corridor.daemon.outbound import Outbound
from corridor.daemon.receiver import Receiver
from corridor.daemon.refusing import RefuseBy
from corridor.daemon.sender import Sender, unix_ms
from corridor.daemon.service import NodeService
from corridor.daemon.telling import Telling
from corridor.daemon.tracking import MovementTracker
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.daemon.trust_record import TrustRecord
from corridor.daemon.web import WebServer
from corridor.exchange.cues import Way
from corridor.exchange.parts import REAL_SEALS
from corridor.exchange.policy import ExchangePolicy
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.broker import BrokerAddress
from corridor.transport.rabbitmq import (
    ConsumerSettings,
    PikaConsumer,
    PikaPublisher,
    PublisherSettings,
)
from corridor.trust.frames import encode_statement_frame

_STOP_S = 5.0
_HOURLY_S = 3600.0
_MIB = 1024 * 1024


class Node:
    """One node: store, trust, threads and the service for gateways."""

    def __init__(self, config: NodeConfig) -> None:
        """Load keys, trust and store; nothing runs and nothing is connected yet.

        Raises:
            CorridorError: Something of it cannot be used; the message names it and the cure.
        """
        self.config = config
        self.failure: Exception | None = None
        self.trust = TrustKeeper(config, unix_ms())
        self.metrics = NodeMetrics()
        self._observer = NodeObserver(self.metrics)
        self._store = SqliteStore.open(config.store.path, self.trust.storage_key)
        self._hold_to_record()
        self.metrics.watch_store(self._store.depths)
        self._outbound = Outbound(
            self._store, self.trust.identity, self.trust.current,
            seals=REAL_SEALS, policy=_policy(config), observe=self._observer,
            ended=Ended(self._store, config.endpoint, self.trust.current, self._given_up),
        )  # fmt: skip
        self._inbound = Inbound(
            self._store, self.trust.identity, self.trust.current,
            seals=REAL_SEALS, policy=_policy(config), observe=self._observer,
        )  # fmt: skip
        self.sender = Sender(self._outbound, self.metrics, self._failed)
        self.receiver = Receiver(
            self._inbound, self.metrics,
            make_durable=self._store.make_durable,
            told=self._handled, adopt=self._adopt, failed=self._failed,
        )  # fmt: skip
        self._telling = Telling(self.sender)
        self._publisher, self._consumer = self._connect(_address(config))
        self.service = self._serve(config)
        self._retention = Retention(self._store, config.retention.keep_ms())
        self.beside: list[Callable[[], list[str]]] = []  # gateways say what needs a person
        self.web = WebServer(
            config.metrics.address, config.metrics.port,
            registry=self.metrics.registry, ready=self._ready, version=__version__,
        )  # fmt: skip
        self._free_mib = _free_mib(config.store.path)
        self._hourly_at = time.monotonic() + _HOURLY_S

    def _serve(self, config: NodeConfig) -> NodeService:
        """Make what gateways call."""
        service = NodeService(
            me=config.endpoint,
            store=self._store,
            trust=self.trust.current,
            metrics=self.metrics,
            wake_sender=self.sender.wake,
            has_room=self._has_room,
            now_ms=unix_ms,
            lanes=config.lane_plan,
            acknowledged_by=config.acknowledged_by,
            timers=config.movements.timers(),
            sending=Sending(
                self._outbound.sealing, self.sender.hear, self._way,
                lambda: self.sender.connected,
            ),
        )  # fmt: skip
        service.capacity = self._capacity
        return service

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

    def _hold_to_record(self) -> None:
        """Refuse to start from less than was held; note what is new since the last start."""
        self._record = TrustRecord(self._store)
        try:
            self._record.check(self.trust.current())
            self._record.note_config(self.config, unix_ms())
            self._news = self._note()
        except BaseException:
            self._store.close()
            raise
        self.trust.refuse_by(self._record.check)

    def _note(self) -> list[bytes]:
        """Note what was adopted or destroyed; returns frames to be handed on. Any thread."""
        keys = self.trust.identity().decryption_keys
        news = self._record.note(self.trust.current(), keys, unix_ms())
        return [encode_statement_frame(one.to_bytes()) for one in news]

    def _connect(self, address: BrokerAddress) -> tuple[PikaPublisher, PikaConsumer]:
        """Make both connections, not dialled yet."""
        broker = self.config.broker
        sending = PublisherSettings(
            confirm_timeout_s=broker.confirm_timeout_s, reconnect_max_s=broker.reconnect_max_s
        )
        taking = ConsumerSettings(reconnect_max_s=broker.reconnect_max_s)
        publisher = PikaPublisher(address, self._telling, sending)
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
        self._outbound.start(unix_ms())
        self.metrics.know_peers(self._partners())
        self._tell()
        self._telling.hand_on(self._news)
        self.web.start()
        self._publisher.start()
        self._consumer.start()
        self.sender.wake()

    def stop(self) -> bool:
        """End every thread and close the store; returns whether it went in good order."""
        took = self._consumer.stop(_STOP_S)
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
        """Do what is due about once a second; main thread."""
        self._free_mib = _free_mib(self.config.store.path)
        self.metrics.backup_last.set((last_backup_ms(self.config) or 0) / 1000)
        view = self.trust.current()
        self.metrics.directory_until.set(view.expires_ms / 1000)
        self.metrics.key_until.set(self.trust.seals_until_ms(unix_ms()) / 1000)
        for window in self._outbound.windows():
            self.metrics.window.labels(window.peer).set(window.window)
            self.metrics.in_flight.labels(window.peer).set(window.in_flight)
        self._tracker.turn()
        if time.monotonic() >= self._hourly_at:
            self._hourly_at = time.monotonic() + _HOURLY_S
            self._store.prune(unix_ms())
            self._retention.begin()
            self.sender.run_in_loop(self._telling.tell_again)
        if erased := self._retention.step(unix_ms()):
            event_logger().info("records.erased", count=erased, cause="retention")

    def ready(self) -> tuple[bool, str]:
        """Return whether the node can keep what it is given, and a sentence about it."""
        return self._ready()

    def status(self) -> dict[str, Any]:
        """Return how the node is; the keys of `corridor status --json`."""
        view = self.trust.current()
        now_ms = unix_ms()
        return {
            "endpoint": self.config.endpoint,
            "environment": self.config.node.environment,
            "network": view.network_id.hex(),
            "version": __version__,
            "now_ms": now_ms,
            "metrics": f"{self.config.metrics.address}:{self.web.port}",
            "broker": {
                "sender": self.sender.connected,
                "receiver": self.receiver.connected,
                "blocked": self.sender.blocked,
                "inboxes": sorted(self.receiver.links),
            },
            "directory": {"version": view.dir_version, "expires_ms": view.expires_ms},
            "last_backup_ms": last_backup_ms(self.config),
            "encryption_key_until_ms": self.trust.seals_until_ms(now_ms),
            "store": {
                "path": str(self.config.store.path),
                "free_mib": self._free_mib,
                "rows": self._store.counts(),
            },
            "peers": self._peers(),
            "agreements": ended_agreements(view, self.config.endpoint, now_ms),
            "refused": self._observer.refusals(),
            "attention": self._attention(now_ms),
        }

    def _capacity(self) -> dict[str, Any]:
        """Return what disk the node needs; any thread."""
        free = shutil.disk_usage(self.config.store.path.parent).free
        return capacity(self._store.measure(unix_ms()), self._partners(), free)

    def _peers(self) -> list[dict[str, Any]]:
        depths = {depth.peer: depth for depth in self._store.depths()}
        windows = {window.peer: window for window in self._outbound.windows()}
        peers = []
        for peer in self._partners():
            depth, window = depths.get(peer), windows.get(peer)
            told = self._observer.ways.get(peer)
            peers.append(
                {
                    "endpoint": peer,
                    "waiting": depth.waiting if depth else 0,
                    "unreceipted": depth.unreceipted_records if depth else 0,
                    "oldest_ms": depth.oldest_accepted_ms if depth else None,
                    "in_flight": window.in_flight if window else 0,
                    "window": window.window if window else 0,
                    "way": window.way.value if window else "open",
                    "way_reason": told.reason if told else None,
                    "way_since_ms": told.since_ms if told else None,
                    "last_heard_ms": self._observer.last_heard_ms.get(peer),
                }
            )
        return peers

    def _way(self, peer: Endpoint) -> Way:
        ways = (one.way for one in self._outbound.windows() if one.peer == peer)
        return next(ways, Way.OPEN)

    def _attention(self, now_ms: int) -> list[str]:
        lines = []
        if not (self.sender.connected and self.receiver.connected):
            lines.append("the own broker is not connected; records are kept and wait")
        if self.sender.blocked:
            lines.append("the own broker takes nothing: free disk or memory there")
        if not self._has_room():
            lines.append(f"{self._free_mib} MiB free: records are refused; free disk space")
        if self.receiver.stuck:
            lines.append("the store does not keep what arrives; see the log")
        if not self.trust.current().is_current(now_ms):
            lines.append("the directory has ended: nothing is sealed; import a newer one")
        if self.trust.rotation_due(now_ms):
            lines.append("the encryption key ends soon: `corridor keys rotate`")
        if backup_is_due(self.config, now_ms):
            lines.append("no backup was made for too long: `corridor backup create`")
        return [*lines, *(line for told in self.beside for line in told())]

    def _handled(self, handled: Handled) -> None:
        """Carry on what a batch led to; receiver's thread, after the commit."""
        self.sender.hear(handled.cues)
        if handled.inbox_grew or handled.outcomes_grew:
            self.service.grown()

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
        self.sender.wake()

    def _partners(self) -> tuple[Endpoint, ...]:
        return self.trust.current().partners(self.config.endpoint, unix_ms())

    def _countries(self) -> Sequence[CountryCode]:
        return [peer.country for peer in self._partners()]

    def _has_room(self) -> bool:
        return self._free_mib >= self.config.store.free_space_min_mib

    def _ready(self) -> tuple[bool, str]:
        if not self._has_room():
            return False, f"not ready: {self._free_mib} MiB free"
        if not self.trust.current().is_current(unix_ms()):
            return False, "not ready: the directory has ended"
        if self.receiver.stuck:
            return False, "not ready: the store does not keep what arrives; see the log"
        if not (self.sender.connected and self.receiver.connected):
            return True, "ready, degraded: the own broker is not connected; records are kept"
        return True, "ready"

    def _failed(self, error: Exception) -> None:
        self.failure = self.failure or error


def _policy(config: NodeConfig) -> ExchangePolicy:
    exchange = config.exchange
    policy = ExchangePolicy(
        tail_urgent_ms=round(exchange.urgent_repeat_after_s * 1000),
        tail_ms=round(exchange.repeat_after_s * 1000),
        tell_handover=exchange.tell_handover,
    )
    return config.lab.scaled(policy)


def _address(config: NodeConfig) -> BrokerAddress:
    broker = config.broker
    return BrokerAddress(
        broker.host, broker.port, broker.server_name,
        broker.ca_file, broker.cert_file, broker.key_file, heartbeat_s=broker.heartbeat_s,
    )  # fmt: skip


def _free_mib(path: Path) -> int:
    return shutil.disk_usage(path.parent).free // _MIB
