"""Routes by which national systems take, ask and look."""

from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query, Request, Response

from corridor.errors import NotAcknowledging, NotHandedOver, Reason
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.desk import DeskOf, delivery, ledger, may, way
from corridor.gateway.http.document import body_of, problems
from corridor.gateway.http.messages import ONE_MESSAGE, one_message, wants_xml
from corridor.gateway.http.problems import Fault, Problem, cure_of, meaning_of
from corridor.gateway.http.reading import JSON, media_type, parse_json
from corridor.gateway.http.submitting import Body, validated
from corridor.wire.records import TERM_KINDS

router = APIRouter()
Reader = Annotated[Client, Depends(may("read"))]
Follower = Annotated[Client, Depends(may("follow"))]
Finder = Annotated[Client, Depends(may("find"))]
Operator = Annotated[Client, Depends(may("operate"))]
After = Annotated[
    int,
    Query(ge=0, le=models.MAX_CURSOR, description="What was taken up to this cursor is left out."),
]
Limit = Annotated[int, Query(ge=1, le=models.MAX_PAGE, description="How many at most.")]
Wait = Annotated[
    float,
    Query(ge=0, le=models.MAX_WAIT_S, description="How long to wait for the first one, seconds."),
]
Skip = Annotated[int, Query(ge=0, le=4096, description="How many of the newest to leave out.")]
Term = Annotated[str | None, Query(min_length=1, max_length=64)]
_TIMES = problems(403, 422, 503)


@router.get(
    "/v1/records/{record_id}",
    operation_id="getRecord",
    summary="How far a record has come",
    response_model=models.Timeline,
    responses=problems(403, 404, 422, 503),
    tags=["records"],
)
def get_record(
    client: Follower,
    desk: DeskOf,
    record_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Hexadecimal.")],
) -> models.Timeline:
    """Return one line for each recipient, with every step that is known and whose turn it is."""
    del client
    sent = desk.service.timeline(bytes.fromhex(record_id)).sent
    if not sent:
        raise Problem("not_found", "No record of ours has this id.")
    shown = [way(one) for one in sent]
    return models.Timeline.model_construct(record_id=record_id, sent=shown)


@router.get(
    "/v1/records",
    operation_id="findRecords",
    summary="Find records by what they carry",
    response_model=models.Page,
    responses=_TIMES,
    tags=["records"],
)
def find_records(  # noqa: PLR0913, PLR0917 - one for each parameter
    client: Finder,
    desk: DeskOf,
    mrn: Term = None,
    lrn: Term = None,
    carnet: Term = None,
    container: Term = None,
    seal: Term = None,
    plate: Term = None,
    limit: Limit = 100,
    skip: Skip = 0,
) -> models.Page:
    """Return records, sent or received, that carry exactly one term, newest first.

    Exactly one of `mrn`, `lrn`, `carnet`, `container`, `seal` and `plate` is given. Contents of
    received records are shown to readers only. A record that arrives between two pages moves the
    others on: one may be shown twice, none is left out.
    """
    given = dict(zip(TERM_KINDS, (mrn, lrn, carnet, container, seal, plate), strict=True))
    asked = [(kind, value) for kind, value in given.items() if value is not None]
    if len(asked) != 1:
        names = ", ".join(TERM_KINDS)
        raise Problem("invalid", faults=[Fault("query", "one_term", f"exactly one of: {names}")])
    ((kind, value),) = asked
    found = desk.service.find(kind, value, limit + 1, skip)
    may_read = "reader" in client.roles
    shown = [
        ledger(one.record_id, one.sent, one.received if may_read else ()) for one in found[:limit]
    ]
    more = len(found) > limit and skip + limit <= 4096  # noqa: PLR2004 - Skip
    return models.Page.model_construct(records=shown, next=skip + limit if more else None)


@router.get(
    "/v1/inbox",
    operation_id="takeRecords",
    summary="Records of partners, after a cursor",
    response_model=models.Inbox,
    responses={**_TIMES, **ONE_MESSAGE},
    tags=["inbox"],
)
def take_records(  # noqa: PLR0913, PLR0917 - one for each parameter, and what answers
    request: Request,
    leaving: BackgroundTasks,
    client: Reader,
    desk: DeskOf,
    after: After = 0,
    limit: Limit = 100,
    wait_s: Wait = 0,
) -> models.Inbox | Response:
    """Return records of partners, oldest first; wait for the first one where there is none.

    Nothing is taken away by reading: a record comes until it is acknowledged and after. With
    `Accept: application/xml` the answer is the next one, as a message of this country's standard.
    """
    del client
    as_xml = wants_xml(request)
    with desk.may_wait(wait_s) as longest_s:
        found = desk.service.take(after, 1 if as_xml else limit, longest_s)
    if found and not from_thread.run(_has_gone, request):
        leaving.add_task(desk.service.handed, found[-1].cursor)
    if as_xml:
        return one_message(request, desk, found[0] if found else None, leaving)
    shown = [delivery(one) for one in found]
    return models.Inbox.model_construct(records=shown, next=found[-1].cursor if found else after)


