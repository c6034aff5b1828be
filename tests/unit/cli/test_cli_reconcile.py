"""`corridor reconcile` as an operator types it; the node has no broker, so that nobody answers."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from builders_cli import corridor
from corridor.daemon.config import load_config
from corridor.daemon.node import Node
from corridor.daemon.reconciler import date_of
from corridor.gateway.local_server import LocalServer
from corridor.wire.limits import DAY_MS


def test_only_the_days_that_were_asked_for_are_waited_for_and_told(
    node_folder: Callable[..., Path],
) -> None:
    config = load_config(path := node_folder("GE"))
    node = Node(config)
    server = LocalServer(config.gateway.socket, node.service, node.status)
    server.start()
    try:
        yesterday = time.time_ns() // 1_000_000 // DAY_MS - 1
        days = [date_of(yesterday), date_of(yesterday - 1)]
        said = [
            corridor("reconcile", "now", "--peer", "TR", "--day", day, "--wait", 0, "--json",
                     "--config", path)
            for day in days
        ]  # fmt: skip
    finally:
        server.stop()
        node.stop()
    assert [one.status for one in said] == [1, 1]
    told = [json.loads(one.out[one.out.index("[\n") :]) for one in said]
    assert [[line["day"] for line in one] for one in told] == [[day] for day in days]
