"""Rows of what happens on the way: incidents, with new seals, equipment and means of transport."""

from typing import Final

from corridor.standards.forms import CODE, DATE, FLAG, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.wire.v1 import goods_pb2 as goods


def incidents(field: str, *, mandatory: bool = False) -> Group:
    """Return the row of incidents on the way."""
    return Group("Incident", field, _INCIDENT, mandatory=mandatory, many=True)


_INCIDENT: Final[Parts] = (
    parts.SEQUENCE,
    Leaf("code", "code", CODE, mandatory=True),
    Leaf("text", "text", TEXT, mandatory=True),
    Group(
        "Endorsement",
        "endorsement",
        (
            Leaf("date", "date", DATE, mandatory=True),
            Leaf("authority", "authority", TEXT, mandatory=True),
            Leaf("place", "place", TEXT, mandatory=True),
            Leaf("country", "country", TEXT, mandatory=True),
        ),
    ),
    Group(
        "Location",
        "location",
        (
            Leaf("qualifierOfIdentification", "qualifier", CODE, mandatory=True),
            Leaf("UNLocode", "unlocode", TEXT),
            Leaf("country", "country", TEXT, mandatory=True),
            parts.GNSS,
            Group(
                "Address",
                "address",
                (
                    Leaf("streetAndNumber", "street_and_number", TEXT, mandatory=True),
                    Leaf("postcode", "postcode", TEXT),
                    Leaf("city", "city", TEXT, mandatory=True),
                ),
            ),
        ),
        mandatory=True,
    ),
    parts.transport_equipment(sealed=False),
    Group(
        "Transhipment",
        "transhipment",
        (
            Leaf("containerIndicator", "containerised", FLAG, mandatory=True),
            Group(
                "TransportMeans",
                "means",
                parts.means(whole=True),
                mandatory=True,
                sets={"role": goods.MEANS_ROLE_TRANSHIPMENT},
            ),
        ),
    ),
)
