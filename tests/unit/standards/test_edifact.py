"""CUSDEC and CUSRES: syntax, hostile interchanges, tables."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.check import check
from corridor.standards.edifact.codec import codec
from corridor.standards.edifact.grouping import interchange_of
from corridor.standards.edifact.syntax import MAX_BYTES, Interchange, Place, Segment, parse, render
from corridor.standards.mapper import Options, decode, encode
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits
from corridor.wire.records import check_record
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

FIXTURES = Path(__file__).parents[2] / "fixtures/edifact"
CUSDEC, CUSRES = ((FIXTURES / f"{name}.edi").read_bytes() for name in ("cusdec", "cusres"))
LIMITS = XmlLimits()


def interchange(*segments: str, head: str = "UNB+UNOC:3+A+B+260302:0815+R1") -> bytes:
    """A whole interchange around the segments of a CUSDEC."""
    inner = ["UNH+1+CUSDEC:D:24A:UN", *segments]
    whole = [head, *inner, f"UNT+{len(inner) + 1}+1", "UNZ+1+R1"]
    return "".join(f"{segment}'" for segment in whole).encode("latin-1")


MINIMAL = interchange("BGM+830+N1+9", "UNS+D", "UNS+S")


def refusal(document: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(codec(), document, Options())
    return caught.value


def comes_back(document: bytes) -> records.TransitRecord:
    found = decode(codec(), document, Options())
    assert Fate.DROPPED not in {leaf.fate for leaf in found.account.leaves}
    assert check_record(found.record) == ()
    written = encode(codec(), found.record)
    assert parse(written.document, LIMITS) == parse(document, LIMITS)
    return found.record


@pytest.mark.parametrize("document", [CUSDEC, CUSRES])
def test_a_message_comes_back_segment_by_segment(document: bytes) -> None:
    told = comes_back(document)
    found = decode(codec(), document, Options(attach_original=True))
    kept = [leaf for leaf in found.account.leaves if leaf.fate is Fate.MAPPED]
    assert len(kept) >= 0.9 * len(found.account.leaves)
    assert told.header.source.standard == "EDIFACT"
    assert found.record.header.original.media_type == "application/EDIFACT"
    assert check(document, Options()).accepted


def test_a_declaration_stands_in_the_fields_of_the_record() -> None:
    told = comes_back(CUSDEC)
    dataset = told.declaration.dataset
    assert told.header.movement.ids[0].scheme == types.ID_SCHEME_EDIFACT_DOCUMENT
    assert [(one.role, one.reference) for one in dataset.itinerary.offices] == [
        (types.OFFICE_ROLE_DEPARTURE, "GEBTS"),
        (types.OFFICE_ROLE_TRANSIT_DECLARED, "GESRP"),
        (types.OFFICE_ROLE_DESTINATION_DECLARED, "TR61A"),
    ]
    assert dataset.operation.submitted_at.lexical == "20260302"
    consignment = dataset.consignment
    assert (consignment.country_of_dispatch, consignment.country_of_destination) == ("GE", "TR")
    assert consignment.place_of_loading.unlocode == "GEBUS"
    assert [(one.role, one.identification) for one in consignment.means] == [
        (goods.MEANS_ROLE_DEPARTURE, "AA-417-BB"),
        (goods.MEANS_ROLE_BORDER, "AA-417-BB"),
    ]
    assert [one.role for one in consignment.parties] == [
        types.PARTY_ROLE_CONSIGNOR,
        types.PARTY_ROLE_CONSIGNEE,
        types.PARTY_ROLE_HOLDER,
    ]
    container, vehicle = consignment.equipment
    assert container.container == "CSQU3054383"
    assert [seal.identifier for seal in vehicle.seals] == ["GE0044871", "GE0044872"]
    (item,) = consignment.houses[0].items
    assert item.commodity.description == "Hazelnuts, shelled & roasted kernels 13-15 mm"
    assert (item.commodity.hs6, item.country_of_origin) == ("080222", "GE")
    assert (item.gross_mass.lexical, item.net_mass.lexical) == ("18250.5", "18000")


def test_an_answer_with_faults_is_a_rejection_and_one_without_is_taken() -> None:
    told = comes_back(CUSRES).exchange.acknowledgement
    assert told.kind == records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    assert [one.code.value for one in told.errors] == ["12056", "12070"]
    text = MINIMAL.decode().replace("CUSDEC", "CUSRES").replace("UNS+D'UNS+S'", "")
    taken = comes_back(text.replace("UNT+5", "UNT+3").encode()).exchange.acknowledgement
    assert taken.kind == records.ACKNOWLEDGEMENT_KIND_TAKEN


@pytest.mark.parametrize(
    "segments",
    [
        ("BGM+830+N1+5", "UNS+D", "UNS+S"),
        ("BGM+830+N1", "LOC+22+" + "X" * 30, "LOC+28+Turkey", "UNS+D", "UNS+S"),
        ("UNS+D", "BGM+830+N1", "UNS+S"),
        ("BGM+830+N1", "DTM+137:20260302:102", "LOC+22+A", "XYZ+1:2+3", "UNS+D", "UNS+S"),
        ("BGM+830+N1", "TDT+20+V1", "SEL+" + "9" * 40, "UNS+D", "UNS+S"),
        ("BGM+830+N1", "NAD+ZZ+ID", "NAD", "UNS+D", "CST+one+0802", "UNS+S"),
        (
            "BGM+830+N1",
            "DTM+137:soon:102",
            "DTM+137:x:999",
            "UNS+D",
            "CST+1",
            "MEA+X+AAB+KGM:x",
            "UNS+S",
        ),
        (
            "BGM+830+N1",
            "UNS+D",
            "CST+1+" + "1" * 8,
            "FTX+AAA",
            "FTX+ABC+++x",
            "LOC+27+XXX",
            "UNS+S",
        ),
        ("BGM+830+N1", "RFF+AAA:1", "DTM+1:2:3", "RFF+BBB:2", "EQD+CN+", "UNS+D", "UNS+S"),
        ("BGM+830+N1?'?+?:???'", "UNS+D", "UNS+S"),
    ],
)
def test_whatever_the_order_and_the_values_nothing_is_lost(segments: tuple[str, ...]) -> None:
    comes_back(interchange(*segments))


def test_own_separators_are_kept() -> None:
    text = MINIMAL.decode().translate(str.maketrans("+:'", "|!~"))
    document = f"UNA!|.? ~\r\n{text}".encode()
    assert render(parse(document, LIMITS)).startswith(b"UNA!|.? ~")
    comes_back(document)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"UNB", Reason.SOURCE_MALFORMED),
        (b"UNA:+.? 'UNH+1'", Reason.SOURCE_MALFORMED),
        (MINIMAL[:-10], Reason.SOURCE_MALFORMED),
        (MINIMAL[:-1], Reason.SOURCE_MALFORMED),
        (MINIMAL + b"?", Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+S'", b""), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNT+5", b"UNT+9"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNT+5+1", b"UNT+5+2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNZ+1+R1", b"UNZ+1+R2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNZ+1", b"UNZ+2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNH", b"UNG"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"UNH+2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"UNB+2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"bgm+2"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"U:S+D"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"UNS+" + b"+" * 120 + b"x"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"UNS+" + b":" * 120 + b"x"), Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNS+D", b"UNS?\nD"), Reason.SOURCE_MALFORMED),
        (b"UNA:::? '" + MINIMAL, Reason.SOURCE_MALFORMED),
        (b"UNAab.? '" + MINIMAL, Reason.SOURCE_MALFORMED),
        (MINIMAL.replace(b"UNOC", b"UNOX"), Reason.CHARACTER_SET),
        (MINIMAL.replace(b"UNOC", b"UNOA").replace(b"N1", b"\xfc"), Reason.CHARACTER_SET),
        (MINIMAL.replace(b"UNOC", b"UNOY").replace(b"N1", b"\xfc"), Reason.CHARACTER_SET),
        (MINIMAL.replace(b"N1", b"N\x00"), Reason.CHARACTER_SET),
        (MINIMAL.replace(b"CUSDEC", b"ORDERS"), Reason.SOURCE_UNSUPPORTED),
        (b"UNB+UNOC:3" + b" " * (MAX_BYTES + 1), Reason.SOURCE_MALFORMED),
        (b"UNB+UNOC:3" + b"'" * 60_000, Reason.SOURCE_MALFORMED),
    ],
)  # fmt: skip
def test_what_is_not_one_whole_interchange_is_refused_by_name(
    document: bytes, reason: Reason
) -> None:
    assert refusal(document).reason is reason


@pytest.mark.parametrize("filler", [b"?", b"??", b"+", b":", b"A", b"'UNA"])
def test_a_long_hostile_interchange_is_refused_in_bounded_time(filler: bytes) -> None:
    document = b"UNB+UNOC:3+" + filler * (400_000 // len(filler))
    began = time.process_time()
    with pytest.raises(Refused):
        parse(document, LIMITS)
    assert time.process_time() - began < 10  # linear: a tenth of what is read at most


def test_a_second_advice_inside_is_text_and_hides_nothing() -> None:
    told = comes_back(interchange("BGM+830+N1", "FTX+AAI+++?'UNA?:?+.?? ?'", "UNS+D", "UNS+S"))
    texts = [fact.value for one in told.header.particulars for fact in one.facts]
    assert "'UNA:+.? '" in texts


def test_a_text_that_the_character_set_cannot_hold_is_refused() -> None:
    told = decode(codec(), MINIMAL, Options()).record
    told.header.source.sender = "ბათუმი"
    with pytest.raises(Refused) as caught:
        encode(codec(), told)
    assert caught.value.reason is Reason.CHARACTER_SET


def test_a_record_made_elsewhere_lacks_the_heads_by_name() -> None:
    encoded = encode(codec(), records.TransitRecord(declaration={"kind": 1, "dataset": {}}))
    assert "CUSDEC/UNB/2.1" in encoded.missing
    assert encoded.media_type == "application/EDIFACT"


@pytest.mark.parametrize("name", ["U", "LOCX", "loc", "2.1.1", "0.1", "1.100", "x.1"])
def test_a_residual_from_elsewhere_makes_no_segment_of_another_name(name: str) -> None:
    with pytest.raises(Refused) as caught:
        interchange_of(Node("CUSDEC", children=[Node("UNB"), Node(name, "x")]))
    assert caught.value.reason is Reason.RECORD_INVALID
    with pytest.raises(Refused):
        interchange_of(Node("CUSDEC", children=[Node("UNB", children=[Node(name, "x")])]))


_TEXTS = st.text(st.characters(codec="latin-1", min_codepoint=32), max_size=20)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.lists(_TEXTS, min_size=1, max_size=4), max_size=6), max_size=12))
def test_segments_of_any_content_come_back(told: list[list[list[str]]]) -> None:
    segments = [Segment("FTX", {}) for _ in told]
    for segment, elements in zip(segments, told, strict=True):
        segment.components.update(
            (Place(element, component), text)
            for element, parts in enumerate(elements, 1)
            for component, text in enumerate(parts, 1)
            if text
        )
    whole = parse(MINIMAL, LIMITS).segments
    end = Segment("UNT", {Place(1, 1): str(5 + len(segments)), Place(2, 1): "1"})
    made = Interchange("", (*whole[:3], *segments, *whole[3:-2], end, whole[-1]))
    assert parse(render(made), LIMITS) == made
