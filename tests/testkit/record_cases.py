"""The cases of records.json: business records."""

from testkit.business import (
    ARRIVAL,
    DECLARATION,
    GOOD_HEADER,
    GOOD_MRN,
    MRN,
    declaration,
    entry,
    header,
    identifier,
    party,
    transit,
)
from testkit.control import canary, stream_open, tombstone
from testkit.proto import field_bytes, field_number, varint
from testkit.record_parts import INVALID, LARGEST, MALFORMED, good, one_case
from testkit.record_rules import rule_cases
from testkit.records import (
    CREATED_MS,
    LATER_TYPE,
    Letter,
    RecordCase,
    Row,
    parked,
    record_id,
    refused,
)
from testkit.world import NOW_MS


def record_cases() -> list[RecordCase]:
    """Return them, right ones first."""
    return [
        *_right(),
        *_authority(),
        *_claims(),
        *_families(),
        *_entries(),
        *_bodies(),
        *rule_cases(),
        *_sizes(),
        *_repeats(),
        *_neighbours(),
    ]


def _right() -> list[RecordCase]:
    cases = [
        one_case(
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
        one_case(
            "unknown-kept",
            "a field that nobody knows yet is kept",
            "1.4",
            Row(entry(record_id("k"), newer)),
        ),
        one_case(
            "body-order",
            "a business record has no one encoding",
            "1.4",
            Row(entry(record_id("o"), turned)),
        ),
        one_case("supersedes", "it replaces an earlier record", "3.6", Row(replacing)),
        one_case("canary", "a canary is accepted and never handed on", "6.7", probe),
    ]


def _authority() -> list[RecordCase]:
    why = "not_authorised"
    before, begun = good("before", 19), good("begun", 19)
    ended, last = good("ended"), good("last")
    return [
        one_case("authority-type", "no agreement names its type yet", "5.5", refused(before, why)),
        one_case(
            "authority-begun",
            "in force from this millisecond",
            "5.5",
            Row(begun),
            created_ms=CREATED_MS + 1,
        ),
        one_case(
            "authority-ended",
            "the agreement ends in this millisecond",
            "5.5",
            refused(ended, why),
            sender=b"AZ.SCC",
        ),
        one_case(
            "authority-last",
            "its last millisecond",
            "5.5",
            Row(last),
            sender=b"AZ.SCC",
            created_ms=CREATED_MS - 1,
        ),
        one_case(
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
    return [one_case(name, title, "12.5", row) for name, title, row in rows]


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


def _files(identity: bytes) -> list[RecordCase]:
    manifest = (
        field_bytes(1, bytes(16)) + field_bytes(2, b"scan.pdf") + field_bytes(3, b"application/pdf")
        + field_number(4, 300_000) + field_bytes(5, bytes(32)) + field_bytes(6, bytes(32))
    )  # fmt: skip
    whole = transit(21, manifest + field_bytes(7, bytes(32)))
    kept = parked(entry(identity, whole, 21), "attachment_incomplete")
    title = "the manifest of a file waits for its chunks"
    lacking = refused(
        entry(identity, transit(21, manifest), 21), "record_invalid", "required attachment.root"
    )
    return [
        one_case("attachment-manifest", title, "13.4", kept),
        one_case(
            "attachment-rootless", "a manifest without the root of its chunks", "13.1", lacking
        ),
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
    cases = [one_case(name, title, "3.6", refused(data, MALFORMED)) for name, title, data in rows]
    types = (0, 74, 2**31 - 1)
    later = [
        one_case(
            f"entry-type-{number}",
            "a type of a later version, without an agreement",
            "11",
            refused(entry(identity, body, number), "not_authorised"),
        )
        for number in (22, 63)
    ]
    kept = parked(entry(identity, body, LATER_TYPE))
    title = "a type of a later version is kept until a version knows it"
    later.append(one_case("entry-type-later", title, "11", kept))
    later += _files(identity)
    return [*cases, *later] + [
        one_case(
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
        one_case(name, title, "12", refused(entry(identity, body, kind), MALFORMED))
        for name, title, kind, body in malformed
    ]
    return cases + [
        one_case(name, title, "12", refused(entry(identity, body, kind), "record_type"))
        for name, title, kind, body in types
    ]


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
    above = refused(more, "record_too_large", zeros=others)
    return [
        one_case("size-most", "262,144 bytes", "10", Row(most, zeros=zeros)),
        one_case("size-above", "one byte more", "10", above),
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
