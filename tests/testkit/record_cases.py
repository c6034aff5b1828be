"""The cases of records.json: business records."""

from testkit.business import (
    ARRIVAL,
    DECLARATION,
    GOOD_HEADER,
    GOOD_MRN,
    GRN,
    LRN,
    MRN,
    declaration,
    entry,
    header,
    identifier,
    least_body,
    party,
    transit,
)
from testkit.control import canary, stream_open, tombstone
from testkit.proto import field_bytes, field_number, varint
from testkit.records import CREATED_MS, Letter, RecordCase, Row, record_id, refused
from testkit.world import NOW_MS

MALFORMED, INVALID = "record_malformed", "record_invalid"
LARGEST = 262_144


def record_cases() -> list[RecordCase]:
    """Return them, right ones first."""
    return [
        *_right(),
        *_authority(),
        *_claims(),
        *_families(),
        *_entries(),
        *_bodies(),
        *_rules(),
        *_sizes(),
        *_repeats(),
        *_neighbours(),
    ]


def good(label: str, record_type: int = ARRIVAL) -> bytes:
    """Return a right record."""
    body = transit(record_type, least_body(record_type))
    return entry(record_id(label), body, record_type)


def _one(name: str, title: str, section: str, row: Row, **parts: object) -> RecordCase:
    return RecordCase(name, title, section, (Letter((row,), **parts),))  # type: ignore[arg-type]


def _right() -> list[RecordCase]:
    cases = [
        _one(
            f"type-{number}",
            "the least a record of its type holds",
            "12",
            Row(good(f"t{number}", number)),
        )
        for number in (*range(1, 19), 20)
    ]
    newer = transit(ARRIVAL) + field_bytes(1000, b"from a newer schema")
    turned = field_bytes(ARRIVAL + 10, b"") + field_bytes(1, GOOD_HEADER)
    replacing = entry(record_id("new"), transit(ARRIVAL), supersedes=record_id("old"))
    probe = Row(canary(600, NOW_MS), handed_on=False)
    return [
        *cases,
        _one(
            "unknown-kept",
            "a field that nobody knows yet is kept",
            "1.4",
            Row(entry(record_id("k"), newer)),
        ),
        _one(
            "body-order",
            "a business record has no one encoding",
            "1.4",
            Row(entry(record_id("o"), turned)),
        ),
        _one("supersedes", "it replaces an earlier record", "3.6", Row(replacing)),
        _one("canary", "a canary is accepted and never handed on", "6.7", probe),
    ]


def _authority() -> list[RecordCase]:
    why = "not_authorised"
    before, begun = good("before", 19), good("begun", 19)
    ended, last = good("ended"), good("last")
    return [
        _one("authority-type", "no agreement names its type yet", "5.5", refused(before, why)),
        _one(
            "authority-begun",
            "in force from this millisecond",
            "5.5",
            Row(begun),
            created_ms=CREATED_MS + 1,
        ),
        _one(
            "authority-ended",
            "the agreement ends in this millisecond",
            "5.5",
            refused(ended, why),
            sender=b"AZ.SCC",
        ),
        _one(
            "authority-last",
            "its last millisecond",
            "5.5",
            Row(last),
            sender=b"AZ.SCC",
            created_ms=CREATED_MS - 1,
        ),
        _one(
            "authority-other",
            "the agreement names another type",
            "5.5",
            refused(good("other", 13), why),
            sender=b"AZ.SCC",
            created_ms=CREATED_MS - 1,
        ),
    ]


