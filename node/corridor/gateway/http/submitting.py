"""Routes by which records come in: one, many, and a question to a partner."""

from contextlib import nullcontext
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import ValidationError

from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason, Refused
from corridor.exchange.values import Lane
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.desk import DeskOf, bulk_result, kept, may, offer
from corridor.gateway.http.document import body_of, problems
from corridor.gateway.http.problems import Fault, Problem, of_refused, refusal
from corridor.gateway.http.reading import (
    JSON,
    PROTOBUF,
    XML,
    json_record,
    media_type,
    parse_json,
    read_record,
)
from corridor.gateway.http.validity import faults_of
from corridor.wire.local import parse_submit
from corridor.wire.records import encode_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

router = APIRouter(tags=["records"])
Submitter = Annotated[Client, Depends(may("submit"))]
KeyHeader = Annotated[
    models.Key | None,
    Header(
        alias="Idempotency-Key",
        description="The same key with the same record is kept once, for ever; use a fresh one for"
        " each record, for example a UUID.",
    ),
]
_LARGE: Final = 2 * 1024 * 1024
"""Messages above it are read one at a time."""
_SENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It was accepted before under the same key; nothing more is done.",
        "model": models.Kept,
        "headers": {
            "Idempotency-Replayed": {
                "description": "Always `true` here.", "schema": {"type": "string", "enum": ["true"]}
            }
        },
    },
    202: {"description": "It is stored: the node answers for it.", "model": models.Kept},
}  # fmt: skip


async def whole_body(request: Request) -> bytes:
    """Return the body, which the guard has read and measured."""
    return await request.body()


Body = Annotated[bytes, Depends(whole_body)]


@router.post(
    "/v1/records",
    operation_id="submitRecord",
    summary="Submit one record for a partner",
    status_code=202,
    response_model=models.Kept,
    responses={**_SENT, **problems(400, 403, 408, 409, 413, 415, 422, 503)},
    openapi_extra=body_of(
        {
            JSON: {"$ref": "#/components/schemas/TransitRecord"},
            PROTOBUF: {"type": "string", "format": "binary"},
            XML: {"type": "string"},
        }
    ),
)
def submit_record(  # noqa: PLR0913, PLR0917 - one for each parameter
    request: Request,
    response: Response,
    client: Submitter,
    desk: DeskOf,
    body: Body,
    to: Annotated[models.Recipient, Query(description="The partner: its country or endpoint.")],
    lane: Annotated[
        models.LaneName | None,
        Query(description="How soon it leaves; the record's type decides where it is not given."),
    ] = None,
    attach_original: Annotated[  # noqa: FBT002 - a parameter of the address
        bool, Query(description="XML only: let the message itself travel too.")
    ] = False,
    idempotency_key: KeyHeader = None,
) -> models.Kept:
    """Give the node a record for a partner.

    The body is a TransitRecord in protobuf's JSON or in binary, or an NCTS message in XML. The
    answer comes when the record is on the node's disk; its receipt comes later: see
    `/v1/outcomes`.
    """
    kind = media_type(request.headers.get("content-type"), (JSON, PROTOBUF, XML))
    with desk.large if len(body) > _LARGE else nullcontext():
        read = read_record(kind, body, attach_original=attach_original, manner=desk.manner)
    (answer,) = desk.service.submit([offer(client, to, read.record, lane, idempotency_key)])
    return _replayed(kept(answer, read.warnings), response)


