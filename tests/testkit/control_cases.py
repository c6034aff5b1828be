"""The cases of records.json: control records (PROTOCOL §6)."""

from testkit.control import (
    ACCEPTS,
    CANARY,
    HANDOVER,
    RECEIPT,
    RESEND,
    STREAM_OPEN,
    STREAM_STATUS,
    TOMBSTONE,
    UNDECRYPTABLE,
    head,
    span,
    stream_open,
    tombstone,
)
from testkit.envelopes import fresh
from testkit.proto import field_bytes, field_number, record, some_bytes, some_number
from testkit.records import Letter, RecordCase, read, refused, unread
from testkit.tally_cases import tally_cases

EPOCH = 1_763_000_000
ID = fresh("an envelope", 32)
SHORT = ID[:31]
MALFORMED = "control_malformed"


def control_cases() -> list[RecordCase]:
    """Return them by type."""
    return [
        *_right(),
        *_receipts(),
        *_resends(),
        *_heads(),
        *_others(),
        *_handovers(),
        *tally_cases(),
        *_accepts(),
        *_together(),
    ]


def _case(name: str, title: str, section: str, record_type: int, body: bytes) -> RecordCase:
    row = unread(record(700, body, record_type))
    return RecordCase(name, title, section, (Letter((row,)),))


def _right() -> list[RecordCase]:
    rows = [
        ("receipt-empty", "a receipt that says nothing", "6.1", RECEIPT, b""),
        ("receipt", "a receipt", "6.1", RECEIPT, receipt()),
        ("resend", "a Resend", "6.2", RESEND, field_bytes(1, span(EPOCH, 1, 4096))),
        (
            "status",
            "a StreamStatus",
            "6.4",
            STREAM_STATUS,
            field_bytes(1, b"") + field_bytes(2, b""),
        ),
        ("undecryptable", "an Undecryptable", "6.6", UNDECRYPTABLE, _undecryptable(ID, 122)),
        ("handover", "a Handover", "6.8", HANDOVER, handover(handed())),
        ("handover-none", "a Handover that tells of nothing", "6.8", HANDOVER, handover()),
        ("handover-silent", "its sender does not tell", "6.8", HANDOVER, handover(telling=2)),
        ("handover-open", "not acknowledged", "6.8", HANDOVER, handover(handed(done=0))),
    ]
    return [
        RecordCase(f"control-{name}", title, section, (Letter((read(record(701, body, kind)),)),))
        for name, title, section, kind, body in rows
    ]


def verdict(sequence: int = 1, kind: int = 1, **parts: bytes | int) -> bytes:
    """Return an EnvelopeVerdict."""
    whole: dict[str, bytes | int] = {"id": ID, "root": ID, "reason": 0, "exception": b"", **parts}
    exception = whole["exception"]
    assert isinstance(exception, bytes)
    return (
        some_number(1, EPOCH)
        + some_number(2, sequence)
        + some_bytes(3, whole["id"])  # type: ignore[arg-type]
        + some_bytes(4, whole["root"])  # type: ignore[arg-type]
        + some_number(5, kind)
        + some_number(6, whole["reason"])  # type: ignore[arg-type]
        + (field_bytes(7, exception) if exception else b"")
    )


def receipt(*verdicts: bytes, size: int = 1, root: bytes = ID) -> bytes:
    """Return a Receipt."""
    told = b"".join(field_bytes(3, one) for one in verdicts)
    return told + some_number(4, size) + some_bytes(5, root)


def _exception(**parts: int | bytes | str) -> bytes:
    whole: dict[str, int | bytes | str] = {
        "index": 0,
        "id": bytes(16),
        "kind": 2,
        "fault": "",
        **parts,
    }
    fault = str(whole["fault"]).encode()
    return (
        some_number(1, whole["index"])  # type: ignore[arg-type]
        + some_bytes(2, whole["id"])  # type: ignore[arg-type]
        + some_number(3, whole["kind"])  # type: ignore[arg-type]
        + some_number(4, 303)
        + (field_bytes(5, fault) if fault else b"")
    )


