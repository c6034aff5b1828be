"""Routes by which officers' programs follow movements."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from corridor.errors import InputTrouble
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.desk import DeskOf, may
from corridor.gateway.http.document import problems
from corridor.gateway.http.problems import Problem
from corridor.wire.records import decode_record, record_to_json

router = APIRouter()
Reader = Annotated[Client, Depends(may("read"))]
Limit = Annotated[int, Query(ge=1, le=models.MAX_PAGE, description="How many at most.")]


@router.get(
    "/v1/movements",
    operation_id="listMovements",
    summary="Movements that have not ended",
    response_model=models.Movements,
    responses=problems(403, 422, 503),
    tags=["movements"],
)
def list_movements(
    client: Reader,
    desk: DeskOf,
    limit: Limit = 100,
    *,
    overdue: Annotated[bool, Query(description="Only those that are overdue.")] = False,
) -> models.Movements:
    """Return movements, those changed last first, from the list that the node keeps."""
    del client
    lines = desk.service.movements.under_way(limit, overdue=overdue)
    return models.Movements.model_construct(movements=lines)


@router.get(
    "/v1/movements/{reference}",
    operation_id="getMovement",
    summary="Where a movement stands",
    response_model=models.MovementView,
    responses=problems(403, 404, 422, 503),
    tags=["movements"],
)
def get_movement(
    client: Reader,
    desk: DeskOf,
    reference: Annotated[
        str,
        Path(
            min_length=1, max_length=64, pattern=r"^[^/]+$",
            description="Its MRN, LRN or carnet; a container, plate or seal that is on one.",
        ),
    ],
) -> models.MovementView:  # fmt: skip
    """Return the movement as its records here make it, and what may be asked about it."""
    del client
    try:
        view, drafts = desk.service.movements.show(reference)
    except InputTrouble as trouble:
        raise Problem("not_found", str(trouble)) from None
    shown = [
        models.DraftModel.model_construct(
            kind=one.draft.kind.value,
            recipient=str(one.draft.recipient),
            record=json.loads(record_to_json(decode_record(one.record), None)),
        )
        for one in drafts
    ]
    return models.MovementView.model_construct(movement=view, drafts=shown)
