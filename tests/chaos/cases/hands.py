"""Connections that the suite itself opens to a broker: as its own user, or with any certificate.

The suite's own user (`Admin.lend_hands`) has a password, and the listener takes certificates
alone; so it comes with a certificate of the broker's own CA that names it.
"""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import pika
from pika.exceptions import AMQPConnectionError, AMQPError, ChannelClosed, ConnectionClosed

from corridor.lab.broker_layout import authority
from corridor.lab.brokers import BrokerPlan
from corridor.seal.x509 import Identity, Leaf, Usage, issue

_USER = "lab-chaos"


def certificate(
    ca: Identity, name: str, *, begins_s: float = 0, days: int = 2, usage: Usage = Usage.CLIENT
) -> Identity:
    """Issue a certificate that begins so many seconds from now (an hour earlier, as all do)."""
    names = (name,) if usage is Usage.SERVER else ()
    return issue(ca, Leaf(name, usage, days, names), round((time.time() + begins_s) * 1000))


def write(path: Path, identity: Identity) -> None:
    """Write a certificate and its key beside each other: PATH.pem and PATH.key."""
    path.with_suffix(".pem").write_bytes(identity.certificate)
    path.with_suffix(".key").write_bytes(identity.key)


def connect(plan: BrokerPlan, identity: Identity | None, **more: object) -> pika.BlockingConnection:
    """Connect to a broker's listener directly, with a certificate or with none.

    Raises:
        AMQPConnectionError: It was refused.
    """
    context = ssl.create_default_context(cafile=str(plan.pki / "ca.pem"))
    with TemporaryDirectory() as folder:
        if identity is not None:
            path = Path(folder) / "one"
            write(path, identity)
            context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))
    settings: dict[str, object] = {
        "virtual_host": "corridor",
        "credentials": pika.credentials.ExternalCredentials(),
        "ssl_options": pika.SSLOptions(context, plan.server_name),
        "socket_timeout": 5,
        "stack_timeout": 10,
    }
    return pika.BlockingConnection(
        pika.ConnectionParameters("127.0.0.1", plan.ports.amqps, **settings | more)
    )


def refused(plan: BrokerPlan, identity: Identity | None, **more: object) -> bool:
    """Whether a broker lets nobody in who comes like this."""
    try:
        connection = connect(plan, identity, **more)
    except (AMQPConnectionError, OSError):
        return True
    connection.close()
    return False


class Hands:
    """A connection of the suite's own user at one broker; use as a context manager."""

    def __init__(self, plan: BrokerPlan) -> None:
        """Connect."""
        self._connection = connect(plan, certificate(authority(plan), _USER))

    def __enter__(self) -> Self:
        """Return the hands themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._connection.is_open:
            self._connection.close()

    def publish(self, exchange: str, body: bytes, **properties: object) -> None:
        """Publish with confirm.

        Raises:
            AMQPError: It was refused or returned.
        """
        channel = self._connection.channel()
        channel.confirm_delivery()
        made = pika.BasicProperties(delivery_mode=2, **properties)
        channel.basic_publish(exchange, "", body, made, mandatory=True)
        channel.close()

    def refusal(self, action: Callable[[], object]) -> str:
        """Return by which code and words a broker refuses something; empty where it does not."""
        try:
            action()
        except (ChannelClosed, ConnectionClosed) as error:
            return f"{error.reply_code} {error.reply_text}"[:120]
        except AMQPError as error:
            return type(error).__name__
        return ""
