"""A node's store is gone and there is no backup: it is missed, and the loss is declared."""

import os
import signal
import subprocess
import sys

import pytest

from builders_lab import GE, TR, Lab, corridor, inbox, until
from corridor.errors import LocalTrouble
from corridor.lab.nodes import wait_nodes

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


def test_a_lost_store_stops_the_node_until_the_loss_is_declared_and_then_records_pass(
    lab: Lab,
) -> None:
    node = lab.network.nodes[GE]
    to_ge = lab.plan(61, 4, (TR, GE))
    first = lab.play(to_ge)
    assert lab.proof(first.accepted).holds
    node.kill()
    for one in node.plan.store.parent.glob(f"{node.plan.store.name}*"):
        one.unlink()
    refused = corridor("run", "--config", node.plan.config)
    assert refused.returncode == 3
    assert "had a store" in refused.stderr
    assert "--store-lost" in refused.stderr
    assert not node.plan.store.exists()

    declared = subprocess.Popen(
        [sys.executable, "-m", "corridor", "run", "--config", str(node.plan.config),
         "--store-lost"],
        stderr=subprocess.DEVNULL, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert until(lambda: answers(lab), 30)
        declared.send_signal(signal.SIGTERM)
        assert declared.wait(40) == 0
    finally:
        declared.kill()
        declared.wait()
    node.start()
    wait_nodes([node], 60)
    inbox = {one.record_id for one in first.accepted}
    assert until(lambda: inbox <= set(held(lab)), 60)  # the partner returned what was forgotten
    assert all(repeat for one, repeat in held(lab).items() if one in inbox)
    after = lab.play(lab.plan(62, 4, (GE, TR), (TR, GE)))
    assert lab.proof(after.accepted, 60).holds


def answers(lab: Lab) -> bool:
    """Whether the node answers at its socket."""
    try:
        with lab.client(GE) as node:
            return bool(node.status())
    except LocalTrouble:
        return False


def held(lab: Lab) -> dict[bytes, bool]:
    """Records that the node holds, and whether each may be a repeat."""
    with lab.client(GE) as node:
        return {one.record_id: one.possible_repeat for one in inbox(node)}
