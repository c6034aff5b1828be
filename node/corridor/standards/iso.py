"""Countries and currencies of a message against the tables of ISO, where it has no list of its own.

Rules:

* codes that ISO leaves to its users (AA, QM to QZ, XA to XZ, ZZ) are never doubted: the EU writes
  XI, XK and XS so; nor is EU itself, which ISO has reserved for the Union;
* a doubt is a warning: a country is no less a country where a table is old.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from corridor.standards.findings import Finding
from corridor.standards.judging import Iso
from corridor.wire.messages import Message
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.walking import walk

COUNTRIES: Final = "ISO-3166"
CURRENCIES: Final = "ISO-4217"
_USERS_OWN: Final = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ|EU")
_DISPATCHED: Final = ("country_of_dispatch", "country_of_destination")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    kind.DESCRIPTOR.full_name: fields
    for kind, fields in (
        (goods.Consignment, _DISPATCHED),
        (goods.HouseConsignment, _DISPATCHED),
        (goods.GoodsItem, (*_DISPATCHED, "country_of_origin")),
        (goods.RoutingCountry, ("country",)),
        (goods.TransportMeans, ("nationality",)),
        (goods.Endorsement, ("country",)),
        (movement.NumberedCountry, ("country",)),
        (movement.GuaranteeReference, ("currency",)),
        (types.CustomsOffice, ("country",)),
        (types.Address, ("country",)),
        (types.Place, ("country",)),
        (types.Location, ("country",)),
    )
}
_NAMES: Final = frozenset(_FIELDS)


def foreign_words(record: Message, places: Mapping[str, str], iso: Iso) -> Iterator[Finding]:
    """Yield the countries and currencies of a record that ISO does not know.

    Args:
        record: The record.
        places: The element of each field, by its path in the record.
        iso: The tables.
    """
    for path, message in walk(record, _NAMES):
        for name in _FIELDS[message.DESCRIPTOR.full_name]:
            text = getattr(message, name)
            if not text:
                continue
            if name == "currency":
                known, rule, words = iso.knows_currency(text), CURRENCIES, "no currency of ISO 4217"
            else:
                known = bool(_USERS_OWN.fullmatch(text)) or iso.knows_country(text)
                rule, words = COUNTRIES, "no country of ISO 3166"
            if not known:
                field = f"{path}.{name}"
                yield Finding(places.get(field) or places.get(path) or field, rule, words)
