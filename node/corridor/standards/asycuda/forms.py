"""How fields of a record hold the boxes of a SAD that no other standard has."""

import re
from typing import Any, Final

from corridor.standards.mapping import Form

_BETWEEN_SEALS: Final = ";"  # several seals in the one box
_MAX_SEAL: Final = 35
_MAX_LINE: Final = 300
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_TARIFF: Final = re.compile(r"[0-9]{4,8}", re.ASCII)
_HS6: Final = 6


def _read_name(party: Any, name: str, text: str) -> str:  # noqa: ANN401 (a Party)
    first, *lines = text.split("\n")
    if not first or any(len(line) > _MAX_LINE for line in (first, *lines)):
        return ""
    setattr(party, name, first)
    if lines:
        party.address.lines.extend(lines)
    return ""


def _write_name(party: Any, name: str) -> str | None:  # noqa: ANN401 (a Party)
    if not party.HasField(name):
        return None
    return "\n".join((getattr(party, name), *_address(party)))


def _address(party: Any) -> list[str]:  # noqa: ANN401 (a Party)
    """Give the lines of an address, however it came."""
    if not party.HasField("address"):
        return []
    told = party.address
    if told.lines:
        return list(told.lines)
    town = " ".join(filter(None, (told.postcode, told.city)))
    return [line for line in (told.street_and_number, town, told.region, told.country) if line]


NAME_AND_ADDRESS: Final = Form("name, then lines of the address", _read_name, _write_name)
"""A box in which the first line is the name, and each further one a line of the address."""


def _vehicle(equipment: Any) -> tuple[int, Any]:  # noqa: ANN401 (TransportEquipment)
    """Find what the seals of the declaration stand on: equipment that is no container."""
    for number, item in enumerate(equipment):
        if not item.HasField("container"):
            return number, item
    return len(equipment), equipment.add()


def _read_seals(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (a Consignment)
    seals = text.split(_BETWEEN_SEALS)
    if not all(0 < len(seal) <= _MAX_SEAL for seal in seals):
        return ""
    number, item = _vehicle(getattr(message, name))
    for seal in seals:
        item.seals.add(identifier=seal)
    return f"[{number}].seals[0].identifier"


def _write_seals(message: Any, name: str) -> str | None:  # noqa: ANN401 (a Consignment)
    seals = [seal.identifier for item in getattr(message, name) for seal in item.seals]
    return _BETWEEN_SEALS.join(seals) if seals else None


SEALS: Final = Form("seals, joined by ;", _read_seals, _write_seals, "[].seals[].identifier")
"""All seals of the declaration in one box."""


def _read_seal_count(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (a Consignment)
    if not _WHOLE.fullmatch(text):
        return ""
    number, item = _vehicle(getattr(message, name))
    item.seals_declared = int(text)
    return f"[{number}].seals_declared"


def _write_seal_count(message: Any, name: str) -> str | None:  # noqa: ANN401 (a Consignment)
    told = [item for item in getattr(message, name) if item.HasField("seals_declared")]
    return str(sum(item.seals_declared for item in told)) if told else None


SEAL_COUNT: Final = Form(
    "number of seals", _read_seal_count, _write_seal_count, "[].seals_declared"
)
"""How many seals the declaration has."""


def _read_tariff(commodity: Any, name: str, text: str) -> str:  # noqa: ANN401 (a Commodity)
    if not _TARIFF.fullmatch(text):
        return ""
    setattr(commodity, name, text[:_HS6])
    if text[_HS6:]:
        commodity.cn2 = text[_HS6:]
    return ""


def _write_tariff(commodity: Any, name: str) -> str | None:  # noqa: ANN401 (a Commodity)
    return getattr(commodity, name) + commodity.cn2 if commodity.HasField(name) else None


TARIFF: Final = Form("HS and two more digits", _read_tariff, _write_tariff)
"""Four to eight digits of the tariff: the Harmonized System, then two of a union."""


def _read_item(equipment: Any, name: str, text: str) -> str:  # noqa: ANN401 (TransportEquipment)
    if _WHOLE.fullmatch(text):
        getattr(equipment, name).add(item=int(text))
    return "[0].item"


def _write_item(equipment: Any, name: str) -> str | None:  # noqa: ANN401 (TransportEquipment)
    return next((str(one.item) for one in getattr(equipment, name) if one.HasField("item")), None)


ITEM: Final = Form("number of the item", _read_item, _write_item, "[].item")
"""The one item that a container is said to hold."""


def _read_office(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (a CustomsOffice)
    if 0 < len(text) <= 17:  # noqa: PLR2004 (CustomsOffice.reference of the schema)
        setattr(message, name, text)
    return ""


def _write_office(message: Any, name: str) -> str | None:  # noqa: ANN401 (a CustomsOffice)
    return getattr(message, name) if message.HasField(name) else None


OFFICE: Final = Form("office", _read_office, _write_office)
"""The code of a customs office."""
