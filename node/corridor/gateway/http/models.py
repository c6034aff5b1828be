"""What is asked and answered in JSON. Times are Unix milliseconds; ids are hexadecimal."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_CURSOR = 2**63 - 1
MAX_PAGE = 1000
"""Records of a page: 1,000 of the usual 2 KiB are 2 MiB of JSON."""
MAX_WAIT_S = 30
MAX_BULK = 1000
"""Records at once: they share one transaction, during which nobody else writes."""

RecordId = Annotated[
    str, Field(pattern=r"^[0-9a-f]{32}$", examples=["019345e0c1a07b338000000000000001"])
]
Recipient = Annotated[
    str,
    Field(
        pattern=r"^[A-Z]{2}(\.[A-Z0-9]{1,16})?$",
        description="A partner: its country, or its endpoint.",
        examples=["GE"],
    ),
]
LaneName = Literal["urgent", "routine", "bulk"]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
Cursor = Annotated[int, Field(ge=0, le=MAX_CURSOR)]


class Model(BaseModel):
    """Every field is named, and no other is taken."""

    model_config = ConfigDict(extra="forbid")


class FaultModel(Model):
    """One fault of a request."""

    path: str = Field(description='Where: a field, element or parameter; "" for all of it.')
    rule: str = Field(description="Which rule is broken.")
    message: str = Field(description="The rule in words, or nothing. Never a value.")


class ProblemModel(Model):
    """Why a request is not done (RFC 9457)."""

    type: str = Field(description="Its place in the manual.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str = Field(description="Stable; one of the codes in the manual.")
    reason: str | None = Field(description="A reason of Corridor (`GET /v1/reasons`), or none.")
    faults: list[FaultModel]
    cure: str = Field(description="What to do next.")


class CountryModel(Model):
    """What a country on the way will do with a declaration or release."""

    country: str
    answer: Literal["accepts", "refuses", "unknown"]
    why: list[str] = Field(description="Why it will refuse, or why it is not known.")
    said_ms: int | None = Field(description="When it last said what it accepts.")
    not_looked_at: list[str] = Field(
        description="Its code lists and rules that are not here: of these nothing is known."
    )


class Kept(Model):
    """A record that is stored: from now on the node answers for it."""

    record_id: RecordId
    left_out: list[str] = Field(
        default=[], description="Paths that the partner is not entitled to, removed from its copy."
    )
    warnings: list[str] = Field(
        default=[],
        description="What is doubtful about a message of a standard and no reason to refuse it.",
    )
    foreseen: list[CountryModel] = Field(
        default=[],
        description="What countries on the way will do with it, as far as they have said; of"
        " declarations and releases only.",
    )
    status: Literal["accepted", "duplicate"] = Field(
        description="`duplicate`: the same key with the same record was accepted before."
    )
    paused: bool = Field(
        default=False, description="An operator has paused the partner: it is kept and waits."
    )


class BulkItem(Model):
    """One record of a bulk."""

    to: Recipient
    lane: LaneName | None = None
    idempotency_key: Key | None = None
    record: dict[str, Any] = Field(description="A TransitRecord in protobuf's JSON.")


class Bulk(Model):
    """Several records; each is judged by itself."""

    records: list[BulkItem] = Field(min_length=1, max_length=MAX_BULK)


class BulkResult(Model):
    """What became of one record of a bulk."""

    status: Literal["accepted", "duplicate", "conflict", "refused"]
    record_id: RecordId | None = Field(description="None where it was not even given one.")
    code: str | None = Field(description="Code of the problem, as if it had come alone.")
    reason: str | None
    faults: list[FaultModel]
    left_out: list[str] = Field(
        default=[], description="Paths that the partner is not entitled to, removed from its copy."
    )
    paused: bool = Field(
        default=False, description="An operator has paused the partner: it is kept and waits."
    )
    foreseen: list[CountryModel] = Field(
        default=[], description="What countries on the way will do with it, as far as they said."
    )


class BulkReply(Model):
    """One result for each record, in order."""

    results: list[BulkResult]


class Line(Model):
    """How far a record has come, for one recipient."""

    recipient: str
    record_type: str
    lane: LaneName
    accepted_ms: int
    sealed_ms: int | None = Field(description="When its envelope was sealed.")
    receipted_ms: int | None = Field(description="When the partner's signed receipt was stored.")
    verdict: Literal["accepted", "refused", "parked", "deferred"] | None
    reason: str | None
    faults: list[str]


class Way(Line):
    """How far a record has come, for one recipient, and whose turn it is."""

    confirmed_ms: int | None = Field(description="When our broker confirmed it.")
    handed_ms: int | None = Field(
        description="When the partner's national system was given it, by the partner's clock."
    )
    acknowledged_ms: int | None = Field(
        description="When the partner's national system acknowledged it, by the partner's clock."
    )
    missing: Literal["sealed", "confirmed", "stored", "handed", "acknowledged"] | None = Field(
        description="The first step that is missing; none where the way has ended."
    )
    turn: Literal["nobody", "node", "broker", "partner_node", "partner_system", "own_system"]
    since_ms: int = Field(description="Time of the latest step that is known.")
    sentence: str = Field(description="All of it in words, for an officer.")


class Delivery(Model):
    """A record of a partner."""

    cursor: int
    sender: str
    record_id: RecordId
    record_type: str
    received_ms: int
    possible_repeat: bool = Field(description="It may have been handed over before a restore.")
    record: dict[str, Any] = Field(description="The TransitRecord in protobuf's JSON.")


class Ledger(Model):
    """A record: as we sent it, one line a recipient, and as partners sent it."""

    record_id: RecordId
    sent: list[Line]
    received: list[Delivery]


class Timeline(Model):
    """A record of ours, with its whole way to each recipient."""

    record_id: RecordId
    sent: list[Way]


class DraftModel(Model):
    """A record that an officer may send about a movement."""

    kind: str
    recipient: str
    record: dict[str, Any] = Field(description="The TransitRecord in protobuf's JSON.")


class MovementView(Model):
    """A movement as this country sees it."""

    movement: dict[str, Any] = Field(description="What `corridor movement show --json` prints.")
    drafts: list[DraftModel]


class Movements(Model):
    """Movements that have not ended, those changed last first."""

    movements: list[dict[str, Any]]


class Page(Model):
    """Records that were found, newest first."""

    records: list[Ledger]
    next: int | None = Field(description="`skip` of the next page; none on the last.")


class Inbox(Model):
    """Records of partners."""

    records: list[Delivery]
    next: int = Field(description="`after` of the next page, and `up_to` once all are safe.")


class Unsaid(Model):
    """What a message does not say as the record does."""

    field: str = Field(description="Where it stands in the record.")
    words: str = Field(description="The same in the words of customs.")
    value: str


class Misfit(Model):
    """A value of the record that the standard does not take."""

    element: str = Field(description="Where it would stand in the message.")
    words: str = Field(description="What the standard has there.")


class ReportModel(Model):
    """What became of a record in the standard of this country's system."""

    standard: str
    message: str | None
    delivered: bool = Field(description="Whether there is a message.")
    reason: str | None = Field(description="Why there is none: `missing`, `format`, or a reason.")
    detail: str | None
    missing: list[str] = Field(description="Elements that the standard demands in vain.")
    misfits: list[Misfit] = Field(description="What the standard does not take.")
    lost: list[Unsaid]
    narrowed: list[Unsaid]


