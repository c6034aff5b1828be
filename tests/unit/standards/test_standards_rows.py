from corridor.standards.asycuda.codec import codec
from corridor.standards.ncts.messages import messages
from corridor.standards.rows import pairs, rows


def test_every_leaf_is_listed_with_its_field_and_form() -> None:
    declaration = next(message for message in messages() if message.name == "CC015C")
    listed = [row[:4] for row in rows(declaration)]
    assert listed[0] == ("CC015C/@PhaseID", "header.source.version", "text", False)
    assert ("CC015C/TransitOperation/LRN", "header.movement.ids", "LRN", True) in listed
    assert (
        "CC015C/Guarantee/GuaranteeReference/amountToBeCovered",
        "declaration.dataset.guarantees[].references[].amount",
        "decimal",
        False,
    ) in listed


def test_what_two_standards_say_in_one_place_stands_side_by_side() -> None:
    declaration = next(message for message in messages() if message.name == "CC015C")
    form = codec(None).messages["SAD"]
    found = list(pairs(form, declaration))
    both = {
        one.first.element.partition("/")[2]: one.second.element.partition("/")[2]
        for one in found
        if one.first and one.second
    }
    assert both["Transit/Seals/Identity"] == "Consignment/TransportEquipment/Seal/identifier"
    assert (
        both["Transit/Destination/Office"] == "CustomsOfficeOfDestinationDeclared/referenceNumber"
    )
    assert both["Identification/Office_segment/Customs_clearance_office_code"] == (
        "CustomsOfficeOfDeparture/referenceNumber"
    )
    means = "Transport/Means_of_transport/Departure_arrival_information/Identity"
    assert both[means] == "Consignment/DepartureTransportMeans/identificationNumber"
    assert "Transit/Principal/Code" not in both  # a number of the country's own is no EORI
    firsts = [one.first for one in found if one.first]
    seconds = [one.second for one in found if one.second]
    assert firsts == list(rows(form))
    assert sorted(seconds) == sorted(rows(declaration))


def test_no_two_elements_of_a_message_share_a_row() -> None:
    for message in messages():
        elements = [row.element for row in rows(message)]
        assert len(elements) == len(set(elements))
