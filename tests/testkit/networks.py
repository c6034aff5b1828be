"""Networks to test the transport on: in memory, and two private brokers."""

import ssl
from dataclasses import dataclass
from typing import Final, TypeVar

import pika

from corridor.exchange.addresses import OPERATOR_USER
from corridor.lab.broker_layout import node_address, password
from corridor.lab.brokers import PrivateBroker
from corridor.transit.parties import CountryCode
from corridor.transport.broker import Loop, Publisher
from corridor.transport.management import Login, read_links
from corridor.transport.memory import MemoryBroker, MemoryConsumer, MemoryPublisher
from corridor.transport.rabbitmq import (
    ConsumerSettings,
    PikaConsumer,
    PikaPublisher,
    PublisherSettings,
)
from testkit.loops import Reading, Sending, Told, eventually

TR: Final = CountryCode("TR")
GE: Final = CountryCode("GE")
AZ: Final = CountryCode("AZ")
UNACKED_BYTES: Final = ConsumerSettings().unacked_bytes
Owner = TypeVar("Owner", bound=Told)


@dataclass
class Brokers:
    """The two brokers and how to reach them."""

    tr: PrivateBroker
    ge: PrivateBroker

    def operator(self, broker: PrivateBroker) -> Login:
        return Login(OPERATOR_USER, password(broker.plan, OPERATOR_USER))

    def wait_links(self) -> None:
        """Wait until TR and GE take from each other."""
        for broker, partner in ((self.tr, "GE"), (self.ge, "TR")):
            eventually(lambda b=broker, p=partner: self.running(b, p), 120)

    def running(self, broker: PrivateBroker, partner: str) -> bool:
        links = read_links(broker.plan.management_url, self.operator(broker))
        return any(each.upstream == partner and each.status == "running" for each in links)


class MemoryNetwork:
    """The network of the contract tests, without brokers."""

    def __init__(self) -> None:
        self.tr, self.ge = MemoryBroker(TR), MemoryBroker(GE)
        self.ge.federate(self.tr)
        self.tr.federate(self.ge)
        self.ge.federate(MemoryBroker(AZ))  # a partner with an inbox, whose broker never comes up
        self.loops: list[Loop] = []

    def sending(self, max_in_flight: int = 4096) -> Sending:
        owner = Sending()
        owner.publisher = MemoryPublisher(self.tr, owner, max_in_flight)
        return self._started(owner, owner.publisher)

    def reading(
        self, *links: CountryCode, acknowledges: bool = True, unacked_bytes: int = UNACKED_BYTES
    ) -> Reading:
        owner = Reading(acknowledges=acknowledges)
        owner.consumer = MemoryConsumer(self.ge, owner, links, unacked_bytes)
        return self._started(owner, owner.consumer)

    def _started(self, owner: Owner, loop: Loop) -> Owner:
        self.loops.append(loop)
        loop.start()
        owner.wait_for("ready")
        return owner

    def lose_connections(self, side: str) -> None:
        broker = getattr(self, side)
        broker.cut()
        broker.mend()

    def block(self) -> None:
        self.tr.block("low on disk")

    def unblock(self) -> None:
        self.tr.unblock()

    def put_astray(self, body: bytes) -> None:
        self.ge.put_astray(body, "astray")

    def unstarted_publisher(self) -> Publisher:
        return MemoryPublisher(self.tr, Sending())

    def close(self) -> None:
        for loop in self.loops:
            loop.stop(5)


class PikaNetwork(MemoryNetwork):
    """The same over real brokers."""

    def __init__(self, brokers: Brokers) -> None:
        self.brokers = brokers
        self.loops = []

    def sending(
        self,
        max_in_flight: int = 4096,
        confirm_timeout_s: float = 60,
        refused_timeout_s: float = 30,
    ) -> Sending:
        owner = Sending()
        settings = PublisherSettings(
            max_in_flight=max_in_flight,
            confirm_timeout_s=confirm_timeout_s,
            refused_timeout_s=refused_timeout_s,
        )
        owner.publisher = PikaPublisher(node_address(self.brokers.tr.plan), owner, settings)
        return self._started(owner, owner.publisher)

    def reading(
        self, *links: CountryCode, acknowledges: bool = True, unacked_bytes: int = UNACKED_BYTES
    ) -> Reading:
        owner = Reading(acknowledges=acknowledges)
        settings = ConsumerSettings(retry_missing_s=0.5, unacked_bytes=unacked_bytes)
        owner.consumer = PikaConsumer(node_address(self.brokers.ge.plan), owner, links, settings)
        return self._started(owner, owner.consumer)

    def lose_connections(self, side: str) -> None:
        broker = getattr(self.brokers, side)
        broker.ctl("close_all_user_connections", "corridor-node", "test")

    def block(self) -> None:
        self.brokers.tr.ctl("set_disk_free_limit", "900GB")

    def unblock(self) -> None:
        self.brokers.tr.ctl("set_disk_free_limit", "200MB")

    def put_astray(self, body: bytes) -> None:
        self.brokers.ge.ctl(
            "eval",
            'rabbit_basic:publish(rabbit_misc:r(<<"corridor">>,exchange,<<"corridor.unrouted">>),'
            f'<<>>,[],<<"{body.decode()}">>).',
        )

    def unstarted_publisher(self) -> Publisher:
        return PikaPublisher(node_address(self.brokers.tr.plan), Sending())

    def close(self) -> None:
        super().close()
        self.drain()

    def drain(self) -> None:
        """Leave empty inboxes to the next test."""
        address = node_address(self.brokers.ge.plan)
        context = ssl.create_default_context(cafile=str(address.ca_file))
        context.load_cert_chain(str(address.cert_file), str(address.key_file))
        parameters = pika.ConnectionParameters(
            address.host,
            address.port,
            address.vhost,
            credentials=pika.credentials.ExternalCredentials(),
            ssl_options=pika.SSLOptions(context, address.server_name),
        )
        with pika.BlockingConnection(parameters) as connection:
            connection.channel().queue_purge("inbox.TR")