@router.post(
    "/v1/records:bulk",
    operation_id="submitRecords",
    summary="Submit up to 1,000 records",
    response_model=models.BulkReply,
    responses=problems(400, 403, 408, 413, 415, 422, 503),
    openapi_extra=body_of(
        {
            JSON: {"$ref": "#/components/schemas/Bulk"},
            PROTOBUF: {"type": "string", "format": "binary"},
        }
    ),
)
def submit_records(
    request: Request, client: Submitter, desk: DeskOf, body: Body
) -> models.BulkReply:
    """Give the node many records; each is judged by itself and has its result, in order.

    In protobuf the body is a `SubmitRequest` of local.proto, whose `record_id` is the idempotency
    key of each. Those that are sound are kept in one step, together or not at all.
    """
    kind = media_type(request.headers.get("content-type"), (JSON, PROTOBUF))
    offers = _bulk_of_json(client, body) if kind == JSON else _bulk_of_protobuf(client, body)
    wait_s = desk.rates.wait_s(client.name, len(offers) - 1) if len(offers) > 1 else 0
    if wait_s:
        raise Problem("rate_limited", headers={"Retry-After": str(int(wait_s) + 1)})
    answers = iter(desk.service.submit([one for one in offers if isinstance(one, Offered)]))
    told: list[Answer | Problem] = [
        next(answers) if isinstance(one, Offered) else one for one in offers
    ]
    if all(isinstance(one, Answer) and one.reason is Reason.STORE_FULL for one in told):
        raise refusal(Reason.STORE_FULL, ())
    results = [bulk_result(one, index) for index, one in enumerate(told)]
    return models.BulkReply.model_construct(results=results)


@router.post(
    "/v1/queries",
    operation_id="askPartner",
    summary="Ask a partner about a movement",
    status_code=202,
    response_model=models.Kept,
    responses={**_SENT, **problems(400, 403, 408, 409, 413, 415, 422, 503)},
    openapi_extra=body_of({JSON: {"$ref": "#/components/schemas/QueryAsked"}}),
    tags=["movements"],
)
def ask_partner(  # noqa: PLR0913, PLR0917 - one for each parameter
    request: Request,
    response: Response,
    client: Submitter,
    desk: DeskOf,
    body: Body,
    idempotency_key: KeyHeader = None,
) -> models.Kept:
    """Send a partner a question (record type `exchange`); its answer comes into the inbox."""
    media_type(request.headers.get("content-type"), (JSON,))
    asked = validated(models.QueryAsked, parse_json(body))
    made = offer(client, asked.to, _query(asked), asked.lane, idempotency_key)
    (answer,) = desk.service.submit([made])
    return _replayed(kept(answer), response)


def _replayed(told: models.Kept, response: Response) -> models.Kept:
    if told.status == "duplicate":
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    return told


_SCHEMES = {
    "mrn": types.ID_SCHEME_MRN,
    "lrn": types.ID_SCHEME_LRN,
    "carnet": types.ID_SCHEME_TIR_CARNET,
}


def _query(asked: models.QueryAsked) -> bytes:
    record = records.TransitRecord()
    record.header.model_version = 1
    for one in asked.ids:
        record.header.movement.ids.add(scheme=_SCHEMES[one.kind], value=one.value)
    record.exchange.query.kind = records.QueryKind.Value(f"QUERY_KIND_{asked.kind.upper()}")
    return encode_record(record)


def validated(model: Any, told: object) -> Any:  # noqa: ANN401 - one of the models
    """Return what was told as one of the models.

    Raises:
        Problem: invalid, with every fault.
    """
    try:
        return model.model_validate(told, strict=True)
    except ValidationError as error:
        raise Problem("invalid", faults=faults_of(error.errors(), "body")) from None


def _bulk_of_json(client: Client, body: bytes) -> list[Offered | Problem]:
    asked: models.Bulk = validated(models.Bulk, parse_json(body))
    return [_item(client, one, index) for index, one in enumerate(asked.records)]


def _item(client: Client, one: models.BulkItem, index: int) -> Offered | Problem:
    try:
        record = json_record(one.record, f"records[{index}].record.")
        return offer(client, one.to, record, one.lane, one.idempotency_key)
    except Problem as problem:
        return problem


def _bulk_of_protobuf(client: Client, body: bytes) -> list[Offered | Problem]:
    try:
        asked = parse_submit(body).submissions
    except Refused as refused:
        raise of_refused(refused) from None
    if not 1 <= len(asked) <= models.MAX_BULK:
        fault = Fault("submissions", "count", f"1 to {models.MAX_BULK} at once")
        raise Problem("invalid", faults=[fault])
    found: list[Offered | Problem] = []
    for one in asked:
        lane = Lane(one.lane - 1).name.lower() if 1 <= one.lane <= len(Lane) else None
        try:
            made = offer(client, one.recipient, one.record, lane, None)
        except Problem as problem:
            found.append(problem)
        else:
            given = one.record_id if one.HasField("record_id") else None
            found.append(made._replace(record_id=given))
    return found
