"""Enter the own broker as its node does, look whether what the node uses is there, and leave.

Rules:

* nothing is declared, published, taken or acknowledged: every declaration is passive;
* one attempt on a connection of its own, which does not touch the node's.
"""

import logging
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pika import BlockingConnection, ConnectionParameters, SSLOptions
from pika.credentials import ExternalCredentials
from pika.exceptions import AMQPError, ChannelClosedByBroker

from corridor.exchange.addresses import inbox_queue, to_exchange
from corridor.transit.parties import CountryCode
from corridor.transport.broker import BrokerAddress
from corridor.transport.connection import why

_TIMEOUT_S: Final = 5
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Entered:
    """What was seen."""

    refused: str = ""
    """Why the broker did not let us in; "" where it did."""
    missing: tuple[str, ...] = ()
    """Exchanges and queues of partners that are not there."""


def enter(address: BrokerAddress, partners: Iterable[CountryCode]) -> Entered:
    """Log in with the node's certificate, and look for what it uses for its partners."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it has to say is returned
    try:
        context = ssl.create_default_context(cafile=str(address.ca_file))
        context.load_cert_chain(str(address.cert_file), str(address.key_file))
        connection = BlockingConnection(
            ConnectionParameters(
                host=address.host, port=address.port, virtual_host=address.vhost,
                credentials=ExternalCredentials(),
                ssl_options=SSLOptions(context, address.server_name),
                socket_timeout=_TIMEOUT_S, stack_timeout=_TIMEOUT_S,
                blocked_connection_timeout=_TIMEOUT_S,
            )
        )  # fmt: skip
    except (AMQPError, OSError) as error:
        return Entered(refused=why(error))
    try:
        return Entered(missing=tuple(_missing(connection, partners)))
    except AMQPError as error:
        return Entered(refused=why(error))
    finally:
        if connection.is_open:
            connection.close()


def _missing(connection: BlockingConnection, partners: Iterable[CountryCode]) -> Iterator[str]:
    for partner in partners:
        for kind, name in (("exchange", to_exchange(partner)), ("queue", inbox_queue(partner))):
            channel = connection.channel()
            try:
                if kind == "exchange":
                    channel.exchange_declare(name, passive=True)
                else:
                    channel.queue_declare(name, passive=True)
                channel.close()
            except ChannelClosedByBroker as error:
                if error.reply_code != _NOT_FOUND:
                    raise
                yield f"{kind} {name}"
