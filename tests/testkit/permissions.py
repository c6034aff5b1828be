"""What a partner's broker, and our own node, try at a broker and may not: one operation each.

Names are those of Georgia's federation user at Türkiye's broker, with Azerbaijan beside it.
"""

from collections.abc import Callable

from pika.adapters.blocking_connection import BlockingChannel

OWN = "federation: to.GE -> corridor.GE:from.TR"
OWN_EXCHANGE = OWN + " A"
OTHERS = "federation: to.AZ -> corridor.AZ:from.TR"
Operation = Callable[[BlockingChannel], object]


def declare_queue(name: str, **arguments: object) -> Operation:
    return lambda channel: channel.queue_declare(name, durable=True, arguments=arguments)


def bind_own_queue(source: str) -> Operation:
    return lambda channel: channel.queue_bind(OWN, source, "#")


def publish(exchange: str, key: str = "") -> Operation:
    def attempt(channel: BlockingChannel) -> None:
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"forged")

    return attempt


def consume(queue: str) -> Operation:
    return lambda channel: channel.basic_consume(queue, lambda *_: None)


OPERATIONS: dict[str, Operation] = {
    "declare a queue of its own choice": declare_queue("evil"),
    "declare a queue the server names": lambda c: c.queue_declare(
        "", exclusive=True, arguments={"x-queue-type": "classic"}
    ),
    "declare another partner's federation queue": declare_queue(OTHERS),
    "declare its own name with something behind": declare_queue(OWN + " C"),
    "declare its own name with something before": declare_queue("x" + OWN),
    "declare a queue for another cluster": declare_queue(OWN.replace("corridor.GE", "corridor.X")),
    "declare a queue for another vhost": declare_queue(OWN.replace(":from", ":other:from")),
    "bind its queue to another partner's exchange": bind_own_queue("to.AZ"),
    "bind its queue to what another partner sent": bind_own_queue("from.AZ"),
    "bind its queue to what it sent itself": bind_own_queue("from.GE"),
    "bind its queue to the trace exchange": bind_own_queue("amq.rabbitmq.trace"),
    "bind its queue to the topic exchange": bind_own_queue("amq.topic"),
    "bind its queue to the unrouted": bind_own_queue("corridor.unrouted"),
    "bind its queue to the dead letters": bind_own_queue("corridor.dlx"),
    "bind its exchange to another partner's": lambda c: c.exchange_bind(OWN_EXCHANGE, "to.AZ"),
    "bind another partner's exchange to its own": lambda c: c.exchange_bind("to.AZ", OWN_EXCHANGE),
    "unbind our inbox": lambda c: c.queue_unbind("inbox.GE", "from.GE", ""),
    "declare an exchange of its own choice": lambda c: c.exchange_declare("evil", "fanout"),
    "delete the exchange it reads": lambda c: c.exchange_delete("to.GE"),
    "delete another partner's exchange": lambda c: c.exchange_delete("to.AZ"),
    "delete our inbox": lambda c: c.queue_delete("inbox.GE"),
    "empty another partner's inbox": lambda c: c.queue_purge("inbox.AZ"),
    "empty our inbox": lambda c: c.queue_purge("inbox.GE"),
    "consume our inbox": consume("inbox.GE"),
    "consume another partner's inbox": consume("inbox.AZ"),
    "consume another partner's federation queue": consume(OTHERS),
    "consume the dead letters": consume("corridor.dlq"),
    "get from the unrouted": lambda c: c.basic_get("corridor.unrouted"),
    "publish to itself": publish("to.GE"),
    "publish to another partner": publish("to.AZ"),
    "publish as if it came over its link": publish("from.GE"),
    "publish as if it came from another partner": publish("from.AZ"),
    "publish into an inbox directly": publish("", "inbox.GE"),
    "publish to the direct exchange": publish("amq.direct"),
    "publish to the unrouted": publish("corridor.unrouted"),
    "publish to the dead letters": publish("corridor.dlx"),
}

NODE_OPERATIONS: dict[str, Operation] = {
    "declare a queue": declare_queue("mine"),
    "declare an exchange": lambda c: c.exchange_declare("mine", "fanout"),
    "delete its inbox": lambda c: c.queue_delete("inbox.GE"),
    "forge what came over a link": publish("from.GE"),
    "publish into an inbox directly": publish("", "inbox.GE"),
    "publish to two countries by one name": publish("to.GEO"),
    "read what waits for a partner": consume(OWN),
    "bind its inbox to another link": lambda c: c.queue_bind("inbox.GE", "from.AZ"),
}
