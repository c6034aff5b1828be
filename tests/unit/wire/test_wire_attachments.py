"""The manifest of a file comes back as it was written, with the movement it belongs to."""

import pytest

from corridor.wire.attachments import (
    Manifest,
    encode_manifest,
    header_of_movement,
    read_header,
    read_manifest,
)
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry

MRN = "26TR3401004B7KQ2J4"


@pytest.mark.parametrize("mrn", [None, MRN])
@pytest.mark.parametrize("of_record", [None, bytes(range(16))])
def test_it_comes_back(mrn: str | None, of_record: bytes | None) -> None:
    told = Manifest(
        bytes(16), "a.pdf", "application/pdf", 5, bytes(32), b"k" * 32, b"r" * 32, of_record,
        mrn or "",
    )  # fmt: skip
    body = encode_manifest(told, read_header(header_of_movement(mrn)))
    entry = encode_entry(Entry(bytes(16), ATTACHMENT, SCHEMA_ID, None, body))
    assert read_manifest(entry) == told
