"""`corridor movement` against a node that runs: shown, listed, asked about."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_local_socket import Running

from builders_cli import corridor
from builders_movement import RARE
from builders_wire import MRN, declaration
from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.movements import Scenario, generate_movements
from corridor.transit.identifiers import uuid7
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]
YEAR_MS = 366 * 86_400_000


@pytest.fixture
def running(node_folder: NodeFolder) -> Iterator[Running]:
    with Running(node_folder()) as made:
        yield made


def config_of(running: Running) -> Path:
    return running.config.store.path.parents[1] / "node.toml"


def overdue() -> GeneratedRecord:
    """A release of last year, of which nothing was heard since."""
    began_ms = time.time_ns() // 1_000_000 - YEAR_MS
    way = Scenario((("GE", "TR"),), began_ms, tir=0, guarantee_abroad=0, spacing_ms=RARE.spacing_ms)
    return next(iter(generate_movements(5, 1, way)))


def submit(running: Running, record: bytes) -> None:
    record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
    with running.client() as node:
        (kept,) = node.submit(
            [local.LocalSubmission(recipient="TR", record=record, record_id=record_id)]
        )
    assert kept.status == "accepted"


def test_an_officer_sees_lists_and_asks(running: Running) -> None:
    told = overdue()
    mrn = told.record.header.movement.ids[0].value
    submit(running, told.record.SerializeToString())
    config = config_of(running)
    said = corridor("movement", "show", mrn, "--config", config, "--history")
    assert said.status == 0, said.err
    assert "released, on the way   (as GE sees it)" in said.out
    assert "! arrival overdue since" in said.out
    assert "→ enquiry to TR is drafted" in said.out
    assert corridor("movement", "show", mrn, "--config", config, "--json").json["state"] == "S6"
    running.node._tracker.turn(budget_s=5)
    assert mrn in corridor("movement", "list", "--overdue", "--config", config).out
    shown = corridor("movement", "enquire", mrn, "--config", config)
    assert "enquiry to TR: not sent" in shown.out
    sent = corridor("movement", "enquire", mrn, "--send", "--config", config, "--json")
    assert [one["status"] for one in sent.json] == ["accepted"]
    # what was sent is part of the movement now, and is not drafted again
    assert "enquiry open" in corridor("movement", "show", mrn, "--config", config).out
    again = corridor("movement", "enquire", mrn, "--send", "--config", config)
    assert "nothing is to be asked" in again.out


def test_what_cannot_be_shown_says_why(running: Running) -> None:
    config = config_of(running)
    said = corridor("movement", "show", MRN, "--config", config)
    assert said.status == 1
    assert "no record here carries" in said.err
    assert "no such movement" in corridor("movement", "list", "--config", config).out
    both = corridor("movement", "list", "--open", "--overdue", "--config", config)
    assert both.status == 2


def test_what_was_left_out_of_a_copy_is_told(running: Running, tmp_path: Path) -> None:
    record = declaration()
    record.header.ClearField("sender_office")
    del record.declaration.dataset.guarantees[:]
    reference = record.declaration.dataset.guarantees.add().references.add(access_code="qX7z9")
    reference.office.reference = "AZ000001"
    file = tmp_path / "record.bin"
    file.write_bytes(record.SerializeToString())
    said = corridor("send", file, "--to", "TR", "--config", config_of(running), "--json")
    assert said.json["left_out"] == ["declaration.dataset.guarantees[0].references[0].access_code"]
    assert "left out, TR is not entitled to it" in said.err
