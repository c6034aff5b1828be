"""A header that outlived its envelope's bytes still reads, exactly."""

import pytest

from builders_vectors import load
from corridor.errors import Reason, Refused
from corridor.seal.frame import parse_frame, read_header

FRAME = parse_frame(bytes.fromhex(load("accepted.json")["cases"][0]["frame"]))


def test_a_header_reads_as_it_did_within_its_frame() -> None:
    assert read_header(FRAME.header_bytes) == FRAME.header


@pytest.mark.parametrize("header", [FRAME.header_bytes[:-1], FRAME.header_bytes + b"\0"])
def test_a_header_of_another_length_is_refused(header: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_header(header)
    assert refused.value.reason is Reason.HEADER_MALFORMED