def _claims() -> list[RecordCase]:
    departure, transit_role, destination, holder = 3, 4, 6, 1
    notifying, actual, declared = 16, 7, 6
    own, other = b"GE000001", b"AZ000001"

    def claiming(label: str, role: int, at: bytes = b"", body: bytes = b"") -> bytes:
        office = field_bytes(5, field_bytes(1, at) + field_number(2, notifying)) if at else b""
        head = header(identifier(MRN, GOOD_MRN), extra=field_number(4, role) + office)
        return entry(record_id(label), transit(ARRIVAL, body, head))

    def at(reference: bytes, role: int, country: bytes = b"") -> bytes:
        named = field_bytes(1, reference) + field_number(2, role)
        return field_bytes(6, named + (field_bytes(5, country) if country else b""))

    why, whose = "role_not_allowed", "office_not_own"
    elsewhere = at(other, declared) + at(own, actual)
    rows = [
        ("claim-own", "its own office", Row(claiming("c1", destination, own, elsewhere))),
        ("claim-nothing", "a role and no office", Row(claiming("c2", destination))),
        ("claim-newer", "a role that nobody knows yet", Row(claiming("c3", 99, own))),
        ("claim-trader", "a trader has no office", Row(claiming("c4", holder, other))),
        (
            "claim-digits",
            "nobody can tell the country",
            Row(claiming("c5", destination, b"10702020")),
        ),
        (
            "claim-country",
            "the field says what the reference does not",
            Row(claiming("c6", destination, own, at(b"XQ000001", actual, b"GE"))),
        ),
        (
            "claim-role",
            "an arrival is not told by an office of transit",
            refused(claiming("c7", transit_role, own), why, "role.not_allowed header.sender_role"),
        ),
        (
            "claim-office",
            "an office of another country writes",
            refused(claiming("c8", departure, other), whose, "office.not_own header.sender_office"),
        ),
        (
            "claim-place",
            "it happened at an office of another country",
            refused(
                claiming("c9", destination, own, at(other, actual)), whose, "office.not_own offices"
            ),
        ),
    ]
    return [_one(name, title, "12.5", row) for name, title, row in rows]


def _families() -> list[RecordCase]:
    why = "record_type"
    rows = [
        ("family-tombstone", "a Tombstone beside an arrival", tombstone(601, 1, 1, bytes(32))),
        ("family-open", "a StreamOpen beside an arrival", stream_open(602)),
    ]
    cases = [
        RecordCase(
            name,
            title,
            "6",
            (Letter((refused(good(name), ""), refused(control, "")), why),),
        )
        for name, title, control in rows
    ]
    pair = (refused(canary(603, NOW_MS), ""), refused(stream_open(604), ""))
    return [
        *cases,
        RecordCase("family-canary", "a canary beside control", "6", (Letter(pair, why),)),
    ]


def _entries() -> list[RecordCase]:
    identity, body = record_id("entry"), transit(ARRIVAL)
    right = entry(identity, body)
    head = right[: len(right) - len(field_bytes(5, body))]
    wide = field_bytes(1, identity) + b"\x10" + varint(ARRIVAL, width=2)
    rest = right[len(field_bytes(1, identity)) + 2 :]
    rows = [
        ("entry-junk", "no protobuf", b"\xff" * 20),
        ("entry-cut", "it ends within its body", right[:-1]),
        ("entry-id-15", "an id of 15 bytes", entry(identity[:15], body)),
        ("entry-id-17", "an id of 17 bytes", entry(identity + b"\0", body)),
        ("entry-no-id", "no id", entry(b"", body)),
        ("entry-no-schema", "no schema id", entry(identity, body, schema_id=b"")),
        ("entry-schema-65", "a schema id of 65 bytes", entry(identity, body, schema_id=b"x" * 65)),
        (
            "entry-schema-latin",
            "a schema id that is not ASCII",
            entry(identity, body, schema_id="é".encode()),
        ),
        (
            "entry-supersedes-15",
            "it replaces an id of 15 bytes",
            entry(identity, body, supersedes=bytes(15)),
        ),
        ("entry-no-body", "no body", entry(identity, b"")),
        ("entry-unknown", "an unknown field behind", right + field_number(6, 1)),
        ("entry-twice", "the id twice", field_bytes(1, identity) + right),
        ("entry-order", "the body before the rest", field_bytes(5, body) + head),
        ("entry-varint", "a number with a byte more than it needs", wide + rest),
    ]
    cases = [_one(name, title, "3.6", refused(data, MALFORMED)) for name, title, data in rows]
    types = (0, 21, 63, 72, 2**31 - 1)
    return cases + [
        _one(
            f"entry-type-{number}",
            "no such type",
            "3.6",
            refused(entry(identity, body, number), "record_type"),
        )
        for number in types
    ]


