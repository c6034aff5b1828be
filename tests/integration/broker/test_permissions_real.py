"""What a partner's broker may do at ours: its own traffic, and nothing else.

Everything is tried as Georgia's federation user at Türkiye's broker, over mutual TLS.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pika
import pytest
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, ConnectionClosedByBroker

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import WATCH_USER
from corridor.lab.broker_layout import password
from corridor.lab.brokers import BrokerPlan
from corridor.transport.management import Login, read_broker, read_links
from testkit.loops import eventually
from testkit.networks import Brokers
from testkit.permissions import NODE_OPERATIONS, OPERATIONS, OWN, Operation, declare_queue

pytestmark = pytest.mark.broker


def connection(
    plan: BrokerPlan, cert: Path | None, key: Path | None = None, **more: object
) -> pika.BlockingConnection:
    context = ssl.create_default_context(cafile=str(plan.pki / "ca.pem"))
    if cert is not None:
        context.load_cert_chain(str(cert), str(key or cert.with_suffix(".key")))
    settings: dict[str, object] = {
        "virtual_host": "corridor",
        "credentials": pika.credentials.ExternalCredentials(),
        "ssl_options": pika.SSLOptions(context, plan.server_name),
        "socket_timeout": 5,
        "stack_timeout": 8,
    }
    return pika.BlockingConnection(
        pika.ConnectionParameters("127.0.0.1", plan.ports.amqps, **settings | more)
    )


@pytest.fixture(scope="module")
def as_partner(brokers: Brokers) -> Iterator[pika.BlockingConnection]:
    made = connection(brokers.tr.plan, brokers.ge.plan.pki / "fed-at-tr.pem")
    yield made
    with suppress(ConnectionClosedByBroker):  # the last test strikes the user off
        made.close()


@pytest.fixture(scope="module")
def as_node(brokers: Brokers) -> Iterator[pika.BlockingConnection]:
    made = connection(brokers.tr.plan, brokers.tr.plan.pki / "node.pem")
    yield made
    made.close()


def refused_code(link: pika.BlockingConnection, operation: Operation) -> int:
    with pytest.raises(ChannelClosedByBroker) as refusal:
        operation(link.channel())
    return int(refusal.value.reply_code)


@pytest.mark.parametrize("what", OPERATIONS)
def test_a_partner_may_not(what: str, as_partner: pika.BlockingConnection) -> None:
    assert refused_code(as_partner, OPERATIONS[what]) == 403


@pytest.mark.parametrize("what", NODE_OPERATIONS)
def test_the_node_may_not(what: str, as_node: pika.BlockingConnection) -> None:
    assert refused_code(as_node, NODE_OPERATIONS[what]) == 403


def test_a_partner_cannot_send_its_queue_on_to_foreign_exchanges(
    as_partner: pika.BlockingConnection,
) -> None:
    operation = declare_queue(OWN, **{"x-dead-letter-exchange": "from.AZ"})
    assert refused_code(as_partner, operation) in (403, 406)


def test_a_partner_cannot_give_its_exchange_a_foreign_alternate(
    as_partner: pika.BlockingConnection,
) -> None:
    def operation(name: str) -> Operation:
        return lambda channel: channel.exchange_declare(
            name, "fanout", durable=True, arguments={"alternate-exchange": "from.AZ"}
        )

    # one of the two is in use by the link and not a fanout (406); the other would be new
    codes = [refused_code(as_partner, operation(OWN + end)) for end in (" A", " B")]
    assert sorted(codes) == [403, 406]


def test_a_partner_cannot_enter_another_vhost(brokers: Brokers) -> None:
    cert = brokers.ge.plan.pki / "fed-at-tr.pem"
    with pytest.raises(AMQPConnectionError):
        connection(brokers.tr.plan, cert, virtual_host="/")


def test_a_partner_cannot_open_many_connections(brokers: Brokers) -> None:
    cert = brokers.ge.plan.pki / "fed-at-tr.pem"
    opened: list[pika.BlockingConnection] = []

    def open_many() -> None:
        for _ in range(9):
            opened.append(connection(brokers.tr.plan, cert))  # noqa: PERF401 - to be closed

    try:
        with pytest.raises((AMQPConnectionError, ConnectionClosedByBroker)):
            open_many()
        assert 4 <= len(opened) < 8
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize(
    "cert",
    ["az: fed-at-tr with another country's CA", "own server certificate", "none at all"],
)
def test_only_a_client_certificate_of_the_own_ca_opens_the_door(
    cert: str, brokers: Brokers
) -> None:
    tr, ge = brokers.tr.plan, brokers.ge.plan
    files = {"az": ge.pki / "node.pem", "own": tr.pki / "server.pem", "none": None}
    with pytest.raises(AMQPConnectionError):
        connection(tr, files[cert.split(maxsplit=1)[0].rstrip(":")])


def test_no_password_opens_the_door(brokers: Brokers) -> None:
    tr = brokers.tr.plan
    login = pika.PlainCredentials(WATCH_USER, password(tr, WATCH_USER))
    with pytest.raises(AMQPConnectionError):
        connection(tr, tr.pki / "node.pem", credentials=login)


def test_nothing_listens_beyond_loopback(brokers: Brokers) -> None:
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ours = {brokers.tr.plan.ports.amqps, brokers.tr.plan.ports.distribution}
    ours |= {brokers.tr.plan.ports.epmd, brokers.tr.plan.ports.management}
    found = {}
    for line in listening:
        local, state = line.split()[1], line.split()[3]
        address, port = local.split(":")
        if state == "0A" and int(port, 16) in ours:
            found[int(port, 16)] = socket.inet_ntoa(bytes.fromhex(address)[::-1])
    assert found == dict.fromkeys(ours, "127.0.0.1")


def test_the_watch_sees_links_and_no_users(brokers: Brokers) -> None:
    tr = brokers.tr.plan
    watch = Login(WATCH_USER, password(tr, WATCH_USER))
    assert {each.upstream for each in read_links(tr.management_url, watch)} == {"GE", "AZ"}
    with pytest.raises(LinkTrouble, match="may not read /api/definitions"):
        read_broker(tr.management_url, watch)


def test_a_partner_struck_off_is_cut_and_cannot_return(brokers: Brokers) -> None:
    ge = brokers.ge
    brokers.tr.ctl("delete_user", "fed-ge")
    try:
        eventually(lambda: not brokers.running(ge, "TR"))
        with pytest.raises(AMQPConnectionError):
            connection(brokers.tr.plan, ge.plan.pki / "fed-at-tr.pem")
    finally:
        definitions = json.loads((brokers.tr.plan.etc / "definitions.json").read_text())
        assert any(user["name"] == "fed-ge" for user in definitions["users"])
        brokers.tr.ctl("import_definitions", str(brokers.tr.plan.etc / "definitions.json"))
    eventually(partial(brokers.running, ge, "TR"), 120)
