"""The few protobuf bytes an envelope needs, written by hand so that they can be written wrong."""


def varint(number: int, *, width: int = 0) -> bytes:
    """Return a varint; with `width`, one of so many bytes even where fewer would do."""
    out = bytearray()
    while number > 0x7F or len(out) + 1 < width:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field_bytes(number: int, data: bytes) -> bytes:
    """Return a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def field_number(number: int, value: int) -> bytes:
    """Return a varint field."""
    return varint(number << 3) + varint(value)


def some_bytes(number: int, data: bytes) -> bytes:
    """Return a field without presence: nothing where it is empty."""
    return field_bytes(number, data) if data else b""


def some_number(number: int, value: int) -> bytes:
    """Return a field without presence: nothing where it is 0."""
    return field_number(number, value) if value else b""


def record(index: int, body: bytes, record_type: int = 14, record_id: bytes | None = None) -> bytes:
    """Return a RecordEntry with a UUIDv7-shaped id made from `index`."""
    identity = record_id
    if identity is None:
        identity = (0x0190_0000_0000 + index).to_bytes(6) + b"\x70\x00\x80" + bytes(6) + b"\x01"
    return (
        field_bytes(1, identity)
        + field_number(2, record_type)
        + field_bytes(3, b"corridor.wire.v1")
        + some_bytes(5, body)
    )


def batch(seed: bytes, records: list[bytes]) -> bytes:
    """Return a RecordBatch."""
    return field_bytes(1, seed) + b"".join(field_bytes(2, entry) for entry in records)