def _bodies() -> list[RecordCase]:
    identity = record_id("body")
    groups = (
        field_bytes(1, GOOD_HEADER) + field_bytes(24, b"") + b"\xc3\x3e" * 120 + b"\xc4\x3e" * 120
    )
    text = declaration(party(name="x")).replace(b"x", b"\xff")
    malformed = [
        ("body-junk", "no protobuf", ARRIVAL, b"\xff" * 20),
        ("body-cut", "it ends early", ARRIVAL, transit(ARRIVAL, b"")[:-1]),
        ("body-text", "a text that is not UTF-8", DECLARATION, text),
        ("body-depth", "120 messages, each within the one before", ARRIVAL, groups),
    ]
    types = [
        ("body-other", "the body of another type than the entry says", ARRIVAL, transit(13)),
        ("body-none", "no body", ARRIVAL, field_bytes(1, GOOD_HEADER)),
        ("body-unknown", "a body that nobody knows", ARRIVAL, transit(21)),
    ]
    cases = [
        _one(name, title, "12", refused(entry(identity, body, kind), MALFORMED))
        for name, title, kind, body in malformed
    ]
    return cases + [
        _one(name, title, "12", refused(entry(identity, body, kind), "record_type"))
        for name, title, kind, body in types
    ]


def _rules() -> list[RecordCase]:
    ids = "header.movement.ids"
    many = header(*(identifier(MRN, GOOD_MRN) for _ in range(17)))
    short = field_bytes(7, bytes(15))
    version = field_number(1, 0) + field_bytes(2, b"")
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
        _one(
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


def _sizes() -> list[RecordCase]:
    def sized(total: int, label: str) -> tuple[bytes, int]:
        """Return a record of so many bytes: its beginning, and how many zeros follow."""
        start = transit(ARRIVAL)
        for zeros in range(total - 200, total):
            unknown = varint(1000 << 3 | 2) + varint(zeros)
            body = start + unknown
            whole = entry(record_id(label), body + bytes(zeros))
            if len(whole) == total:
                return whole[: len(whole) - zeros], zeros
        raise AssertionError(total)

    most, zeros = sized(LARGEST, "largest")
    more, others = sized(LARGEST + 1, "too large")
    return [
        _one("size-most", "262,144 bytes", "10", Row(most, zeros=zeros)),
        _one("size-above", "one byte more", "10", refused(more, "record_too_large", zeros=others)),
    ]


def _repeats() -> list[RecordCase]:
    first = good("repeat")
    other = entry(record_id("repeat"), transit(ARRIVAL) + field_bytes(1000, b"changed"))
    wrong = entry(record_id("repeat"), transit(ARRIVAL, head=None))
    again = Row(first, handed_on=False)
    conflict = refused(other, "record_id_conflict")
    bad = refused(wrong, INVALID, "required header")
    rows = [
        (
            "again",
            "the same record in another envelope is not handed on again",
            (Row(first),),
            (again,),
        ),
        ("conflict", "another record under the same id", (Row(first),), (conflict,)),
        ("corrected", "a record that was refused comes again, mended", (bad,), (Row(first),)),
    ]
    cases = [
        RecordCase(f"repeat-{name}", title, "7.2", (Letter(one), Letter(two)))
        for name, title, one, two in rows
    ]
    inside = [
        ("repeat-inside", "the same record twice in one envelope", (Row(first), again)),
        ("conflict-inside", "one id for two records of one envelope", (Row(first), conflict)),
    ]
    elsewhere = (
        Letter((Row(first),)),
        Letter((Row(other),), sender=b"AZ.SCC", created_ms=CREATED_MS - 1),
    )
    return [
        *cases,
        *(RecordCase(name, title, "7.2", (Letter(rows),)) for name, title, rows in inside),
        RecordCase("repeat-other-sender", "the same id from another sender", "7.2", elsewhere),
    ]


def _neighbours() -> list[RecordCase]:
    bad = refused(entry(record_id("n2"), transit(ARRIVAL, head=None)), INVALID, "required header")
    rows = (Row(good("n1")), bad, refused(b"\xff" * 9, MALFORMED), Row(good("n4")))
    return [RecordCase("neighbours", "two bad records of four", "4.1", (Letter(rows),))]
