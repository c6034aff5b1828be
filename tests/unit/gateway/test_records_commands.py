"""`corridor records timeline | withdraw | resend` against a node that runs, its broker absent."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_local_socket import Running

from builders_cli import corridor
from builders_wire import MRN, declaration
from corridor.cli.timeline import picture, ways_of
from corridor.transit.identifiers import uuid7
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]


@pytest.fixture
def running(node_folder: NodeFolder) -> Iterator[Running]:
    with Running(node_folder()) as made:
        yield made


def test_a_record_is_shown_withdrawn_and_never_sent_again(running: Running) -> None:
    config = running.config.store.path.parents[1] / "node.toml"
    record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
    with running.client() as node:
        record = declaration().SerializeToString()
        node.submit([local.LocalSubmission(recipient="TR", record=record, record_id=record_id)])
    found = corridor("records", "timeline", MRN, "--config", config)
    assert found.status == 0, found.err
    assert "accepted by this node" in found.out
    assert record_id.hex() in found.out
    why = ("--reason", "the lorry did not come")
    done = corridor("records", "withdraw", record_id.hex(), *why, "--config", config)
    if done.status == 0:  # without a broker it may have been sealed already
        assert "never leaves this node" in done.out
        shown = corridor("records", "timeline", record_id.hex(), "--config", config)
        assert "withdrawn" in shown.out
        assert "the lorry did not come" in shown.out
    else:
        assert "sealed" in done.err
    again = corridor("records", "withdraw", record_id.hex(), *why, "--config", config)
    assert again.status != 0
    unknown = corridor("records", "timeline", "ab" * 16, "--config", config)
    assert unknown.status == 1
    wrong = corridor("records", "resend", "nonsense", *why, "--config", config)
    assert wrong.status != 0


def test_what_a_partner_refused_and_what_it_sent_is_drawn() -> None:
    sent = local.LocalLedgerLine(
        recipient="TR.GTB", record_type=1, accepted_ms=1_000, sealed_ms=2_000, confirmed_ms=3_000,
        receipted_ms=4_000, verdict="refused", reason="no_agreement", turn="own_system",
        since_ms=4_000, sentence="refused", faults=["a.rule a.path"], again=b"n" * 16,
    )  # fmt: skip
    came = local.LocalArrival(sender="TR.GTB", record_type=1, received_ms=1_000, handed=True,
                              handed_ms=2_000)  # fmt: skip
    reply = local.TimelineReply(sent=[sent], received=[came])
    refused, arrived = [picture(one) for one in ways_of(b"i" * 16, reply, "GE.RS")]
    assert "✗  1970-01-01T00:00:04Z  refused: no_agreement" in refused
    assert "a.rule a.path" in refused
    assert f"it goes on as {(b'n' * 16).hex()}" in refused
    assert "○" in arrived
    assert "has not acknowledged it since 1970-01-01T00:00:02Z" in arrived