async def _has_gone(request: Request) -> bool:
    """Tell whether the client went away while we waited; the first look takes the empty body."""
    return await request.is_disconnected() or await request.is_disconnected()


@router.post(
    "/v1/inbox/ack",
    operation_id="acknowledgeRecords",
    summary="Records up to a cursor are safe",
    response_model=models.AckReply,
    responses=problems(400, 403, 408, 409, 413, 415, 422, 503),
    openapi_extra=body_of({JSON: {"$ref": "#/components/schemas/Ack"}}),
    tags=["inbox"],
)
def acknowledge_records(
    request: Request, client: Reader, desk: DeskOf, body: Body
) -> models.AckReply:
    """Note that every record up to a cursor is safe in the national system."""
    del client
    media_type(request.headers.get("content-type"), (JSON,))
    asked: models.Ack = validated(models.Ack, parse_json(body))
    try:
        count = desk.service.acknowledge(asked.up_to, "http")
    except (NotAcknowledging, NotHandedOver) as refused:
        raise Problem("not_acknowledged", refused.message) from None
    return models.AckReply.model_construct(acknowledged=count)


@router.get(
    "/v1/outcomes",
    operation_id="takeOutcomes",
    summary="What finally became of records, after a cursor",
    response_model=models.Outcomes,
    responses=_TIMES,
    tags=["records"],
)
def take_outcomes(
    client: Follower, desk: DeskOf, after: After = 0, limit: Limit = 100, wait_s: Wait = 0
) -> models.Outcomes:
    """Return what partners' signed receipts say, in the order in which records became final."""
    del client
    with desk.may_wait(wait_s) as longest_s:
        found = desk.service.outcomes(after, limit, longest_s)
    shown = [
        models.OutcomeModel.model_construct(
            cursor=one.cursor,
            recipient=str(one.peer),
            record_id=one.record_id.hex(),
            verdict=one.verdict.name.lower(),
            reason=one.reason.label if one.reason else None,
            accepted_ms=one.accepted_ms,
            receipted_ms=one.receipted_ms,
            entry_sha256=one.sha256.hex(),
        )
        for one in found
    ]
    return models.Outcomes.model_construct(
        outcomes=shown, next=found[-1].cursor if found else after
    )


@router.get(
    "/v1/partners",
    operation_id="listPartners",
    summary="With whom an agreement is in force",
    response_model=models.Partners,
    responses=problems(403, 503),
    tags=["node"],
)
def list_partners(client: Follower, desk: DeskOf) -> models.Partners:
    """Return every partner, and what waits for it."""
    del client
    shown = [
        models.Partner(**{name: peer[name] for name in models.Partner.model_fields})
        for peer in desk.status()["peers"]
    ]
    return models.Partners(partners=shown)


@router.get(
    "/v1/status",
    operation_id="getStatus",
    summary="How the node is",
    response_model=models.Status,
    responses=problems(403, 503),
    tags=["node"],
)
def get_status(client: Operator, desk: DeskOf) -> models.Status:
    """Return what `corridor status --json` prints."""
    del client
    return models.Status(**desk.status())


@router.get(
    "/v1/reasons",
    operation_id="listReasons",
    summary="Every reason, its meaning and its cure",
    response_model=models.Reasons,
    responses=problems(403),
    tags=["node"],
)
def list_reasons(client: Follower) -> models.Reasons:
    """Return the closed set of reasons for which something is refused."""
    del client
    shown = [
        models.ReasonModel(number=one, reason=one.label, meaning=meaning_of(one), cure=cure_of(one))
        for one in Reason
    ]
    return models.Reasons(reasons=shown)


@router.get(
    "/v1/health",
    operation_id="getHealth",
    summary="Whether the node can keep what it is given",
    response_model=models.Health,
    responses={503: {"description": "Not now.", "model": models.Health}},
    tags=["node"],
)
def get_health(desk: DeskOf, response: Response) -> models.Health:
    """Answer without a token."""
    ready, detail = desk.ready()
    response.status_code = 200 if ready else 503
    return models.Health(ready=ready, detail=detail)
