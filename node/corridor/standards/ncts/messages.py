"""The NCTS messages that the mapper knows, each as one table.

Every table lists the elements in the order of the schema. Which record a message becomes, and
which message a record becomes, follows from `Message.body` and `Message.kinds`; where several
messages are the same record, from its source and from who sent it.
"""

from functools import cache

from corridor.standards.ncts.customs import customs_messages
from corridor.standards.ncts.datasets import dataset_messages
from corridor.standards.ncts.departure import departure_control
from corridor.standards.ncts.destination import destination_messages
from corridor.standards.ncts.enquiries import enquiry_messages
from corridor.standards.ncts.exports import export_messages
from corridor.standards.ncts.guarantee_notices import guarantee_messages
from corridor.standards.ncts.message import NAMESPACE, STANDARD, Message
from corridor.standards.ncts.offices import office_messages
from corridor.standards.ncts.service import service_messages
from corridor.standards.ncts.traders import trader_messages

__all__ = ["NAMESPACE", "STANDARD", "Message", "messages"]


@cache
def messages() -> tuple[Message, ...]:
    """Return the messages that the mapper knows, in the order of their names."""
    known = (
        *trader_messages(),
        *customs_messages(),
        *destination_messages(),
        *office_messages(),
        *enquiry_messages(),
        *dataset_messages(),
        departure_control(),
        *guarantee_messages(),
        *export_messages(),
        *service_messages(),
    )
    return tuple(sorted(known, key=lambda message: message.name))
