"""What pika and the system report, in one line; certificates that cannot be used."""

import ssl
from pathlib import Path

import pytest
from pika.adapters.utils.connection_workflow import (
    AMQPConnectionWorkflowFailed,
    AMQPConnectorSocketConnectError,
)
from pika.exceptions import (
    AMQPConnectionError,
    ChannelClosedByBroker,
    ChannelClosedByClient,
    ConnectionClosedByBroker,
)

from corridor.errors import LinkTrouble
from corridor.lab.ports import PortLease
from corridor.seal.x509 import Leaf, Usage, issue, make_ca
from corridor.transport.broker import BrokerAddress
from corridor.transport.connection import LeanLoop, connect, why
from corridor.transport.rabbitmq import PikaPublisher
from testkit.loops import Sending


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionClosedByBroker(320, "CONNECTION_FORCED"), "320 CONNECTION_FORCED"),
        (ChannelClosedByBroker(404, "NOT_FOUND - no exchange"), "404 NOT_FOUND - no exchange"),
        (ChannelClosedByClient(200, "no more of it"), "no more of it"),
        (
            AMQPConnectionError(
                AMQPConnectionWorkflowFailed(
                    [AMQPConnectorSocketConnectError(ConnectionRefusedError(111, "refused"))]
                )
            ),
            "[Errno 111] refused",
        ),
        (ssl.SSLError(1, "bad\n   certificate"), "bad certificate"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_innermost_cause_is_told_in_one_line(error: Exception, reason: str) -> None:
    assert why(error) == reason


def address(port: int, folder: Path) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", port, "mq", folder / "ca", folder / "cert", folder / "key")


def test_a_missing_certificate_is_trouble_with_the_link(tmp_path: Path) -> None:
    loop = LeanLoop()
    with pytest.raises(LinkTrouble, match=r"certificates for 127\.0\.0\.1: .*No such file"):
        connect(address(1, tmp_path), loop, 1, lambda _: None, lambda _, __: None)
    loop.close()


def test_a_publisher_without_certificates_says_why_and_tries_again(tmp_path: Path) -> None:
    owner = Sending()
    owner.publisher = PikaPublisher(address(1, tmp_path), owner)
    owner.publisher.start()
    owner.wait_for("lost", 2)
    assert "No such file" in str(owner.of("lost")[0])
    assert not owner.publish(1, "GE", b"x")
    assert owner.publisher.stop(1)
    assert owner.of("ready") == []


def test_a_broker_that_is_not_there_is_named_and_tried_again(tmp_path: Path) -> None:

    ca = make_ca("test CA", 1, 1_700_000_000_000)
    leaf = issue(ca, Leaf("corridor-node", Usage.CLIENT, 1), 1_700_000_000_000)
    for name, content in (("ca", ca.certificate), ("cert", leaf.certificate), ("key", leaf.key)):
        (tmp_path / name).write_bytes(content)
    with PortLease() as lease:
        owner = Sending()
        owner.publisher = PikaPublisher(address(lease.take()[0], tmp_path), owner)
        owner.publisher.start()
        owner.wait_for("lost", 2)
        assert owner.publisher.stop(1)
    assert "Connection refused" in str(owner.of("lost")[0])
