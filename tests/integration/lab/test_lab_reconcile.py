"""Two real nodes compare a day: agreed, then with a row that is gone, then agreed again."""

import os
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from builders_lab import GE, TR, Lab, corridor, told, until
from builders_wire import declaration
from corridor.daemon.reconciler import date_of
from corridor.lab.nodes import wait_nodes
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode
from corridor.wire.v1 import local_pb2 as local

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

DAY_MS = 86_400_000


def offer_of_yesterday(lab: Lab, sender: CountryCode, to: str) -> bytes:
    """Submit a record whose id was made yesterday, as by a national system that was late."""
    made_ms = time.time_ns() // 1_000_000 - DAY_MS
    record_id = uuid7(made_ms, os.urandom(10))
    record = declaration().SerializeToString()
    with lab.client(sender) as node:
        offered = local.LocalSubmission(recipient=to, record=record, record_id=record_id)
        (result,) = node.submit([offered])
        assert result.status == "accepted"
        assert until(lambda: bool(node.ledger(record_id)[0].receipted_ms), 60)
    return record_id


def reconcile(lab: Lab, code: CountryCode, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    config = lab.config(code)
    return told(corridor("reconcile", *arguments, "--config", config, "--json"))


def counted(lab: Lab, code: CountryCode, peer: str, day: int, state: str) -> bool:
    """Have a day counted now; whether it comes to stand so."""
    with lab.client(code) as node:
        node.count_days(peer, day)

        def stands() -> bool:
            (line,) = node.days(peer, day)["days"]
            return bool(line["state"] == state)

        return until(stands, 30)


def cases(lab: Lab, code: CountryCode, peer: str) -> list[dict[str, Any]]:
    with lab.client(code) as node:
        found: list[dict[str, Any]] = node.days(peer)["cases"]
    return found


def metric(lab: Lab, code: CountryCode, name: str, peer: str) -> float:
    url = lab.network.nodes[code].plan.metrics_url
    with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - our own
        lines = page.read().decode().splitlines()
    (line,) = [one for one in lines if one.startswith(f'{name}{{peer="{peer}')]
    return float(line.rpartition(" ")[2])


@contextmanager
def stopped(lab: Lab, code: CountryCode) -> Iterator[Path]:
    """Have a node stand still while somebody is at its store."""
    node = lab.network.nodes[code]
    node.stop()
    try:
        yield node.plan.store
    finally:
        node.start()
        wait_nodes([node], 60)


def test_a_day_is_agreed_and_a_row_that_is_gone_opens_a_case_until_it_is_back(lab: Lab) -> None:
    day = time.time_ns() // 1_000_000 // DAY_MS - 1
    offer_of_yesterday(lab, GE, "TR")
    lost = offer_of_yesterday(lab, TR, "GE")

    (line,) = reconcile(lab, TR, "now", "--peer", "GE", "--day", date_of(day))
    assert line["state"] == "agreed", line
    assert counted(lab, GE, "TR", day, "agreed")
    assert metric(lab, TR, "corridor_reconcile_cases", "GE") == 0
    assert metric(lab, TR, "corridor_reconcile_agreed_until_timestamp_seconds", "GE") > 0

    with stopped(lab, GE) as path, closing(sqlite3.connect(path)) as store, store:
        row = store.execute("SELECT * FROM inbox WHERE record_id = ?", (lost,)).fetchone()
        store.execute("DELETE FROM inbox WHERE record_id = ?", (lost,))

    assert counted(lab, GE, "TR", day, "different")
    shown = reconcile(lab, GE, "show", "--peer", "TR", "--day", date_of(day))
    (difference,) = shown["cases"][0]["differences"]
    assert (difference["direction"], difference["what"]) == ("received", "count")
    assert difference["theirs"] - difference["ours"] == 1
    assert shown["ours"]["envelope_id"]
    assert shown["theirs"]["envelope_id"]
    assert until(lambda: bool(cases(lab, TR, "GE")), 30)
    with lab.client(TR) as node:
        status = node.status()
    assert status["reconcile"]["cases"] == 1
    assert any("corridor reconcile show" in line for line in status["attention"])
    assert metric(lab, TR, "corridor_reconcile_cases", "GE") == 1

    with stopped(lab, GE) as path, closing(sqlite3.connect(path)) as store, store:
        places = ", ".join("?" * len(row))
        store.execute(f"INSERT INTO inbox VALUES ({places})", row)  # noqa: S608 - question marks

    assert counted(lab, GE, "TR", day, "agreed")
    assert until(lambda: not cases(lab, TR, "GE"), 30)
    with lab.client(TR) as node:
        assert node.day("GE", day)["cases"][0]["closed_ms"]
    text = corridor("reconcile", "show", "--peer", "GE", "--config", lab.config(TR)).stdout
    assert "case 1: opened" in text
