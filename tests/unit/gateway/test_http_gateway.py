"""The HTTP gateway of a real node: submit, take, acknowledge, ask, look."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_http import Caller, Serving
from builders_store import incoming, received
from builders_wire import MRN, declaration, new_entry
from corridor.daemon import back_pressure
from corridor.exchange.values import Position
from corridor.gateway.http.examples import example_record
from corridor.gateway.http.reading import PROTOBUF, XML
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import Endpoint
from corridor.wire.batches import encode_entry
from corridor.wire.records import encode_record, record_to_json
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]
RECORD = json.loads(record_to_json(declaration()))
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "ncts"
TR = Endpoint("TR.GTB")


def other_record() -> dict[str, object]:
    changed = json.loads(json.dumps(RECORD))
    changed["header"]["sender_sequence"] = "7"
    return changed


def test_a_record_in_each_form_is_kept(serving: Serving) -> None:
    call = serving.caller()
    answers = [
        call("POST", "/v1/records?to=TR", RECORD),
        call("POST", "/v1/records?to=TR.GTB&lane=bulk", RECORD),
        call("POST", "/v1/records?to=TR", encode_record(declaration()), Content_Type=PROTOBUF),
        call("POST", "/v1/records?to=TR", (FIXTURES / "cc015c.xml").read_bytes(), Content_Type=XML),
        call("POST", "/v1/records?to=TR&attach_original=true",
             (FIXTURES / "cc007c.xml").read_bytes(), Content_Type=XML),
        call("POST", "/v1/records?to=TR", example_record()),
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [202] * 6
    assert len({answer.json["record_id"] for answer in answers}) == 6
    ledger = call("GET", f"/v1/records/{answers[1].json['record_id']}").json
    (line,) = ledger["sent"]
    assert (line["recipient"], line["lane"], line["verdict"]) == ("TR.GTB", "bulk", None)
    assert line["record_type"] == "declaration"


def test_the_same_key_keeps_a_record_once(serving: Serving) -> None:
    call = serving.caller()
    first = call("POST", "/v1/records?to=TR", RECORD, Idempotency_Key="once")
    again = call("POST", "/v1/records?to=TR.GTB", encode_record(declaration()),
                 Idempotency_Key="once", Content_Type=PROTOBUF)  # fmt: skip
    assert (first.status, again.status) == (202, 200)
    assert again.json == {**first.json, "status": "duplicate"}
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    for to, record in (("AZ", RECORD), ("TR", other_record())):
        conflict = call("POST", f"/v1/records?to={to}", record, Idempotency_Key="once")
        assert (conflict.status, conflict.json["reason"]) == (409, "idempotency_conflict")
    assert len(call("GET", f"/v1/records/{first.json['record_id']}").json["sent"]) == 1


def test_a_key_belongs_to_its_client_and_a_refusal_uses_none(serving: Serving) -> None:
    office, sender = serving.caller(), serving.caller("sender")
    refused = office("POST", "/v1/records?to=AM", RECORD, Idempotency_Key="mine")
    assert refused.status == 422
    kept = office("POST", "/v1/records?to=TR", RECORD, Idempotency_Key="mine")
    theirs = sender("POST", "/v1/records?to=TR", RECORD, Idempotency_Key="mine")
    assert (kept.status, theirs.status) == (202, 202)
    assert kept.json["record_id"] != theirs.json["record_id"]


def test_one_key_from_many_at_once_is_kept_once(serving: Serving) -> None:
    found = []

    def offer() -> None:
        call = serving.caller()
        found.append(call("POST", "/v1/records?to=TR", RECORD, Idempotency_Key="race"))

    threads = [threading.Thread(target=offer) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.json["record_id"] for answer in found}) == 1
    assert sorted(answer.status for answer in found) == [200] * 11 + [202]


def test_a_role_that_may_claim_a_lane_claims_it(serving: Serving) -> None:
    call = serving.caller("urgent")
    kept = call("POST", "/v1/records?to=TR&lane=urgent", RECORD)
    assert kept.status == 202
    assert call("POST", "/v1/records?to=TR&lane=bulk", RECORD).status == 403
    assert call("POST", "/v1/records?to=TR", RECORD).status == 202


def test_each_of_many_has_its_result(serving: Serving) -> None:
    call = serving.caller("sender")
    records = [
        {"to": "TR", "record": RECORD, "idempotency_key": "b1"},
        {"to": "TR", "record": RECORD, "idempotency_key": "b1"},
        {"to": "TR", "record": other_record(), "idempotency_key": "b1"},
        {"to": "TR", "record": {"x": 1}},
        {"to": "TR", "record": {"header": {}}},
        {"to": "AZ", "record": RECORD},
        {"to": "TR", "record": RECORD, "lane": "urgent"},
        {"to": "TR", "record": RECORD, "lane": "routine"},
    ]
    answer = call("POST", "/v1/records:bulk", {"records": records})
    assert answer.status == 200
    assert [(one["status"], one["code"]) for one in answer.json["results"]] == [
        ("accepted", None),
        ("duplicate", None),
        ("conflict", "conflict"),
        ("refused", "malformed"),
        ("refused", "refused"),
        ("refused", "recipient_not_allowed"),
        ("refused", "lane_not_allowed"),
        ("accepted", None),
    ]
    paths = [[fault["path"] for fault in one["faults"]] for one in answer.json["results"]]
    assert paths[3] == ["records[3].record.[0]"]
    assert (paths[5], paths[6]) == (["records[5].to"], ["records[6].lane"])


def test_many_in_protobuf_are_known_by_their_record_ids(serving: Serving) -> None:
    call = serving.caller()
    record, record_id = (
        encode_record(declaration()),
        uuid7(time.time_ns() // 1_000_000, bytes(10)),
    )
    one = local.LocalSubmission(recipient="TR", record=record, record_id=record_id, lane=3)
    urgent = local.LocalSubmission(recipient="TR", record=record, lane=1)
    body = local.SubmitRequest(submissions=[one, one, urgent]).SerializeToString()
    answer = call("POST", "/v1/records:bulk", body, Content_Type=PROTOBUF)
    assert [found["status"] for found in answer.json["results"]] == [
        "accepted", "duplicate", "refused"
    ]  # fmt: skip
    assert answer.json["results"][0]["record_id"] == record_id.hex()


def test_a_question_is_a_record(serving: Serving) -> None:
    call = serving.caller()
    asked = {"to": "TR", "kind": "status", "ids": [{"kind": "mrn", "value": "26TR3401004B7KQ2J5"}]}
    kept = call("POST", "/v1/queries", asked, Idempotency_Key="q1")
    assert kept.status == 202
    assert call("POST", "/v1/queries", asked, Idempotency_Key="q1").status == 200
    (found,) = call("GET", "/v1/records?mrn=26tr3401004b7kq2j5").json["records"]
    assert found["sent"][0]["record_type"] == "exchange"
    assert found["record_id"] == kept.json["record_id"]


def test_pages_hold_every_record_once(serving: Serving) -> None:
    call = serving.caller()
    mrn = "26TR3401004B7KQ2J9"
    record = json.loads(json.dumps(RECORD))
    record["header"]["movement"]["ids"][0]["value"] = mrn
    sent = {call("POST", "/v1/records?to=TR", record).json["record_id"] for _ in range(5)}
    found, skip = [], 0
    while skip is not None:
        page = call("GET", f"/v1/records?mrn={mrn}&limit=2&skip={skip}").json
        found += [one["record_id"] for one in page["records"]]
        skip = page["next"]
    assert len(found) == 5
    assert set(found) == sent


def test_records_of_partners_are_taken_and_acknowledged(serving: Serving) -> None:
    office, watch = serving.caller(), serving.caller("watch")
    entry = encode_entry(new_entry(bytes(15) + b"\x07", declaration()))
    one = incoming(0, 7, entry=entry, terms=(("mrn", MRN),))
    with serving.node._store.transaction() as change:
        change.keep_received(received(1, one, peer=TR, position=Position(1, 1)))
    page = office("GET", "/v1/inbox?limit=1").json
    (shown,) = page["records"]
    assert (shown["sender"], shown["record_type"]) == ("TR.GTB", "declaration")
    assert shown["record"] == RECORD
    assert page["next"] == shown["cursor"]
    assert office("GET", f"/v1/inbox?after={page['next']}").json == {
        "records": [], "next": page["next"],
    }  # fmt: skip
    found = {
        caller: caller("GET", f"/v1/records?mrn={MRN}&limit=1000").json["records"]
        for caller in (office, watch)
    }
    assert [one for one in found[office] if one["received"]]
    assert not [one for one in found[watch] if one["received"]]  # contents are for readers
    for count in (1, 0):
        told = office("POST", "/v1/inbox/ack", {"up_to": page["next"]})
        assert told.json == {"acknowledged": count}


def test_who_waits_is_woken_and_no_more_than_a_few_wait(serving: Serving) -> None:
    call = serving.caller()
    begun = time.monotonic()
    assert call("GET", "/v1/outcomes?wait_s=0.2&after=99").json == {"outcomes": [], "next": 99}
    assert 0.2 <= time.monotonic() - begun < 5
    statuses: list[int] = []

    def wait() -> None:
        statuses.append(serving.caller()("GET", "/v1/outcomes?wait_s=2&after=99").status)

    threads = [threading.Thread(target=wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert call("GET", "/v1/partners").status == 200  # the others are answered meanwhile
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 503}
    assert statuses.count(200) <= 16


def test_the_node_tells_how_it_is(serving: Serving) -> None:
    watch = serving.caller("watch")
    assert watch("GET", "/v1/status").json["endpoint"] == "GE.RS"
    partners = watch("GET", "/v1/partners").json["partners"]
    assert [one["endpoint"] for one in partners] == ["AZ.SCC", "TR.GTB"]
    reasons = {one["reason"]: one for one in watch("GET", "/v1/reasons").json["reasons"]}
    assert reasons["lane_not_allowed"]["number"] == 430
    assert all(one["cure"] and one["meaning"] for one in reasons.values())
    health = serving.caller(None)("GET", "/v1/health")
    assert (health.status, health.json["ready"]) == (200, True)


def test_requests_are_counted_by_route_and_code(serving: Serving) -> None:
    call = serving.caller()
    call("GET", "/v1/records/x")
    call("GET", "/secret/of/somebody")
    url = f"http://127.0.0.1:{serving.node.web.port}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        text = answer.read().decode()
    requests = "corridor_http_requests_total{"
    assert f'{requests}method="GET",route="/v1/records/{{record_id}}",status="4xx"}} 1.0' in text
    assert f'{requests}method="GET",route="none",status="4xx"}} 1.0' in text
    assert f'{requests}method="POST",route="/v1/records",status="5xx"}} 0.0' in text
    for code in ("invalid", "not_found"):
        assert f'corridor_http_problems_total{{code="{code}"}} 1.0' in text
    assert 'corridor_http_problems_total{code="store_full"} 0.0' in text
    assert "secret" not in text


def test_a_full_disk_is_told_and_nothing_is_kept(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = serving.caller()
    monkeypatch.setattr(back_pressure, "free_mib", lambda _: 0)
    serving.node._pressure.measure()
    before = serving.node._store.counts()
    for path, body in (
        ("/v1/records?to=TR", RECORD),
        ("/v1/records:bulk", {"records": [{"to": "TR", "record": RECORD}] * 3}),
    ):
        answer = call("POST", path, body, Idempotency_Key="full")
        assert (answer.status, answer.json["reason"]) == (503, "store_full")
        assert int(answer.headers["retry-after"]) > 0
    assert call("GET", "/v1/health").status == 503
    assert serving.node._store.counts() == before


def test_a_client_that_asks_too_often_waits_and_others_do_not(node_folder: NodeFolder) -> None:
    with Serving(node_folder(), requests_per_s=5.0, burst=10) as serving:
        office, watch = serving.caller(), serving.caller("watch")
        statuses = [office("GET", "/v1/outcomes").status for _ in range(14)]
        assert statuses[:10] == [200] * 10
        assert 429 in statuses
        refused = office("GET", "/v1/outcomes")
        assert (refused.status, refused.json["code"]) == (429, "rate_limited")
        assert watch("GET", "/v1/outcomes").status == 200
        time.sleep(int(refused.headers["retry-after"]))
        assert office("GET", "/v1/outcomes").status == 200


def test_a_reload_takes_up_who_was_added_and_drops_who_was_revoked(node_folder: NodeFolder) -> None:
    from corridor.errors import ConfigurationError  # noqa: PLC0415
    from corridor.gateway.http.clients import load_clients, save_clients  # noqa: PLC0415

    with Serving(node_folder()) as serving:
        path = serving.config.http.tokens_file
        left = [one for one in load_clients(path).all if one.name != "watch"]
        save_clients(path, left)
        assert serving.caller("watch")("GET", "/v1/partners").status == 200
        serving.server.reload()
        assert serving.caller("watch")("GET", "/v1/partners").status == 401
        path.write_text("{")
        with pytest.raises(ConfigurationError, match="clients"):
            serving.server.reload()
        assert serving.caller()("GET", "/v1/partners").status == 200


def test_a_stop_ends_those_who_wait(node_folder: NodeFolder) -> None:
    with Serving(node_folder()) as serving:
        ended: list[int] = []
        call = serving.caller()

        def wait() -> None:
            ended.append(call("GET", "/v1/inbox?wait_s=30").status)

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        begun = time.monotonic()
        serving.server.stop()
        assert time.monotonic() - begun < 5
        thread.join(5)
    assert ended == [200]


def test_a_server_that_was_never_started_can_be_stopped(node_folder: NodeFolder) -> None:
    serving = Serving(node_folder())
    port = serving.server.port
    serving.server.stop()
    serving.node.stop()
    with pytest.raises(OSError, match="refused"):
        Caller(port, None)("GET", "/v1/health")
