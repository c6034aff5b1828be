"""What a node's configuration says to its parts."""

from corridor.daemon.config import NodeConfig
from corridor.exchange.policy import ExchangePolicy
from corridor.transport.broker import BrokerAddress


def policy_of(config: NodeConfig) -> ExchangePolicy:
    """Return how patient and how eager the exchange is."""
    exchange = config.exchange
    policy = ExchangePolicy(
        tail_urgent_ms=round(exchange.urgent_repeat_after_s * 1000),
        tail_ms=round(exchange.repeat_after_s * 1000),
        tell_handover=exchange.tell_handover,
    )
    return config.lab.scaled(policy)


def address_of(config: NodeConfig) -> BrokerAddress:
    """Return where the own broker listens, and how we prove who we are."""
    broker = config.broker
    return BrokerAddress(
        broker.host, broker.port, broker.server_name,
        broker.ca_file, broker.cert_file, broker.key_file, heartbeat_s=broker.heartbeat_s,
    )  # fmt: skip
