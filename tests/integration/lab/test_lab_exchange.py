"""Three countries exchange records over real brokers."""

import os
import time
import urllib.request

import pytest

from builders_lab import AZ, GE, TR, Lab, corridor, told, until
from builders_wire import declaration
from corridor.seal.frame import parse_frame
from corridor.transit.identifiers import uuid7
from corridor.trust.frames import is_statement_frame
from corridor.wire.records import record_to_json
from corridor.wire.v1 import local_pb2 as local

pytestmark = pytest.mark.broker


def new_id() -> bytes:
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def offer(
    lab: Lab, record: bytes, to: str = "GE", record_id: bytes | None = None
) -> local.SubmitResult:
    one = local.LocalSubmission(recipient=to, record=record, record_id=record_id)
    with lab.client(TR) as node:
        (result,) = node.submit([one])
    return result


def test_records_cross_sealed_are_stored_once_and_receipted(lab: Lab) -> None:
    plan = lab.plan(11, 4)
    played = lab.play(plan)
    assert played.refused == []
    proof = lab.proof(played.accepted)
    assert proof.holds, proof
    assert proof.planned == proof.handed == proof.receipted == len(plan)
    assert {one.sender[:2] for one in plan} == {"TR", "GE", "AZ"}


def test_the_ledger_tells_how_far_a_record_has_come(lab: Lab) -> None:
    record_id = new_id()
    offer(lab, declaration().SerializeToString(), "GE.RS", record_id)
    with lab.client(TR) as node:
        assert until(lambda: node.ledger(record_id)[0].receipted_ms > 0, 20)
        (line,) = node.ledger(record_id)
    assert line.accepted_ms <= line.sealed_ms <= line.receipted_ms
    assert (line.recipient, line.verdict, line.reason) == ("GE.RS", "accepted", "")


def test_the_same_record_twice_is_kept_once(lab: Lab) -> None:
    record, record_id = declaration().SerializeToString(), new_id()
    assert offer(lab, record, "GE", record_id).status == "accepted"
    assert offer(lab, record, "GE", record_id).status == "duplicate"
    assert until(lambda: ids_at(lab).count(record_id.hex()) == 1, 20)


def ids_at(lab: Lab) -> list[str]:
    return [record_id for _, record_id, _ in lab.handed().elements()]


def test_the_same_id_with_other_bytes_is_a_conflict_and_changes_nothing(lab: Lab) -> None:
    record, record_id = declaration(), new_id()
    assert offer(lab, record.SerializeToString(), "GE", record_id).status == "accepted"
    record.header.movement.ids[0].value = "25TR3401004B7KQ2J5"
    other = offer(lab, record.SerializeToString(), "GE", record_id)
    assert (other.status, other.reason) == ("conflict", "record_id_conflict")


def test_a_malformed_record_is_refused_with_the_path_of_its_fault_and_not_kept(lab: Lab) -> None:
    record = declaration()
    record.declaration.dataset.consignment.gross_mass.lexical = "much"
    refused = offer(lab, record.SerializeToString())
    assert (refused.status, refused.reason) == ("refused", "record_invalid")
    assert any("declaration.dataset.consignment.gross_mass" in fault for fault in refused.faults)
    assert not any("much" in fault for fault in refused.faults)
    assert offer(lab, b"\xff\xff\xff").reason == "record_malformed"
    with lab.client(TR) as node:
        assert list(node.ledger(refused.record_id)) == []


@pytest.mark.parametrize("unknown", ["AM", "AM.CUSTOMS", "GE.OTHER", "georgia", "", "TR"])
def test_a_recipient_without_agreement_is_refused_by_name(lab: Lab, unknown: str) -> None:
    refused = offer(lab, declaration().SerializeToString(), unknown)
    assert (refused.status, refused.reason) == ("refused", "unknown_recipient")


def test_send_and_inbox_serve_a_person_at_a_terminal(lab: Lab) -> None:
    record_id = new_id()
    file = lab.network.directory / "declaration.json"
    file.write_text(record_to_json(declaration()))
    sent = corridor("send", file, "--to", "AZ", "--config", lab.config(TR), "--record-id",
                    record_id.hex(), "--json")  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    assert told(sent)["record_id"] == record_id.hex()
    assert until(lambda: record_id.hex() in ids_at(lab), 20)
    inbox = told(corridor("inbox", "--config", lab.config(AZ), "--limit", 4096, "--json"))
    (found,) = [one for one in inbox if one["record_id"] == record_id.hex()]
    assert (found["sender"], found["type"]) == ("TR.GTB", "declaration")
    outcomes = told(corridor("inbox", "--outcomes", "--config", lab.config(TR), "--limit", 4096,
                             "--json"))  # fmt: skip
    assert [one["verdict"] for one in outcomes if one["record_id"] == record_id.hex()] == [
        "accepted"
    ]


def test_status_says_that_nothing_needs_a_person(lab: Lab) -> None:
    status = corridor("status", "--config", lab.config(GE), "--json")
    assert status.returncode == 0, status.stdout
    said = told(status)
    assert said["attention"] == []
    assert [peer["endpoint"] for peer in said["peers"]] == ["AZ.SCC", "TR.GTB"]
    assert said["broker"]["inboxes"] == ["AZ", "TR"]
    shown = corridor("status", "--config", lab.config(GE)).stdout
    assert "connected" in shown
    assert "TR.GTB" in shown


def test_metrics_are_what_prometheus_likes_and_say_what_crossed(lab: Lab) -> None:
    url = lab.network.nodes[GE].plan.metrics_url
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
        text = answer.read().decode()
    assert 'corridor_broker_connected{role="sender"} 1.0' in text
    assert 'corridor_records_stored_total{peer="TR.GTB"}' in text
    for page in ("/-/ready", "/-/healthy", "/"):
        place = url.replace("/metrics", page)
        with urllib.request.urlopen(place, timeout=5) as answer:  # noqa: S310 - loopback
            assert answer.status == 200


def test_a_frame_on_the_way_shows_its_outside_to_anybody_and_its_inside_to_its_recipient(
    lab: Lab,
) -> None:
    played = lab.play(lab.plan(12, 2, ("TR", "AZ")))
    assert lab.proof(played.accepted).holds
    frames = [
        one.body
        for one in lab.tap.messages()
        if not is_statement_frame(one.body) and parse_frame(one.body).header.sender == "TR.GTB"
    ]
    file = lab.network.directory / "frame.crd"
    file.write_bytes(max(frames, key=len))
    seen = corridor("envelope", "inspect", file, "--json")
    assert told(seen)["sender"] == "TR.GTB"
    keys = lab.network.nodes[AZ].plan.directory / "keys"
    opened = told(corridor("envelope", "open", file, "--keys", keys, "--json"))
    assert {"TR"} <= {one["content"]["header"]["movement"]["ids"][0]["value"][2:4]
                      for one in opened["records"] if "content" in one}  # fmt: skip
    assert "movement_released" in corridor("envelope", "open", file, "--keys", keys).stdout
    others = corridor("envelope", "open", file, "--keys", keys.parents[1] / "GE" / "keys")
    assert others.returncode == 5
    assert "no key" in others.stderr
    file.write_bytes(file.read_bytes()[:-1])
    assert corridor("envelope", "inspect", file).returncode == 1
