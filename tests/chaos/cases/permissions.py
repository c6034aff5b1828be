"""What a hostile partner tries at our broker, and what a hostile broker writes on a message."""

import time
from contextlib import suppress

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from chaos.cases.case import AZ, GE, TR, Scene, case
from chaos.cases.hands import Hands, certificate, connect, refused
from corridor.exchange.addresses import federation_user
from corridor.lab.broker_layout import authority, password
from corridor.seal.x509 import Identity, Usage
from testkit.permissions import NODE_OPERATIONS, OPERATIONS, OWN, Operation, declare_queue

_LIMIT = 8


@case(
    19,
    "Permission suite as the partner's user at our broker",
    "403 for everything that is not its own queue and its two exchanges; no more connections than "
    "its limit; the same for what our own node may not",
    quick=True,
)
def permissions(scene: Scene) -> None:
    plan = scene.net.brokers[TR].plan
    ours = certificate(authority(plan), federation_user(GE))
    partner = connect(plan, ours)
    node = connect(plan, certificate(authority(plan), "corridor-node"))
    wrong = [
        f"{who}: {what}: {code}"
        for who, link, operations in (
            ("partner", partner, OPERATIONS),
            ("node", node, NODE_OPERATIONS),
        )
        for what, operation in operations.items()
        if (code := _code(link, operation)) != 403
    ]
    scene.expect(not wrong, f"not refused with 403: {'; '.join(wrong)}")
    tried = len(OPERATIONS) + len(NODE_OPERATIONS)
    scene.bites(tried > 40, "the table of operations is short")
    scene.note(f"{tried - len(wrong)} of {tried} operations refused with 403")
    foreign = declare_queue(OWN, **{"x-dead-letter-exchange": "from.AZ"})
    code = _code(partner, foreign)
    scene.expect(code in {403, 406}, f"dead-lettering into a foreign exchange: {code}")
    scene.expect(refused(plan, ours, virtual_host="/"), "another virtual host let it in")
    partner.close()
    node.close()
    _too_many(scene, ours)
    scene.expect(scene.complete(scene.submit(10)), "not complete after the attempts")


def _code(link: pika.BlockingConnection, operation: Operation) -> int:
    """Return the code with which a broker closes the channel; 0 where it lets it pass."""
    channel = link.channel()
    try:
        operation(channel)
    except ChannelClosedByBroker as refusal:
        return int(refusal.reply_code)
    channel.close()
    return 0


def _too_many(scene: Scene, identity: Identity) -> None:
    opened: list[pika.BlockingConnection] = []
    try:
        with suppress(AMQPError, OSError):
            for _ in range(_LIMIT + 1):
                opened.append(connect(scene.net.brokers[TR].plan, identity))  # noqa: PERF401
        scene.expect(len(opened) < _LIMIT, f"{len(opened)} connections beside the link's own")
        scene.note(f"connection {len(opened) + 1} beside the link's own was refused")
    finally:
        for each in opened:
            with suppress(AMQPError, OSError):
                each.close()


@case(
    20,
    "Forged common name from another partner's CA",
    "the listener trusts its own CA alone: every other certificate, and every password, is refused",
    quick=True,
)
def forged_name(scene: Scene) -> None:
    tr, az, ge = (scene.net.brokers[code].plan for code in (TR, AZ, GE))
    attempts = {
        "fed-ge by Azerbaijan's CA": certificate(authority(az), federation_user(GE)),
        "fed-ge by Georgia's own CA": certificate(authority(ge), federation_user(GE)),
        "corridor-node by Azerbaijan's CA": certificate(authority(az), "corridor-node"),
        "corridor-operator by Azerbaijan's CA": certificate(authority(az), "corridor-operator"),
        "a server certificate of the own CA as a client": certificate(
            authority(tr), federation_user(GE), usage=Usage.SERVER
        ),
        "a name of the own CA that has no user": certificate(authority(tr), "fed-xx"),
        "an expired one of the own CA": certificate(
            authority(tr), federation_user(GE), begins_s=-5 * 86_400
        ),
        "one that is not valid yet": certificate(
            authority(tr), federation_user(GE), begins_s=2 * 3_600
        ),
        "no certificate": None,
    }
    entered = [what for what, identity in attempts.items() if not refused(tr, identity)]
    login = pika.PlainCredentials("corridor-watch", password(tr, "corridor-watch"))
    if not refused(tr, certificate(authority(tr), "corridor-node"), credentials=login):
        entered.append("a password over AMQP")
    scene.expect(not entered, f"let in: {', '.join(entered)}")
    right = not refused(tr, certificate(authority(tr), federation_user(GE)))
    scene.bites(right, "the right certificate is refused too: this shows nothing")
    scene.note(
        f"{len(attempts) + 1 - len(entered)} of {len(attempts) + 1} refused, the right one not"
    )
    scene.expect(scene.complete(scene.submit(10)), "not complete after the attempts")


