"""Declarations of any size, as a national system writes a movement with thousands of items."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

_FIXTURE = Path(__file__).parent / "fixtures" / "ncts" / "cc015c.xml"
MOST_ITEMS, MOST_OF_A_HOUSE = 1_999, 999
"""Items of a declaration of NCTS, and of one house consignment."""


def large_declaration(size: int) -> bytes:
    """A CC015C of about so many bytes, at least: 1,999 items at most, each with more documents.

    Without an access code: no partner on the way would be entitled to it.
    """
    text = re.sub(r"\s*<accessCode>[^<]*</accessCode>", "", _FIXTURE.read_text(encoding="utf-8"))
    before, house, after = _around(text, "HouseConsignment")
    opening, item, closing = _around(house, "ConsignmentItem")
    start, document, end = _around(item, "SupportingDocument")
    items = min(MOST_ITEMS, size // len(item) + 1)
    times = max(1, -(-(size // items - len(item)) // len(document)) + 1)
    made = [
        _numbered(start, number)
        + "".join(_document(document, number, place) for place in range(1, times + 1))
        + end
        for number in range(1, items + 1)
    ]
    houses = [
        _placed(opening, place) + "".join(made[first : first + MOST_OF_A_HOUSE]) + closing
        for place, first in enumerate(range(0, items, MOST_OF_A_HOUSE), 1)
    ]
    return (before + "".join(houses) + after).encode()


def _around(text: str, element: str) -> tuple[str, str, str]:
    """Part a text at an element: what stands before the first one, it, and what stands after."""
    begin, end = text.index(f"<{element}>"), text.index(f"</{element}>") + len(element) + 3
    return text[:begin], text[begin:end], text[end:]


def _placed(text: str, place: int) -> str:
    return text.replace("<sequenceNumber>1<", f"<sequenceNumber>{place}<", 1)


def _numbered(text: str, number: int) -> str:
    in_house = (number - 1) % MOST_OF_A_HOUSE + 1
    text = text.replace("<goodsItemNumber>1<", f"<goodsItemNumber>{in_house}<")
    return text.replace("<declarationGoodsItemNumber>1<", f"<declarationGoodsItemNumber>{number}<")


def _document(text: str, item: int, place: int) -> str:
    return _placed(text, place).replace("000417", f"{item:04d}{place:03d}")


def canonical(document: bytes) -> str:
    """Return a document in canonical XML, without white space between elements."""
    return ET.canonicalize(document.decode(), strip_text=True)