def _receipts() -> list[RecordCase]:
    heads = b"".join(field_bytes(1, head(epoch, 1, ID)) for epoch in range(1, 66))
    gaps = b"".join(field_bytes(2, span(EPOCH, n, n)) for n in range(1, 131, 2))
    faults = _exception() + b"".join(field_bytes(5, b"x") for _ in range(17))
    rows = [
        ("root-31", "a log root of 31 bytes", receipt(root=SHORT)),
        ("root-none", "a log without a root", receipt(root=b"")),
        ("root-extra", "the root of an empty log", receipt(size=0)),
        ("heads-65", "65 heads", heads + receipt()),
        ("gaps-65", "65 gaps", gaps + receipt()),
        (
            "gap-turned",
            "a gap that ends before it begins",
            field_bytes(2, span(EPOCH, 2, 1)) + receipt(),
        ),
        ("head-id", "a head without an id", field_bytes(1, head(EPOCH, 1, b"")) + receipt()),
        (
            "head-id-31",
            "a head with an id of 31 bytes",
            field_bytes(1, head(EPOCH, 1, SHORT)) + receipt(),
        ),
        (
            "head-zero",
            "an id of a head that is none",
            field_bytes(1, head(EPOCH, 0, ID)) + receipt(),
        ),
        ("sequence-0", "a verdict on number 0", receipt(verdict(0))),
        ("sequence-2-63", "a verdict on number 2^63", receipt(verdict(2**63))),
        ("verdict-0", "no verdict", receipt(verdict(kind=0))),
        ("verdict-5", "a verdict that nobody knows", receipt(verdict(kind=5))),
        ("id-31", "an id of 31 bytes", receipt(verdict(id=SHORT))),
        ("payload-31", "a payload root of 31 bytes", receipt(verdict(root=SHORT))),
        ("reason-10000", "a reason of five digits", receipt(verdict(reason=10_000))),
        (
            "index-512",
            "a verdict on the 513th record",
            receipt(verdict(exception=_exception(index=512))),
        ),
        (
            "record-15",
            "a record id of 15 bytes",
            receipt(verdict(exception=_exception(id=bytes(15)))),
        ),
        (
            "record-verdict",
            "no verdict on a record",
            receipt(verdict(exception=_exception(kind=0))),
        ),
        ("faults-17", "17 faults", receipt(verdict(exception=faults))),
        (
            "fault-201",
            "a fault of 201 characters",
            receipt(verdict(exception=_exception(fault="x" * 201))),
        ),
    ]
    return [_case(f"receipt-{name}", title, "6.1", RECEIPT, body) for name, title, body in rows]


def _resends() -> list[RecordCase]:
    many = b"".join(field_bytes(1, span(EPOCH, n, n)) for n in range(1, 131, 2))
    rows = [
        ("nothing", "it asks for nothing", b""),
        ("zero", "from number 0 on", field_bytes(1, span(EPOCH, 0, 1))),
        ("turned", "it ends before it begins", field_bytes(1, span(EPOCH, 2, 1))),
        ("beyond", "up to number 2^63", field_bytes(1, span(EPOCH, 2**63, 2**63))),
        ("65", "65 ranges", many),
        ("4097", "4,097 envelopes", field_bytes(1, span(EPOCH, 1, 4097))),
    ]
    return [_case(f"resend-{name}", title, "6.2", RESEND, body) for name, title, body in rows]


def _undecryptable(envelope_id: bytes, reason: int) -> bytes:
    return some_bytes(1, envelope_id) + some_number(2, reason)


def _heads() -> list[RecordCase]:
    bad = field_bytes(1, head(EPOCH, 1, SHORT)) + field_bytes(2, b"")
    twice = field_bytes(1, b"") + field_bytes(1, b"") + field_bytes(2, b"")
    return [
        _case("open-id-31", "an id of 31 bytes", "6.3", STREAM_OPEN, bad),
        _case("open-twice", "a head twice", "1.4", STREAM_OPEN, twice),
        _case("status-id-31", "an id of 31 bytes", "6.4", STREAM_STATUS, bad),
        _case("tombstone-none", "it closes nothing", "6.5", TOMBSTONE, b""),
        _case(
            "tombstone-0",
            "it closes number 0",
            "6.5",
            TOMBSTONE,
            field_bytes(1, head(EPOCH, 0, b"")),
        ),
        _case(
            "tombstone-id", "without an id", "6.5", TOMBSTONE, field_bytes(1, head(EPOCH, 1, b""))
        ),
        _case(
            "undecryptable-31",
            "an id of 31 bytes",
            "6.6",
            UNDECRYPTABLE,
            _undecryptable(SHORT, 122),
        ),
        _case("undecryptable-0", "without a reason", "6.6", UNDECRYPTABLE, _undecryptable(ID, 0)),
        _case(
            "undecryptable-5",
            "a reason of five digits",
            "6.6",
            UNDECRYPTABLE,
            _undecryptable(ID, 10_000),
        ),
    ]


