"""Movements and a record's whole way, over HTTP."""

import time

from builders_http import Serving
from builders_movement import RARE
from corridor.gateway.http.reading import PROTOBUF
from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.movements import Scenario, generate_movements

YEAR_MS = 366 * 86_400_000


def released() -> GeneratedRecord:
    """A release of last year, of which nothing was heard since."""
    began_ms = time.time_ns() // 1_000_000 - YEAR_MS
    way = Scenario((("GE", "TR"),), began_ms, tir=0, guarantee_abroad=0, spacing_ms=RARE.spacing_ms)
    return next(iter(generate_movements(5, 1, way)))


def test_a_movement_is_followed_from_its_record_on(serving: Serving) -> None:
    call = serving.caller()
    told = released()
    kept = call("POST", "/v1/records?to=TR", told.record.SerializeToString(),
                Content_Type=PROTOBUF)  # fmt: skip
    assert kept.status == 202
    assert kept.json["left_out"] == []
    mrn = told.record.header.movement.ids[0].value
    answer = call("GET", f"/v1/movements/{mrn}")
    assert answer.status == 200
    assert answer.json["movement"]["state"] == "S6"
    kinds = {one["kind"] for one in answer.json["drafts"]}
    assert "enquiry" in kinds
    assert all(one["record"]["header"] for one in answer.json["drafts"])
    serving.node._tracker.turn(budget_s=5)
    listed = call("GET", "/v1/movements?overdue=true").json["movements"]
    assert mrn in {one["value"] for one in listed}

    (way,) = call("GET", f"/v1/records/{kept.json['record_id']}").json["sent"]
    assert (way["missing"], way["turn"]) == ("sealed", "node")
    assert way["since_ms"] == way["accepted_ms"]
    assert "not" in way["sentence"]


def test_what_is_unknown_or_not_allowed_is_told(serving: Serving) -> None:
    missing = serving.caller()("GET", "/v1/movements/26GE0000000000000X")
    assert (missing.status, missing.json["code"]) == (404, "not_found")
    assert serving.caller("sender")("GET", "/v1/movements").status == 403
    assert serving.caller()("GET", "/v1/movements?limit=0").status == 422
