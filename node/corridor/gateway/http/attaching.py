"""Routes by which files come in, a part at a time, and go out as a stream.

Rules:

* no more than one part of a file is in memory, whatever its size;
* a client that lost its connection asks nothing: it puts the next part where the node has arrived.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from corridor.daemon.attachments import Attachments, Given
from corridor.errors import AttachmentTrouble, Reason
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.desk import DeskOf, bulk_result, may
from corridor.gateway.http.document import body_of, problems
from corridor.gateway.http.problems import Fault, Problem, refusal
from corridor.gateway.http.submitting import Body
from corridor.seal.chunks import chunk_count
from corridor.wire.attachments import header_of_movement
from corridor.wire.limits import MAX_ATTACHMENT_BYTES

router = APIRouter(tags=["attachments"])
Submitter = Annotated[Client, Depends(may("submit"))]
Reader = Annotated[Client, Depends(may("read"))]
FileId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="As the node named the file at its beginning.")
]
OCTETS: Final = "application/octet-stream"
_BINARY: Final = {"type": "string", "format": "binary"}


class Standing(models.Model):
    """How far the node has a file."""

    attachment_id: models.RecordId
    offset: int = Field(ge=0, description="How many bytes the node has: there the next part goes.")


class AttachmentLines(models.Model):
    """The files that are here or on their way."""

    attachments: list[dict[str, Any]]


@router.post(
    "/v1/attachments",
    operation_id="beginAttachment",
    summary="Begin a file for partners",
    status_code=201,
    responses=problems(400, 403, 409, 422, 503),
)
def begin_attachment(  # noqa: PLR0913, PLR0917 - one for each parameter
    client: Submitter,
    desk: DeskOf,
    to: Annotated[list[models.Recipient], Query(min_length=1, max_length=64)],
    name: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$")],
    size: Annotated[int, Query(ge=1, le=MAX_ATTACHMENT_BYTES, description="In bytes.")],
    media_type: Annotated[str, Query(min_length=1, max_length=128)] = OCTETS,
    mrn: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{1,35}$")] = None,
    of_record: Annotated[models.RecordId | None, Query(description="Whose paper it is.")] = None,
) -> Standing:
    """Say what is coming; whoever may not have it, and a full disk, are told before a byte is."""
    if client.partners and any(one[:2] not in client.partners for one in to):
        raise refusal(Reason.RECIPIENT_NOT_ALLOWED, [Fault("query.to", "role")])
    paper = bytes.fromhex(of_record) if of_record else None
    given = Given(tuple(to), name, media_type, size, header_of_movement(mrn), paper)
    try:
        made = desk.service.attachments.begin(given)
    except AttachmentTrouble as trouble:
        raise Problem("conflict", trouble.message) from None
    return Standing.model_construct(attachment_id=made.hex(), offset=0)


@router.put(
    "/v1/attachments/{attachment_id}/parts/{offset}",
    operation_id="putAttachmentPart",
    summary="Give the next part of a file",
    responses=problems(403, 409, 422, 503),
    openapi_extra=body_of({OCTETS: _BINARY}),
)
def put_part(
    client: Submitter,
    desk: DeskOf,
    body: Body,
    attachment_id: FileId,
    offset: Annotated[int, Path(ge=0, le=MAX_ATTACHMENT_BYTES)],
) -> Standing:
    """Give 262,144 bytes, the last part what is left; at another place is a conflict."""
    del client
    try:
        named = bytes.fromhex(attachment_id)
        has = desk.service.attachments.part(named, offset, body)
    except AttachmentTrouble as trouble:
        raise Problem("conflict", trouble.message) from None
    return Standing.model_construct(attachment_id=attachment_id, offset=has)


@router.post(
    "/v1/attachments/{attachment_id}/finish",
    operation_id="finishAttachment",
    summary="Send a file that was given whole",
    response_model=models.BulkReply,
    responses=problems(403, 409, 422, 503),
)
def finish_attachment(
    client: Submitter,
    desk: DeskOf,
    attachment_id: FileId,
    sha256: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$")] = None,
) -> models.BulkReply:
    """Have it sent, if it is what `sha256` says; one result for each partner, in order."""
    del client
    try:
        named = bytes.fromhex(attachment_id)
        answers = desk.service.attachments.finish(named, bytes.fromhex(sha256 or ""))
    except AttachmentTrouble as trouble:
        raise Problem("conflict", trouble.message) from None
    return models.BulkReply.model_construct(
        results=[bulk_result(one, place) for place, one in enumerate(answers)]
    )


@router.delete(
    "/v1/attachments/{attachment_id}",
    operation_id="giveUpAttachment",
    summary="Give up a file that is not sent yet",
    status_code=204,
    responses=problems(403, 422, 503),
)
def give_up_attachment(client: Submitter, desk: DeskOf, attachment_id: FileId) -> None:
    """Forget what was given of it; a file that is sent, or not known, is left as it is."""
    del client
    desk.service.attachments.give_up(bytes.fromhex(attachment_id))


@router.get(
    "/v1/attachments",
    operation_id="listAttachments",
    summary="Files that are here or on their way",
    responses=problems(403, 503),
)
def list_attachments(client: Reader, desk: DeskOf) -> AttachmentLines:
    """Return every file, and how far it has come; as `corridor attach list --json`."""
    del client
    return AttachmentLines.model_construct(attachments=desk.service.attachments.rows())


@router.get(
    "/v1/attachments/{record_id}/content",
    operation_id="getAttachment",
    summary="A file that is here whole",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Its bytes.", "content": {OCTETS: {"schema": _BINARY}}},
        **problems(403, 404, 422, 503),
    },
)  # fmt: skip
def get_attachment(
    client: Reader,
    desk: DeskOf,
    record_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="That of its manifest.")],
) -> StreamingResponse:
    """Return the file as it was sent; its size stands in Content-Length, its digest in the list."""
    del client
    named, attachments = bytes.fromhex(record_id), desk.service.attachments
    try:
        manifest, first = attachments.read(named, 0)
    except AttachmentTrouble as trouble:
        raise Problem("not_found", trouble.message) from None
    return StreamingResponse(
        _pieces(attachments, named, first, manifest.size),
        media_type=OCTETS,
        headers={"Content-Length": str(manifest.size)},
    )


def _pieces(attachments: Attachments, record_id: bytes, first: bytes, size: int) -> Iterator[bytes]:
    yield first
    for index in range(1, chunk_count(size)):
        yield attachments.read(record_id, index)[1]