def _others() -> list[RecordCase]:
    closing = field_bytes(1, head(EPOCH, 1, ID))
    beyond = 131_073 - len(closing) - 5
    large = closing + b"\x7a" + _length(beyond)
    whole = record(702, large + bytes(beyond), TOMBSTONE)
    start = whole[: len(whole) - beyond]
    canaries = [
        ("canary-unknown", "a field that nobody knows", field_number(1, 1) + field_number(2, 1)),
        ("canary-junk", "no protobuf", b"\xff" * 9),
    ]
    return [
        _case(
            "control-unknown",
            "a field that nobody knows",
            "1.4",
            TOMBSTONE,
            closing + field_number(2, 1),
        ),
        _case("control-junk", "no protobuf", "6", TOMBSTONE, b"\xff" * 9),
        RecordCase(
            "control-large", "131,073 bytes", "10", (Letter((unread(start, zeros=beyond),)),)
        ),
        *(
            RecordCase(
                name, title, "6.7", (Letter((refused(record(703, body, CANARY), MALFORMED),)),)
            )
            for name, title, body in canaries
        ),
    ]


def handed(first: int = 1, last: int = 2, at: int = 1, done: int = 2) -> bytes:
    """Return a HandoverRange."""
    times = some_number(4, at) + some_number(5, done)
    return some_number(1, EPOCH) + some_number(2, first) + some_number(3, last) + times


def handover(*ranges: bytes, telling: int = 1) -> bytes:
    """Return a Handover."""
    return some_number(1, telling) + b"".join(field_bytes(2, one) for one in ranges)


def _accepts() -> list[RecordCase]:
    none = read(record(701, b"", ACCEPTS))
    junk = unread(record(701, field_bytes(1, b"no Signed"), ACCEPTS), "statement_malformed")
    beyond = 65_537
    whole = record(702, field_bytes(1, bytes(beyond)), ACCEPTS)
    large = unread(whole[: len(whole) - beyond], zeros=beyond)
    twice = field_bytes(1, b"one") + field_bytes(1, b"two")
    return [
        RecordCase("accepts-none", "it says nothing", "6.10", (Letter((none,)),)),
        RecordCase("accepts-junk", "what it holds is no statement", "6.10", (Letter((junk,)),)),
        _case("accepts-twice", "two statements", "1.4", ACCEPTS, twice),
        RecordCase("accepts-large", "a statement of 65,537 bytes", "10", (Letter((large,)),)),
    ]


def _handovers() -> list[RecordCase]:
    many = [handed(n, n) for n in range(1, 514)]
    rows = [
        ("telling-0", "it does not say whether its sender tells", handover(handed(), telling=0)),
        ("telling-3", "a telling that nobody knows", handover(telling=3)),
        ("zero", "from number 0 on", handover(handed(0, 1))),
        ("turned", "it ends before it begins", handover(handed(2, 1))),
        ("beyond", "up to number 2^63", handover(handed(2**63, 2**63))),
        ("513", "513 ranges", handover(*many)),
        ("4097", "4,097 envelopes", handover(handed(1, 4097))),
        ("handed-0", "handed over at no time", handover(handed(at=0))),
        ("handed-2-48", "handed over in 2^48 ms", handover(handed(at=2**48))),
        ("acknowledged-2-48", "acknowledged in 2^48 ms", handover(handed(done=2**48))),
    ]
    return [_case(f"handover-{name}", title, "6.8", HANDOVER, body) for name, title, body in rows]


def _length(number: int) -> bytes:
    return bytes([number & 127 | 128, number >> 7 & 127 | 128, number >> 14])


def _together() -> list[RecordCase]:
    closing = tombstone(704, EPOCH, 7, ID)
    bad = unread(record(705, b"\xff" * 9, RESEND))
    cut = unread(closing[:-1], "record_malformed")
    rows = (read(stream_open(706)), bad, cut, read(closing))
    title = "a control record that cannot be read does not spoil the others"
    return [RecordCase("control-neighbours", title, "6", (Letter(rows),))]
