"""Every identifier and name in a record: what nobody between the two nodes may ever see.

Rules:

* the words searched for are chosen by field, not by guess: identifiers, names, addresses,
  descriptions, seals, plates, references; codes, countries and dates are no secrets of their own;
* a word so short that chance or a port number writes it into any file proves nothing: fewer
  than six characters, or fewer than nine if all are digits, are left out.
"""

from collections.abc import Iterator
from typing import Final

from corridor.wire.messages import Message

_SECRETS: Final = {
    "Identifier": ("value",),
    "Party": ("name",),
    "Address": ("street_and_number", "lines"),
    "Contact": ("name", "phone", "email"),
    "Location": ("authorisation_number", "text"),
    "Consignment": ("ucr",),
    "HouseConsignment": ("ucr",),
    "GoodsItem": ("ucr",),
    "Commodity": ("description",),
    "Packaging": ("marks",),
    "Document": ("reference", "complement", "text"),
    "Authorisation": ("reference",),
    "TransportEquipment": ("container",),
    "Seal": ("identifier",),
    "TransportMeans": ("identification", "conveyance_reference"),
    "GuaranteeReference": ("access_code",),
    "Guarantee": ("other_reference",),
    "Incident": ("text",),
    "Invalidation": ("justification",),
    "OperationTerminated": ("reservation_text",),
    "UnloadingRemarks": ("text",),
}
_LEAST_CHARACTERS: Final = 6
_LEAST_DIGITS: Final = 9


def identifiers_of(record: Message) -> frozenset[str]:
    """Return the words of a record that must never be seen unsealed."""
    return frozenset(word for word in _words(record) if _telling(word))


def _telling(word: str) -> bool:
    return len(word) >= (_LEAST_DIGITS if word.isdigit() else _LEAST_CHARACTERS)


def _words(message: Message) -> Iterator[str]:
    secrets = _SECRETS.get(message.DESCRIPTOR.name, ())
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if field.is_repeated else (value,):
                yield from _words(inner)
        elif field.name in secrets:
            yield from value if field.is_repeated else (value,)