class Ack(Model):
    """Which records are safe in the national system."""

    up_to: Cursor = Field(description="Cursor of the last of them.")


class AckReply(Model):
    """How many records are acknowledged that were not."""

    acknowledged: int


class OutcomeModel(Model):
    """What finally became of a record."""

    cursor: int
    recipient: str
    record_id: RecordId
    verdict: Literal["accepted", "refused"]
    reason: str | None
    accepted_ms: int
    receipted_ms: int
    entry_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the RecordEntry that the receipt is for."
    )


class Outcomes(Model):
    """What became of records, in the order in which they became final."""

    outcomes: list[OutcomeModel]
    next: int = Field(description="`after` of the next page.")


class QueryId(Model):
    """One name of a movement."""

    kind: Literal["mrn", "lrn", "carnet"]
    value: str = Field(min_length=1, max_length=35)


class QueryAsked(Model):
    """A question to a partner about a movement."""

    to: Recipient
    kind: Literal[
        "arrival_record",
        "transit_record",
        "exit_record",
        "movement",
        "status",
        "guarantee",
        "export",
    ] = Field(description="What is asked: see QueryKind in records.proto.")
    ids: list[QueryId] = Field(min_length=1, max_length=16)
    lane: LaneName | None = None


class Partner(Model):
    """A partner with whom an agreement is in force."""

    endpoint: str
    waiting: int
    unreceipted: int
    oldest_ms: int | None
    way: str
    last_heard_ms: int | None


class Partners(Model):
    """All partners."""

    partners: list[Partner]


class ReasonModel(Model):
    """A reason for which something is refused, held or put aside."""

    number: int
    reason: str
    meaning: str
    cure: str


class Reasons(Model):
    """All reasons."""

    reasons: list[ReasonModel]


class Health(Model):
    """Whether the node can keep what it is given."""

    ready: bool
    detail: str


class Status(BaseModel):
    """How the node is; the keys of `corridor status --json`."""

    model_config = ConfigDict(extra="allow")
    endpoint: str
    environment: str
    version: str
    now_ms: int
    attention: list[str]
