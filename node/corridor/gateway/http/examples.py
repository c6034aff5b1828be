"""Examples of the OpenAPI document, by the generator of test traffic: they are true records."""

import json
from functools import cache
from typing import Any, Final

from corridor.errors import Reason
from corridor.gateway.http.problems import MEDIA_TYPE, Fault, refusal
from corridor.standards.generate.movements import Scenario, generate_movements
from corridor.wire.records import record_to_json, record_type_of
from corridor.wire.v1.envelope_pb2 import RecordType

START_MS: Final = 1_793_491_200_000
RECORD_ID: Final = "019345e0c1a07b338000000000000001"


@cache
def example_record() -> dict[str, Any]:
    """Return a border passage as Georgia tells it to Türkiye, in protobuf's JSON."""
    told = generate_movements(1, 1, Scenario((("TR", "GE", "AZ"),), START_MS))
    wanted = RecordType.RECORD_TYPE_BORDER_PASSAGE
    record = next(one.record for one in told if record_type_of(one.record) == wanted)
    shown: dict[str, Any] = json.loads(record_to_json(record, None))
    return shown


def example_mrn() -> str:
    """Return the MRN of that record."""
    mrn: str = example_record()["header"]["movement"]["ids"][0]["value"]
    return mrn


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Put an example to every body, and to the answers that need one."""
    paths = document["paths"]
    item = {"to": "GE", "idempotency_key": "case-4711-1", "record": example_record()}
    query = {"to": "GE", "kind": "movement", "ids": [{"kind": "mrn", "value": example_mrn()}]}
    for path, example in (
        ("/v1/records", example_record()),
        ("/v1/records:bulk", {"records": [item]}),
        ("/v1/inbox/ack", {"up_to": 17}),
        ("/v1/queries", query),
    ):
        content = paths[path]["post"]["requestBody"]["content"]
        content["application/json"]["example"] = example
    for path in ("/v1/records", "/v1/queries"):
        kept = paths[path]["post"]["responses"]["202"]["content"]["application/json"]
        kept["example"] = {"record_id": RECORD_ID, "status": "accepted"}
    _problem_examples(paths["/v1/records"]["post"]["responses"])
    return document


def _problem_examples(responses: dict[str, Any]) -> None:
    broken = refusal(
        Reason.RECORD_INVALID, ["string.max_len border_passage.office.reference.value"]
    )
    responses["422"]["content"][MEDIA_TYPE]["example"] = broken.body()
    denied = refusal(Reason.LANE_NOT_ALLOWED, [Fault("query.lane", "role")])
    responses["403"]["content"][MEDIA_TYPE]["example"] = denied.body()
