"""The whole way of a record over real brokers, and what an officer may do about it."""

import json
import os
import time

import pytest

from builders_lab import AZ, GE, TR, Lab, corridor, until
from builders_wire import declaration
from corridor.errors import NodeRefused
from corridor.lab.nodes import wait_nodes
from corridor.transit.identifiers import uuid7
from corridor.wire.v1 import local_pb2 as local

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def offer(lab: Lab, to: str) -> bytes:
    record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
    record = declaration().SerializeToString()
    one = local.LocalSubmission(recipient=to, record=record, record_id=record_id)
    with lab.client(TR) as node:
        (result,) = node.submit([one])
    assert result.status == "accepted"
    return record_id


def line(lab: Lab, record_id: bytes) -> local.LocalLedgerLine:
    with lab.client(TR) as node:
        (found,) = node.timeline(record_id).sent
    return found


def take(lab: Lab, record_id: bytes) -> int:
    """Take everything from GE's inbox up to a record; returns its cursor."""
    with lab.client(GE) as node:
        cursor = 0
        while True:
            for one in node.take(cursor, limit=256, wait_ms=5000):
                cursor = one.cursor
                if one.record_id == record_id:
                    return cursor


def test_a_record_goes_through_all_six_steps_though_its_recipient_dies(lab: Lab) -> None:
    recorder = lab.network.recorders[GE]  # it takes and acknowledges at once
    recorder.stop()
    try:
        go_through_all_six(lab)
    finally:
        recorder.start()


def go_through_all_six(lab: Lab) -> None:
    record_id = offer(lab, "GE")
    assert until(lambda: line(lab, record_id).missing == "handed", 20), line(lab, record_id)
    cursor = take(lab, record_id)
    assert until(lambda: line(lab, record_id).missing == "acknowledged", 20)
    node = lab.network.nodes[GE]
    node.kill()
    node.start()
    wait_nodes([node], 60)
    handed_ms = line(lab, record_id).handed_ms
    with lab.client(GE) as client:
        (here,) = client.timeline(record_id).received
        assert (here.handed, here.acknowledged) == (True, False)
        client.acknowledge(cursor)
    assert until(lambda: not line(lab, record_id).missing, 20)
    whole = line(lab, record_id)
    assert whole.accepted_ms <= whole.sealed_ms <= whole.confirmed_ms
    assert whole.sealed_ms <= whole.receipted_ms
    assert whole.handed_ms == handed_ms <= whole.acknowledged_ms
    assert (whole.verdict, whole.telling, whole.turn) == ("accepted", "tells", "nobody")
    config = lab.config(TR)
    shown = corridor("records", "timeline", record_id.hex(), "--config", config, "--json")
    (way,) = json.loads(shown.stdout)
    assert all(step["taken"] and step["at"] for step in way["steps"])
    with lab.client(TR) as client, pytest.raises(NodeRefused, match="signed for it at"):
        client.resend(record_id, "nobody called")
    with lab.client(TR) as client, pytest.raises(NodeRefused, match="was sealed at"):
        client.withdraw(record_id, "a mistake")


def test_a_record_without_a_receipt_is_published_again_when_an_officer_asks(lab: Lab) -> None:
    assert lab.network.nodes[AZ].stop()
    record_id = offer(lab, "AZ")
    assert until(lambda: line(lab, record_id).missing == "stored", 20)
    assert "nobody has answered since" in line(lab, record_id).sentence
    time.sleep(1.1)  # the same bytes are not repeated twice within a second
    with lab.client(TR) as client:
        (decided,) = client.resend(record_id, "they called: nothing there")
    assert decided.kind == "repeated"
    assert until(lambda: line(lab, record_id).published_ms > line(lab, record_id).confirmed_ms, 20)
    assert [act.why for act in line(lab, record_id).acts] == ["they called: nothing there"]
    lab.network.nodes[AZ].start()
    wait_nodes([lab.network.nodes[AZ]], 60)
    assert until(lambda: line(lab, record_id).verdict == "accepted", 60)


def test_a_record_that_waits_is_withdrawn_and_never_leaves(lab: Lab) -> None:
    broker = lab.network.brokers[TR]
    broker.kill()
    with lab.client(TR) as client:
        assert until(lambda: bool(client.status()["attention"]), 20)
    record_id = offer(lab, "GE")
    assert "cannot be reached now" in line(lab, record_id).sentence
    with lab.client(TR) as client:
        (decided,) = client.withdraw(record_id, "declared twice")
        assert decided.kind == "withdrawn"
        with pytest.raises(NodeRefused, match="withdrawn already"):
            client.withdraw(record_id, "declared twice")
    broker.start()
    found = line(lab, record_id)
    assert (found.reason, found.turn, found.sealed_ms) == ("withdrawn", "own_system", 0)
    later = offer(lab, "GE")
    assert until(lambda: line(lab, later).verdict == "accepted", 60)
    with lab.client(GE) as client:
        assert not client.timeline(record_id).received
