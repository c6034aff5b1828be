from corridor.standards.ncts.messages import messages
from corridor.standards.ncts.rows import Row, rows


def test_every_leaf_is_listed_with_its_field_and_form() -> None:
    declaration = next(message for message in messages() if message.name == "CC015C")
    listed = list(rows(declaration))
    assert listed[0] == Row("CC015C/@PhaseID", "header.source.version", "text", mandatory=False)
    assert (
        Row("CC015C/TransitOperation/LRN", "header.movement.ids", "LRN", mandatory=True) in listed
    )
    assert (
        Row(
            "CC015C/Guarantee/GuaranteeReference/amountToBeCovered",
            "declaration.dataset.guarantees[].references[].amount",
            "decimal",
            mandatory=False,
        )
        in listed
    )


def test_no_two_elements_of_a_message_share_a_row() -> None:
    for message in messages():
        elements = [row.element for row in rows(message)]
        assert len(elements) == len(set(elements))
