"""Records with pseudonyms in place of what names a trader or goods.

Rules:

* whatever is not known to be harmless is replaced: only codes, dates, numbers of measure, offices
  of customs and countries stay; a new field of the model is replaced until somebody decides;
* the same value becomes the same pseudonym within one recording; its key is drawn when that begins
  and kept nowhere;
* a pseudonym has the length and the script of what it stands for, MRN and GRN keep valid check
  digits; the source document and leaves without a place in the model are left out;
* of a file's manifest neither the key that opens the file nor its digest stays.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Final

from corridor.lab.rewrite import Rewriting
from corridor.transit.identifiers import ContainerNumber, Grn, Mrn
from corridor.wire.long_records import decode_whole
from corridor.wire.messages import Message
from corridor.wire.records import encode_record

_KEPT: Final = frozenset(
    {
        "Code.value", "Code.list", "Code.version", "Code.mapped", "Decimal.lexical",
        "DateTimeValue.lexical", "CustomsOffice.reference", "CustomsOffice.name",
        "CustomsOffice.country", "CustomsOffice.list", "Party.language", "Address.country",
        "Place.country", "Location.country", "TransitOperation.language",
        "GuaranteeReference.currency", "GuaranteeReference.not_valid_in", "Recovery.currency",
        "Consignment.country_of_dispatch", "Consignment.country_of_destination",
        "HouseConsignment.country_of_dispatch", "HouseConsignment.country_of_destination",
        "GoodsItem.country_of_dispatch", "GoodsItem.country_of_destination",
        "GoodsItem.country_of_origin", "Commodity.language", "Commodity.hs6",
        "RoutingCountry.country", "TransportMeans.nationality", "Endorsement.country",
        "ServiceNotice.country", "SourceMessage.standard", "SourceMessage.message",
        "SourceMessage.version", "DangerousGoods.un_number", "Difference.path",
        "FunctionalError.pointer",
    }
)  # fmt: skip
"""Texts that stay: message and field."""
_ALPHABETS: Final = {
    "LATIN": "abcdefghijklmnopqrstuvwxyz",
    "GEORGIAN": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "CYRILLIC": "абвгдежзийклмнопрстуфхцчшщыэюя",
    "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "GREEK": "αβγδεζηθικλμνξοπρστυφχψω",
    "ARMENIAN": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփք",
}

_SECRET_BYTES: Final = 32
"""Of a key, and of a digest."""


@dataclass(slots=True)
class Redaction:
    """Replaces texts under one key."""

    key: bytes

    def record(self, body: bytes) -> bytes:
        """Return a record with pseudonyms.

        Raises:
            Refused: It is no record.
        """
        record = decode_whole(body)
        record.header.ClearField("original")
        del record.header.residual[:]
        record.header.ClearField("whole")
        if record.HasField("attachment"):
            record.attachment.key = record.attachment.sha256 = bytes(_SECRET_BYTES)
        self._walk(record)
        return encode_record(record)

    def text(self, old: str) -> str:
        """Return the pseudonym of a text."""
        if any(form.form.fullmatch(old) for form in (Mrn, Grn, ContainerNumber)):
            return Rewriting(self.key, 0).number(old)
        drawn = hashlib.shake_256(self.key + old.encode()).digest(max(1, len(old)))
        return "".join(_alike(one, drawn[place]) for place, one in enumerate(old))

    def _walk(self, message: Message) -> None:
        for descriptor, value in message.ListFields():
            if descriptor.message_type is not None:
                for one in value if descriptor.is_repeated else (value,):
                    self._walk(one)
            elif descriptor.type == descriptor.TYPE_STRING:
                if f"{message.DESCRIPTOR.name}.{descriptor.name}" in _KEPT:
                    continue
                if descriptor.is_repeated:
                    value[:] = [self.text(one) for one in value]
                else:
                    setattr(message, descriptor.name, self.text(value))


def _alike(one: str, drawn: int) -> str:
    if one.isdecimal():
        return "0123456789"[drawn % 10]
    if not one.isalpha():
        return one
    alphabet = _ALPHABETS.get(unicodedata.name(one, "LATIN").split()[0], _ALPHABETS["LATIN"])
    letter = alphabet[drawn % len(alphabet)]
    return letter.upper() if one.isupper() and letter.upper() != letter else letter
