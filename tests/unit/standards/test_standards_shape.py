"""Formats of data elements, how often they stand, and what is refused of NCTS always."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.gateway.http.problems import of_refused
from corridor.standards.check import Checked, check
from corridor.standards.findings import MAX_FINDINGS
from corridor.standards.formats import format_named, has_format
from corridor.standards.judging import Judging, Rules
from corridor.standards.mapper import Options
from corridor.standards.ncts.element_formats import format_of, most_of
from corridor.standards.ncts.releases import P5, P6
from corridor.standards.shape import misshapen, shape
from corridor.standards.standard import decode, standard_named
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits

FIXTURES = Path(__file__).parents[2] / "fixtures/ncts"


@pytest.mark.parametrize(
    ("notation", "good", "bad"),
    [
        ("an..35", ["x", "x" * 35, "Ż", " x "], ["", "  ", "\u00a0", "x" * 36]),
        ("an4", ["N825"], ["", "N82", "N8255"]),
        ("a2", ["ka", "KA"], ["k", "k1", "ქა"]),
        ("A2", ["GE"], ["ge", "G", "GEO", "G1"]),
        ("AN1", ["A", "0"], ["a", "", "-"]),
        ("ascii..17", ["MSCU 123/4", "~"], ["é", "", "x" * 18]),
        ("n1", ["0", "9"], ["", "10", "x", "٣"]),
        ("n..4", ["0", "9999", "0007"], ["", "10000", "-1", "1.0", "1e2", "+1", "٣"]),
        ("n+..5", ["1", "00001", "99999"], ["0", "00000", "", "100000", "-1"]),
        ("n..16,6", ["0", "0.0", "1000.000000", "9999999999.999999", "1.5000000000"],
         ["", ".5", "5.", "1.1234567", "99999999999999999", "1,5", "1e3", "-1", "NaN"]),
        ("n..16,2", ["0.99", "12"], ["1.234"]),
        ("n+..16,6", ["0.000001"], ["0", "0.000000", "00.0"]),
        ("date", ["2026-02-28", "2024-02-29"],
         ["2026-02-29", "2026-13-01", "2026-2-1", "20260228", "2026-02-28+01:00", ""]),
        ("dateTime", ["2026-02-28T23:59:59", "2026-02-28T24:00:00"],
         ["2026-02-28", "2026-02-28T24:61:00", "2026-02-28T10:00:00Z", "2026-02-28 10:00:00"]),
        ("flag", ["0", "1"], ["", "2", "true", "00"]),
        ("email", ["a@b.ge"], ["", "@b.c", "a", "a@b", "x" * 256 + "@b.c"]),
        ("item", ["1", "0001", "1999"], ["0", "2000", "", "19990", "1.0"]),
        ("office", ["GE000001", "XI00ABCD"], ["", "GE00001", "ge000001", "12000001", "GE0000011"]),
        ("carnet", ["1", "25000000", "XH81204417", "AX812044170"], ["", "0", "AB81204417", "XH1"]),
        ("C|D|U", ["C", "U"], ["", "c", "CD", "C|D|U"]),
        ("eori", ["GE1", "TR123456789012345"], ["", "1GE", "GE", "TR1234567890123456"]),
    ],
)  # fmt: skip
def test_a_format_takes_what_it_says(notation: str, good: list[str], bad: list[str]) -> None:
    one = format_named(notation)
    assert [text for text in good if not has_format(one, text)] == []
    assert [text for text in bad if has_format(one, text)] == []
    assert one.words


@pytest.mark.parametrize("notation", ["", "an", "x..3", "n3..", "an..-1", "Date"])
def test_what_is_no_notation_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match="no format"):
        format_named(notation)


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_a_number_is_judged_as_decimal_arithmetic_would(value: int, decimals: int) -> None:
    whole, part = divmod(value, 10**decimals)
    after = f"{part:0{decimals}d}" if decimals else ""
    text = f"{whole}.{after}" if decimals else f"{whole}"
    significant, places = len(str(whole).lstrip("0")), len(after.rstrip("0"))
    one = format_named("n..6,3")
    assert one.holds(text) == (places <= 3 and significant + places <= 6)


def test_every_leaf_of_every_message_has_a_format_or_is_checked_in_the_record() -> None:
    untold: set[str] = set()

    def look(parts: tuple[object, ...], path: str) -> None:
        for part in parts:
            place = f"{path}/{part.element}"  # type: ignore[attr-defined]
            inner = getattr(part, "parts", None)
            if inner is not None:
                look(inner, place)
                assert 1 <= most_of(place) <= 9_999
            elif format_of(place) is None:
                untold.add(place.rpartition("/")[2])

    for release in (P5, P6):
        for message in release.messages.values():
            look(message.parts, message.element)
    assert untold == {"@PhaseID", "MRN", "GRN"}


def test_the_element_around_and_the_message_decide_where_names_are_shared() -> None:
    def notation(path: str) -> str | None:
        found = format_of(path)
        return found.notation if found else None

    assert notation("CC015C/CustomsOfficeOfDeparture/referenceNumber") == "office"
    assert notation("CC015C/Authorisation/referenceNumber") == "an..35"
    assert notation("CC015C/Consignment/PreviousDocument/referenceNumber") == "an..70"
    assert notation("CC015C/Consignment/referenceNumberUCR") == "ascii..35"
    assert notation("CC043C/Consignment/referenceNumberUCR") == "ascii..70"
    assert notation("CC917C/Header/LRN") == "an..35"
    assert most_of("CC015C/Consignment/PreviousDocument") == 9_999
    assert most_of("CC015C/Consignment/HouseConsignment/PreviousDocument") == 99
    assert most_of("CC015C/Consignment/Newer") == 9_999


# --- documents -------------------------------------------------------------------------------


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.xml").read_bytes()


def changed(name: str, *changes: tuple[bytes, bytes]) -> bytes:
    document = fixture(name)
    for old, new in changes:
        assert old in document, old
        document = document.replace(old, new, 1)
    return document


def tried(name: str, *changes: tuple[bytes, bytes]) -> Checked:
    return check(changed(name, *changes), Options())


def told(found: Checked) -> list[tuple[str, str]]:
    return [(one.path, one.words.partition(":")[0]) for one in found.refusals]


SENDER = b"<messageSender>"
AT = b"</TransitOperation>"
AHEAD = b"<messageIdentification>1</messageIdentification>"
OFFICE = (
    b"<CustomsOfficeOfDeparture><referenceNumber>GE000001</referenceNumber>"
    b"</CustomsOfficeOfDeparture><CustomsOfficeOfDeparture>"
)


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "rule"),
    [
        ("cc015c", SENDER, SENDER + b"x" * 36, "CC015C/messageSender", "format"),
        ("cc015c", AT, b"<LRN>SECOND</LRN>" + AT, "CC015C/TransitOperation/LRN[2]", "number"),
        ("cc015c", AT, b"<security>9</security>" + AT, "CC015C/TransitOperation/security[2]",
         "number"),
        ("cc015c", b"<CustomsOfficeOfDeparture>", OFFICE,
         "CC015C/CustomsOfficeOfDeparture[2]", "number"),
        ("cc015c", b"<LRN>", b"<LRN>{{LRN}}", "CC015C/TransitOperation/LRN", "placeholder"),
        ("cc015c", b"<LRN>", b"<LRN>${lrn}", "CC015C/TransitOperation/LRN", "placeholder"),
        ("cc015c", b"<security>", b"<security><x>1</x></security><security>",
         "CC015C/TransitOperation/security", "format"),
        ("cc015c", b"<messageType>CC015C", b"<messageType>CC013C", "CC015C/messageType",
         "message_type"),
        ("cc015c", b"<Guarantee>", b"<Guarantee>x</Guarantee><Guarantee>", "CC015C/Guarantee[1]",
         "format"),
        ("cc015c", b"<LRN>", b"<LRN> ", "CC015C/TransitOperation/LRN", "format"),
        ("cc015c", SENDER, AHEAD + SENDER, "CC015C/messageSender", "order"),
        ("cc013c", b"</MRN>", b"</MRN><LRN>L1</LRN>", "CC013C/TransitOperation/MRN", "C0467"),
    ],
)  # fmt: skip
def test_what_no_system_could_read_is_refused_by_its_element(
    name: str, old: bytes, new: bytes, place: str, rule: str
) -> None:
    assert tried(name).accepted
    found = tried(name, (old, new))
    assert not found.accepted
    assert (place, rule) in told(found)
    with pytest.raises(Refused) as refused:
        decode(changed(name, (old, new)), Options(judging=Judging(rules=Rules.OFF)))
    assert refused.value.reason is Reason.RECORD_INVALID
    assert (place, rule) in [(one.path, one.rule) for one in of_refused(refused.value).faults]
    assert all(one.message for one in of_refused(refused.value).faults)


def test_an_amendment_that_names_no_movement_is_refused() -> None:
    document = fixture("cc013c")
    start, end = document.index(b"<MRN>"), document.index(b"</MRN>") + len(b"</MRN>")
    found = check(document[:start] + document[end:], Options())
    assert told(found) == [("CC013C/TransitOperation/MRN", "C0467")]
    assert "C0467" not in [one.rule for one in found.warnings]  # told once


def test_a_placeholder_elsewhere_is_told_and_taken() -> None:
    found = tried("cc015c", (SENDER, SENDER + b"{{me}}"))
    assert found.accepted
    assert ("CC015C/messageSender", "placeholder") in [
        (one.path, one.rule) for one in found.warnings
    ]


@pytest.mark.parametrize(
    ("sender", "recipient", "accepted"),
    [
        (b"trader", b"NTA.XX", False),
        (b"trader", b"NTA.{}", True),
        (b"trader", b"NTA.", True),
        (b"trader", b"whoever", True),
        (b"NTA.GE", b"NTA.XX", True),  # one authority passes it on to another
    ],
)
def test_what_a_trader_sends_goes_to_the_authority_of_its_office(
    sender: bytes,
    recipient: bytes,
    accepted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    document = fixture("cc015c")
    office = document[document.index(b"<CustomsOfficeOfDeparture>") :]
    country = office[office.index(b"<referenceNumber>") + 17 :][:2]
    found = check(
        put(
            put(document, b"messageSender", sender),
            b"messageRecipient",
            recipient.replace(b"{}", country),
        ),
        Options(),
    )
    assert found.accepted is accepted
    assert told(found) == ([] if accepted else [("CC015C/messageRecipient", "recipient")])


def put(document: bytes, element: bytes, text: bytes) -> bytes:
    start = document.index(b"<" + element + b">") + len(element) + 2
    return document[:start] + text + document[document.index(b"</" + element) :]


def test_a_layout_of_phase_6_is_read_as_such_whatever_its_phase_says() -> None:
    document = fixture("cc007c")
    start = document.index(b"<incidentFlag>")
    end = document.index(b"</incidentFlag>") + len(b"</incidentFlag>")
    found = check(document[:start] + document[end:], Options())
    assert (found.standard, found.accepted) == ("NCTS-P6", True)
    assert ("CC007C/@PhaseID", "phase") in [(one.path, one.rule) for one in found.warnings]
    whole = check(document, Options())
    assert (whole.standard, whole.accepted) == ("NCTS-P5", True)
    assert "phase" not in [one.rule for one in whole.warnings]


def test_there_is_an_end_to_what_is_told_of_one_element() -> None:
    message = P5.messages["CC015C"]
    wanted = shape(message.parts, "CC015C", format_of, most_of)
    seal = Node("Seal", children=[Node("sequenceNumber", "0"), Node("identifier", "")])
    box = Node("TransportEquipment", children=[seal] * 500)
    root = Node("CC015C", children=[Node("Consignment", children=[box])])
    found = list(misshapen(root, "CC015C", wanted, "NCTS-P5"))
    of_seals = [one for one in found if one.rule != "missing"]
    assert len(of_seals) == 2 * MAX_FINDINGS + 1
    assert [one.words for one in found if one.rule == "number"] == ["it stands more than 99 times"]
    assert found[0].path == "CC015C/Consignment/TransportEquipment[1]/Seal[1]/sequenceNumber"


def test_what_the_standard_demands_and_is_not_there_is_refused_by_a_node_as_by_the_check() -> None:
    change = (b"<security>2</security>", b"")
    found = tried("cc015c", change)
    assert [(one.path, one.reason) for one in found.refusals] == [
        ("CC015C/TransitOperation/security", "missing")
    ]
    with pytest.raises(Refused, match=r"CC015C/TransitOperation/security \(missing: ") as refused:
        decode(changed("cc015c", change), Options())
    (fault,) = of_refused(refused.value).faults
    assert (fault.path, fault.rule) == ("CC015C/TransitOperation/security", "missing")


def test_texts_are_looked_at_in_a_time_that_grows_with_their_length() -> None:
    braces = (b"<ncts:CC015C ", b'<ncts:CC015C foo="' + b"{" * 1_000_000 + b'" ')
    began = time.process_time()
    tried("cc015c", braces, (b"<messageSender>", b"<messageSender>" + b"${" * 500_000))
    assert time.process_time() - began < 5


def test_what_is_not_known_is_named_and_travels() -> None:
    found = tried("cc015c", (b"</TransitOperation>", b"<limitDat>1</limitDat></TransitOperation>"))
    assert found.accepted
    assert ("CC015C/TransitOperation/limitDat", "unknown") in [
        (one.path, one.rule) for one in found.warnings
    ]


def test_leaving_an_element_out_lifts_no_rule() -> None:
    document = fixture("cc007c")
    start = document.index(b"<incidentFlag>")
    end = document.index(b"</incidentFlag>") + len(b"</incidentFlag>")
    bare = (document[:start] + document[end:]).replace(b' PhaseID="NCTS5.1"', b"")
    strict = Options(judging=Judging(rules=Rules.REFUSE))
    of_p5 = {one.words[:5] for one in check(document, strict).refusals}
    found = check(bare, strict)
    assert of_p5 <= {one.words[:5] for one in found.refusals} | {"C0394"}
    assert "phase" in [one.rule for one in found.warnings]  # told also where no phase is said


def test_what_is_written_with_line_breaks_may_be_longer_than_what_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = re.sub(rb">\s+<", b"><", fixture("cc015c"))
    found = check(text, Options(XmlLimits(max_bytes=len(text))))
    assert (found.accepted, found.round_trip) == (True, "equal")
    p5 = standard_named("NCTS-P5")
    written = p5.encode(decode(text, Options()).record, True)
    assert len(written.document) > len(text)
    small = XmlLimits(max_bytes=len(text))
    monkeypatch.setattr(
        "corridor.standards.standard.XmlLimits", lambda **given: replace(small, **given)
    )
    assert p5.again(written).message == "CC015C"


def test_another_standard_hides_no_fault_of_the_message_itself() -> None:
    document = changed("cc007c", (SENDER, SENDER + b"x" * 36))
    found = check(document, Options(), to=standard_named("WCO-DM"))
    assert [one.reason for one in found.refusals] == ["record_invalid", "source_unsupported"]
