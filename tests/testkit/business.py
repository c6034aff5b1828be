"""Business records by hand (PROTOCOL §12), so that they can be written wrong."""

from testkit.proto import field_bytes, field_number, some_bytes, some_number

MRN, LRN, GRN = 1, 2, 3
GOOD_MRN = "25TR3401004B7KQ2J4"
ARRIVAL, DECLARATION, RELEASED, ENQUIRY, EXCHANGE = 14, 1, 9, 19, 20
BODY_OFFSET = 10


def identifier(scheme: int, value: str) -> bytes:
    """Return an Identifier."""
    return some_number(1, scheme) + field_bytes(2, value.encode())


def header(*ids: bytes, extra: bytes = b"") -> bytes:
    """Return a RecordHeader of model version 1; `extra` are fields behind the movement."""
    movement = b"".join(field_bytes(1, one) for one in ids)
    return field_number(1, 1) + field_bytes(2, movement) + extra


GOOD_HEADER = header(identifier(MRN, GOOD_MRN))


def transit(record_type: int, body: bytes = b"", head: bytes | None = GOOD_HEADER) -> bytes:
    """Return a TransitRecord with the body of a type."""
    first = b"" if head is None else field_bytes(1, head)
    return first + field_bytes(record_type + BODY_OFFSET, body)


def least_body(record_type: int) -> bytes:
    """Return the least that a body may hold."""
    if record_type in (DECLARATION, RELEASED):
        return field_bytes(2, b"")  # its dataset
    return field_bytes(1, b"") if record_type in (ENQUIRY, EXCHANGE) else b""


def declaration(dataset: bytes) -> bytes:
    """Return a declaration with a dataset."""
    return transit(DECLARATION, field_bytes(2, dataset))


def party(address: bytes = b"", name: str = "") -> bytes:
    """Return a Dataset with one party."""
    body = some_bytes(4, name.encode()) + (field_bytes(5, address) if address else b"")
    return field_bytes(4, body)


def entry(
    record_id: bytes,
    body: bytes,
    record_type: int = ARRIVAL,
    schema_id: bytes = b"corridor.wire.v1",
    supersedes: bytes | None = None,
) -> bytes:
    """Return a RecordEntry."""
    before = b"" if supersedes is None else field_bytes(4, supersedes)
    return (
        some_bytes(1, record_id)
        + some_number(2, record_type)
        + some_bytes(3, schema_id)
        + before
        + some_bytes(5, body)
    )
