"""Puts together what says to partners what is accepted, and what looks ahead by what they said."""

from corridor.daemon.clock import unix_ms
from corridor.daemon.config import NodeConfig
from corridor.daemon.logs import event_logger
from corridor.daemon.node import Node
from corridor.gateway.list_watch import ListWatch
from corridor.gateway.preflight import StandardsJudge
from corridor.gateway.publishing import Accepted, Publishing
from corridor.standards.judging import Manner


def look_ahead(config: NodeConfig, node: Node, manner: Manner) -> Publishing:
    """Let `node` look ahead, and return what says to partners what is accepted.

    Raises:
        ConfigurationError: A standard in `standards.accepts` is not known here.
    """
    section = config.standards
    signers = frozenset(bytes.fromhex(one) for one in section.codelist_signers)
    lists = ListWatch(section.codelists, signers)
    judge = _judge(manner, lists) if section.preflight != "off" else None
    node.foresight.judge = judge
    node.foresight.judged_by = lambda: lists.lists

    def warm() -> None:
        if judge is not None:
            judge.warm(node.acceptances.counting(unix_ms()))

    accepted = Accepted(config.endpoint, section, lists)
    publishing = Publishing(
        accepted, node.acceptances, lambda: node.trust.identity().signing_key, warm
    )
    node.beside.append(publishing.attention)
    return publishing


def _judge(manner: Manner, lists: ListWatch) -> StandardsJudge | None:
    try:
        return StandardsJudge(manner, lists)
    except ModuleNotFoundError as error:  # a node of records alone needs no parsers
        event_logger().info("preflight.off", cause=f"{error.name} is not installed")
        return None
