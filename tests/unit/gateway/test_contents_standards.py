"""Messages of every standard as a gateway takes them from a file or a request."""

from pathlib import Path

import pytest

from corridor.errors import ConfigurationError, Reason, Refused
from corridor.gateway.contents import read_named, read_record
from corridor.gateway.deliveries import original_of
from corridor.gateway.dialects import read_dialect
from corridor.gateway.http.reading import XML
from corridor.gateway.http.reading import read_record as read_body
from corridor.standards.dialect import Dialect
from corridor.standards.judging import Manner
from corridor.wire.records import decode_record

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAD = (FIXTURES / "asycuda/sad.xml").read_bytes()
CUSDEC = (FIXTURES / "edifact/cusdec.edi").read_bytes()
CUSRES = (FIXTURES / "edifact/cusres.edi").read_bytes()
DIALECT = Dialect("GE", "4", absent=frozenset({"ASYCUDA/Warehouse"}))


@pytest.mark.parametrize(
    ("name", "content", "standard"),
    [
        ("a.xml", SAD, "ASYCUDA-SAD"),
        ("a.xml", (FIXTURES / "wco/dec.xml").read_bytes(), "WCO-DM"),
        ("a.edi", CUSDEC, "EDIFACT"),
        ("a", CUSRES, "EDIFACT"),
    ],
)
def test_a_file_is_taken_as_what_it_is(name: str, content: bytes, standard: str) -> None:
    read = read_named(name, content, attach_original=True)
    record = decode_record(read.record)
    assert record.header.source.standard == standard
    assert read.original == "attached"
    assert record.header.original.content == content


def test_the_dialect_of_the_node_reads_what_its_gateways_take() -> None:
    for record in (
        read_record(SAD, manner=Manner(DIALECT)).record,
        read_named("a.xml", SAD, manner=Manner(DIALECT)).record,
        read_body(XML, SAD, attach_original=False, manner=Manner(DIALECT)).record,
    ):
        assert decode_record(record).header.source.standard == "ASYCUDA-SAD-GE-4"


def test_a_name_that_says_edifact_and_a_content_that_does_not_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        read_named("a.edi", SAD)
    assert caught.value.reason is Reason.SOURCE_MALFORMED
    with pytest.raises(Refused) as caught:
        read_named("a.xml", CUSDEC)
    assert caught.value.reason is Reason.SOURCE_MALFORMED


def test_beside_a_record_of_a_partner_stands_its_message_where_that_is_xml() -> None:
    written = original_of(decode_record(read_record(SAD).record))
    assert written is not None
    assert b"<ASYCUDA" in written
    assert original_of(decode_record(read_record(CUSDEC).record)) is None
    attached = decode_record(read_record(SAD, attach_original=True).record)
    assert original_of(attached) == SAD


def test_without_a_file_there_is_no_dialect_and_one_that_is_away_is_told(tmp_path: Path) -> None:
    assert read_dialect(None) is None
    file = tmp_path / "asycuda.toml"
    with pytest.raises(ConfigurationError, match="No such file"):
        read_dialect(file)
    file.write_text('country = "GE"\nversion = "4"\nabsent = ["ASYCUDA/Warehouse"]\n')
    assert read_dialect(file) == DIALECT
    file.write_bytes(b'country = "\xff"')
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_dialect(file)