@case(
    21,
    "Forged x-received-from, CC and BCC, huge headers, expiration, reply-to on messages",
    "nothing of it leads to another queue, to the national system or to a crash",
    quick=True,
)
def forged_headers(scene: Scene) -> None:
    admin = scene.admin(GE)
    admin.copies()
    admin.copy_from(TR)
    records = scene.submit(6, TR)
    scene.expect(scene.complete(records), "not complete before the attempt")
    scene.wait(lambda: admin.depth("lab.chaos") > 0, 15)
    copies = admin.copies()
    admin.copy_no_more(TR)
    scene.need(copies, "no copy of an envelope was made")
    body = scene.body(copies[0])
    known = scene.metric(GE, "corridor_envelopes_duplicate_total")
    refused_before = scene.metric(TR, "corridor_frames_refused_total")
    passed = 0
    with Hands(scene.net.brokers[TR].plan) as hands:
        for what, properties in _FORGED.items():
            said = hands.refusal(lambda p=properties: hands.publish("to.GE", body, **p))
            passed += not said
            scene.note(f"{what}: {said or 'passed on by the broker'}")
    twice = lambda: scene.metric(GE, "corridor_envelopes_duplicate_total") - known  # noqa: E731
    scene.bites(scene.wait(lambda: twice() >= passed - 2, 15), "what was forged did not arrive")
    time.sleep(1)
    scene.note(f"{twice():.0f} of them arrived, each known as a duplicate")
    strays = scene.events(GE, "stray.found")
    scene.planted = len(strays)  # what expired in the inbox is a dead letter, and is told
    scene.note(f"{len(strays)} expired in an inbox and were put into quarantine as dead letters")
    # a copy in an inbox of the sender's own would reach its node, which refuses it by name
    misled = scene.metric(TR, "corridor_frames_refused_total") - refused_before
    scene.expect(not misled, f"{misled:.0f} copies reached an inbox at the sender")
    scene.expect(not scene.events(TR, "stray.found"), "a copy became a dead letter at the sender")
    scene.expect(scene.net.node(GE).ready(), "the receiver's node is not well")
    scene.expect(scene.complete(scene.submit(10)), "not complete after the attempt")


_HOP = {"uri": "amqps://mq.az.test", "exchange": "from.AZ", "cluster-name": "corridor.AZ"}
_FORGED: dict[str, dict[str, object]] = {
    "x-received-from": {"headers": {"x-received-from": [_HOP]}},
    "CC and BCC": {"headers": {"CC": ["inbox.AZ", "inbox.GE"], "BCC": ["corridor.dlq"]}},
    "headers of 100 KiB": {"headers": {f"h{n}": "x" * 1000 for n in range(100)}},
    "headers 100 deep": {"headers": {"deep": [[[[[[["x"] * 10] * 2] * 2] * 2] * 2] * 2]}},
    "expiration of 1 ms": {"expiration": "1"},
    "reply-to and correlation-id": {"reply_to": "inbox.AZ", "correlation_id": "x" * 200},
    "a user-id of its own": {"user_id": "lab-chaos"},
    "another message-id": {"message_id": "0" * 200},
    "transient and of the highest priority": {"priority": 255, "content_type": "text/html"},
}
