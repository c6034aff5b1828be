"""Partners' records one by one, as messages of this country's standard, and what those leave out.

Rules:

* a system that knows its own standard only asks with `Accept: application/xml`; headers say whose
  record it is and where to go on;
* a record that the standard cannot say is never passed over: it is told as a problem that names
  every element, and given in Corridor's own form to whoever takes JSON too.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Request, Response

from corridor.errors import Reason
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.desk import Desk, DeskOf, delivery, may
from corridor.gateway.http.document import problems
from corridor.gateway.http.guard import accepted_ranges
from corridor.gateway.http.problems import Fault, Problem
from corridor.gateway.national import National
from corridor.store.values import InboxRecord
from corridor.wire.batches import type_label

router = APIRouter()
Reader = Annotated[Client, Depends(may("read"))]
_XML: Final = frozenset({"application/xml", "text/xml"})
_JSON: Final = frozenset({"application/json", "application/*", "*/*"})
_MISSING: Final = "missing"
_MISFIT: Final = "format"
_AS_IT_CAME: Final = National("")

ONE_MESSAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A page; with `Accept: application/xml` one message, and headers"
        " `Corridor-Cursor`, `Corridor-Sender`, `Corridor-Record-Id`, `Corridor-Record-Type`,"
        " `Corridor-Possible-Repeat`, `Corridor-Standard`, `Corridor-Message` and"
        " `Corridor-Differences`.",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    },
    204: {"description": "With `Accept: application/xml`: there is none after the cursor."},
}


def wants_xml(request: Request) -> bool:
    """Tell whether a client asks for a message of a standard."""
    return bool(accepted_ranges(",".join(request.headers.getlist("accept"))) & _XML)


def one_message(
    request: Request, desk: Desk, one: InboxRecord | None, leaving: BackgroundTasks
) -> Response | models.Inbox:
    """Return a record as a message of this country's standard.

    Raises:
        Problem: not_in_standard, where the client takes XML only.
    """
    if one is None:
        return Response(status_code=204, background=leaving)
    made = (desk.national or _AS_IT_CAME).message(one)
    report = made.report
    headers = {
        "Corridor-Cursor": str(one.cursor),
        "Corridor-Sender": str(one.peer),
        "Corridor-Record-Id": one.record_id.hex(),
        "Corridor-Record-Type": type_label(one.record_type),
        "Corridor-Possible-Repeat": str(one.possible_repeat).lower(),
        "Corridor-Standard": report.standard,
        "Corridor-Differences": str(len(report.lost) + len(report.narrowed)),
    }
    if report.message:
        headers["Corridor-Message"] = report.message
    if made.document is not None:
        return Response(made.document, 200, headers, made.media_type, leaving)
    if accepted_ranges(",".join(request.headers.getlist("accept"))) & _JSON:
        page = models.Inbox.model_construct(records=[delivery(one)], next=one.cursor)
        return Response(page.model_dump_json(), 200, headers, "application/json", leaving)
    reason = next((known for known in Reason if known.label == report.reason), None)
    faults = [Fault(path, _MISSING, "the standard demands it") for path in report.missing]
    faults += [Fault(one.element, _MISFIT, one.words) for one in report.misfits]
    raise Problem(
        "not_in_standard", f"{report.detail}.", reason=reason,
        faults=faults or [Fault("", report.reason, report.detail)], headers=headers,
    )  # fmt: skip


@router.get(
    "/v1/inbox/{cursor}/report",
    operation_id="getReport",
    summary="What a message of this country's standard leaves out of a record",
    response_model=models.ReportModel,
    responses={
        **problems(403, 404, 422, 503),
        200: {
            "description": "The account; as text for people with `Accept: text/plain`.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
    tags=["inbox"],
)
def get_report(
    request: Request,
    client: Reader,
    desk: DeskOf,
    cursor: Annotated[int, Path(ge=1, le=models.MAX_CURSOR, description="Of the record.")],
) -> models.ReportModel | Response:
    """Return why a record has no message in the standard, or what the message does not say."""
    del client
    found = desk.service.take(cursor - 1, 1, 0)
    if not found or found[0].cursor != cursor:
        raise Problem("not_found", "No record in the inbox has this cursor.")
    report = (desk.national or _AS_IT_CAME).message(found[0]).report
    ranges = accepted_ranges(",".join(request.headers.getlist("accept")))
    if ranges & {"text/plain", "text/*"} and not ranges & _JSON:
        return Response(report.as_text(), media_type="text/plain")
    return models.ReportModel.model_validate(report.as_json())
