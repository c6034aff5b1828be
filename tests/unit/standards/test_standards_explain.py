"""A document beside its record, in words."""

from pathlib import Path

import pytest

from corridor.standards.accounting import Fate
from corridor.standards.explain import Line, explain
from corridor.standards.mapper import Options
from corridor.standards.standard import recognise

FIXTURES = Path(__file__).parents[2] / "fixtures"
DOCUMENTS = (
    "ncts/cc015c.xml",
    "asycuda/sad.xml",
    "wco/dec.xml",
    "wco/res.xml",
    "edifact/cusdec.edi",
)


def explained(document: bytes) -> dict[str, Line]:
    known = recognise(document, Options())
    mapped = known.standard.decode(document, Options())
    lines = explain(mapped, known.standard.local(known.root))
    assert len(lines) == len(mapped.account.leaves)
    return {line.element: line for line in lines}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_value_that_is_mapped_is_in_words_and_as_the_record_has_it(name: str) -> None:
    for line in explained((FIXTURES / name).read_bytes()).values():
        if line.fate is Fate.MAPPED and line.value:
            assert line.words, line
            assert line.held, line


def test_the_words_are_those_of_customs_and_the_same_for_every_standard() -> None:
    ncts = explained((FIXTURES / "ncts/cc015c.xml").read_bytes())
    sad = explained((FIXTURES / "asycuda/sad.xml").read_bytes())
    wco = explained((FIXTURES / "wco/dec.xml").read_bytes())
    assert ncts["CC015C/TransitOperation/LRN"].words == "movement > LRN"
    assert sad["ASYCUDA/Declarant/Reference/Number"].words == "movement > LRN"
    office = "itinerary > office of departure > reference"
    assert ncts["CC015C/CustomsOfficeOfDeparture/referenceNumber"].words == office
    code = "ASYCUDA/Identification/Office_segment/Customs_clearance_office_code"
    assert sad[code].words == office
    assert sad[code].held == "GEBTS"
    assert sad["ASYCUDA/Item/Taxation/Taxation_line/Duty_tax_rate"].words == (
        "consignment > house 1 > item 1 > duty > rate"
    )
    border = "MetaData/Declaration/BorderTransportMeans/ID"
    assert wco[border].words == "consignment > means at border > identification"
    seal = ncts["CC015C/Consignment/TransportEquipment/Seal[2]/identifier"]
    assert seal.words == "consignment > equipment 1 > seal 2 > identifier"


def test_a_name_with_its_address_shows_what_the_field_holds() -> None:
    line = explained((FIXTURES / "asycuda/sad.xml").read_bytes())["ASYCUDA/Transit/Principal/Name"]
    assert line.value.splitlines()[0] == line.held == "Black Sea Forwarding LLC"


def test_how_a_date_is_written_and_what_the_message_says_by_its_name_is_told() -> None:
    wco = explained((FIXTURES / "wco/dec.xml").read_bytes())
    assert wco["MetaData/Declaration/IssueDateTime/DateTimeString/@formatCode"].held == "102"
    text = (FIXTURES / "edifact/cusdec.edi").read_bytes()
    line = explained(text)["CUSDEC/UNS:detail/1.1"]
    assert (line.held, line.words) == ("D", "said by the name of the message")


def test_what_travels_word_for_word_has_no_field_and_a_box_that_took_nothing_no_value() -> None:
    text = (FIXTURES / "asycuda/sad.xml").read_text()
    text = text.replace("<Warehouse>", "<Warehouse><Keeper>x</Keeper>")
    text = text.replace("<Item_Number>1<", "<Item_Number>one<")
    found = explained(text.encode())
    keeper = next(line for path, line in found.items() if "Keeper" in path)
    assert (keeper.fate, keeper.field, keeper.words, keeper.held) == (Fate.RESIDUAL, "", "", "")
    number = found["ASYCUDA/Container/Item_Number"]
    assert (number.fate, number.held) == (Fate.NARROWED, "")
