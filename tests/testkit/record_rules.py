"""Cases of records.json that break one rule of a field each (PROTOCOL §12)."""

from testkit.business import (
    ARRIVAL,
    DECLARATION,
    GOOD_MRN,
    GRN,
    LRN,
    MRN,
    declaration,
    entry,
    header,
    identifier,
    party,
    transit,
)
from testkit.proto import field_bytes, field_number
from testkit.record_parts import INVALID, one_case
from testkit.records import (
    CREATED_MS,
    RecordCase,
    record_id,
    refused,
)

YEAR_10000_MS = 253_402_300_800_000


def rule_cases() -> list[RecordCase]:
    """Return them."""
    ids = "header.movement.ids"
    many = header(*(identifier(MRN, GOOD_MRN) for _ in range(17)))
    short = field_bytes(7, bytes(15))
    version = field_number(1, 0) + field_bytes(2, b"")
    late = field_number(9, YEAR_10000_MS)
    early = field_number(9, 2**64 - 1)
    instant = field_bytes(8, field_bytes(1, b"x") + field_number(3, 2**63 - 1))
    country = declaration(party(field_bytes(4, b"ge")))
    name = declaration(party(name="x" * 301))
    rows = [
        ("rule-header", "no header", ARRIVAL, transit(ARRIVAL, head=None), "required header"),
        (
            "rule-dataset",
            "a declaration without its dataset",
            DECLARATION,
            transit(DECLARATION),
            "required declaration.dataset",
        ),
        (
            "rule-mrn",
            "an MRN of 17 characters",
            ARRIVAL,
            _named(MRN, GOOD_MRN[:17]),
            f"identifier.mrn {ids}[0]",
        ),
        (
            "rule-mrn-lower",
            "an MRN in lower case",
            ARRIVAL,
            _named(MRN, GOOD_MRN.lower()),
            f"identifier.mrn {ids}[0]",
        ),
        (
            "rule-grn",
            "a GRN of 16 characters",
            ARRIVAL,
            _named(GRN, "25GE123456789012"),
            f"identifier.grn {ids}[0]",
        ),
        (
            "rule-lrn",
            "an LRN of 23 characters",
            ARRIVAL,
            _named(LRN, "x" * 23),
            f"identifier.lrn {ids}[0]",
        ),
        (
            "rule-id-empty",
            "an identifier of no characters",
            ARRIVAL,
            _named(21, ""),
            f"string.min_len {ids}[0].value",
        ),
        (
            "rule-id-71",
            "an identifier of 71 characters",
            ARRIVAL,
            _named(21, "x" * 71),
            f"string.max_len {ids}[0].value",
        ),
        (
            "rule-ids-17",
            "17 identifiers of a movement",
            ARRIVAL,
            transit(ARRIVAL, head=many),
            f"repeated.max_items {ids}",
        ),
        (
            "rule-cause-15",
            "an id of 15 bytes",
            ARRIVAL,
            transit(ARRIVAL, head=header(extra=short)),
            "bytes.len header.caused_by",
        ),
        (
            "rule-version-0",
            "version 0 of the model",
            ARRIVAL,
            transit(ARRIVAL, head=version),
            "uint32.gte_lte header.model_version",
        ),
        (
            "rule-recorded-10000",
            "recorded in the year 10000",
            ARRIVAL,
            transit(ARRIVAL, head=header(extra=late)),
            "int64.gte_lte header.recorded_ms",
        ),
        (
            "rule-recorded-1969",
            "recorded in the last millisecond of 1969",
            ARRIVAL,
            transit(ARRIVAL, head=header(extra=early)),
            "int64.gte_lte header.recorded_ms",
        ),
        (
            "rule-instant",
            "an instant that no calendar holds",
            ARRIVAL,
            transit(ARRIVAL, head=header(extra=instant)),
            "int64.gte_lte header.occurred_at.unix_ms",
        ),
        (
            "rule-country",
            "a country in lower case",
            DECLARATION,
            country,
            "string.pattern declaration.dataset.parties[0].address.country",
        ),
        (
            "rule-name",
            "a name of 301 characters",
            DECLARATION,
            name,
            "string.max_len declaration.dataset.parties[0].name",
        ),
        (
            "rule-enquiry",
            "neither an enquiry nor a recovery",
            19,
            transit(19),
            "required enquiry_recovery.body",
        ),
        ("rule-exchange", "none of the four exchanges", 20, transit(20), "required exchange.body"),
    ]
    return [
        one_case(
            key,
            title,
            "12",
            refused(entry(record_id(key), body, kind), INVALID, fault),
            **({"created_ms": CREATED_MS + 1} if kind == 19 else {}),
        )
        for key, title, kind, body, fault in rows
    ]


def _named(scheme: int, value: str) -> bytes:
    return transit(ARRIVAL, head=header(identifier(scheme, value)))
