"""CUSDEC and CUSRES as tables.

Source: the directory D.24A; segments that older directories have in the same place (GIS) stand
beside their successors. A message that nests its segments otherwise is read all the same: what
stands elsewhere goes to the residual.
"""

from typing import Final

from corridor.standards.edifact.forms import CONTAINER, DOCUMENT_NUMBER, PARTY_ROLE, commodity
from corridor.standards.edifact.rows import (
    BANKS,
    BELOW,
    CONTACTS,
    FACTS,
    PERCENT,
    QUANTITY,
    SEALS,
    SIGNED,
    TOTALS,
    date,
    duty,
    indicators,
    measure,
    money,
    packages,
    place,
    reference,
    said,
    stated,
    terms,
    transport,
    words,
)
from corridor.standards.forms import NUMBER
from corridor.standards.loose import CODE, COUNTRY, one_of, text
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.wco.forms import constant
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_SOURCE: Final = "header.source"
_PARTY: Final = one_of(types.ID_SCHEME_NATIONAL, types.ID_SCHEME_EORI, types.ID_SCHEME_TIN)


def _head(name: str) -> Parts:
    return (
        Leaf("@advice", FACTS, said("", "document", "advice").form),
        Group(
            "UNB",
            "",
            (
                said("1.1", "document", "charset"),
                said("1.2", "document", "syntax"),
                Leaf("2.1", f"{_SOURCE}.sender", text(70), mandatory=True),
                said("2.2", "document", "sender.kind"),
                said("2.3", "document", "sender.route"),
                Leaf("3.1", f"{_SOURCE}.recipient", text(70), mandatory=True),
                said("3.2", "document", "recipient.kind"),
                said("3.3", "document", "recipient.route"),
                said("4.1", "document", "date"),
                said("4.2", "document", "time"),
                Leaf("5.1", f"{_SOURCE}.message_id", text(70), mandatory=True),
                said("6.1", "document", "password"),
                said("7.1", "document", "application"),
                said("8.1", "document", "priority"),
                said("9.1", "document", "acknowledge"),
                said("10.1", "document", "agreement"),
                said("11.1", "document", "test"),
            ),
            mandatory=True,
        ),
        Group(
            "UNH",
            "",
            (
                said("1.1", "document", "message"),
                Leaf("2.1", FACTS, constant(name), mandatory=True),
                said("2.2", "document", "version"),
                Leaf("2.3", f"{_SOURCE}.version", text(35)),
                said("2.4", "document", "agency"),
                said("2.5", "document", "association"),
            ),
            mandatory=True,
        ),
        Group(
            "BGM",
            "",
            (
                said("1.1", "declaration", "type"),
                said("1.2", "declaration", "type.list"),
                said("1.3", "declaration", "type.agency"),
                said("1.4", "declaration", "type.name"),
                Leaf("2.1", "header.movement.ids", DOCUMENT_NUMBER, mandatory=True),
                said("2.2", "declaration", "version"),
                said("3.1", "declaration", "function"),
                said("4.1", "declaration", "answer"),
            ),
            mandatory=True,
        ),
    )


_END: Final[Parts] = (
    Group("UNT", "", (said("1.1", "document", "segments"), said("2.1", "document", "message.end"))),
    Group("UNZ", "", (said("1.1", "document", "messages"), said("2.1", "document", "end"))),
)


def _parties(field: str, *below: Group) -> Group:
    return Group(
        "NAD",
        field,
        (
            Leaf("1.1", "function", PARTY_ROLE, mandatory=True),
            Leaf("2.1", "ids", _PARTY),
            Leaf("4.1", "name", text(300)),
            Leaf("5.1", "address.street_and_number", text(300)),
            Leaf("6.1", "address.city", text(150)),
            Leaf("7.1", "address.region", text(150)),
            Leaf("8.1", "address.postcode", text(17)),
            Leaf("9.1", "address.country", COUNTRY),
            *below,
        ),
        many=True,
    )


def _documents(field: str) -> Group:
    return Group(
        "DOC",
        field,
        (
            Leaf("1.1", "type", CODE),
            Leaf("1.4", "title", text(300)),
            Leaf("2.1", "reference", text(140)),
            *stated({"2.2": "status", "2.3": "source", "3.1": "way", "4.1": "copies"}),
        ),
        many=True,
        marks={"kind": goods.DOCUMENT_KIND_SUPPORTING},
    )


def _equipment(field: str) -> Group:
    return Group(
        "EQD",
        field,
        (
            *stated({"1.1": "kind"}),
            Leaf("2.1", "container", CONTAINER, mandatory=True),
            Leaf("3.1", "type", CODE),
            *stated({"3.2": "list", "3.3": "agency", "4.1": "supplier", "5.1": "status"}),
            Leaf("6.1", "fullness", CODE),
        ),
        many=True,
        having="container",
    )


def _item(field: str) -> Group:
    return Group(
        "CST:item",
        field,
        (
            Leaf("1.1", "number", NUMBER, mandatory=True),
            Leaf("2.1", BELOW, commodity(1)),
            Leaf("2.2", BELOW, commodity(1, "list")),
            Leaf("2.3", BELOW, commodity(1, "agency")),
            *(
                Leaf(f"{number + 1}.{part}", BELOW, commodity(number, word))
                for number in range(2, 6)
                for part, word in ((1, ""), (2, "list"), (3, "agency"))
            ),
            words(BELOW),
            place(BELOW),
            date(BELOW),
            measure(BELOW),
            _parties("parties"),
            transport(BELOW),
            *packages(BELOW),
            money(BELOW),
            reference(BELOW),
            _documents("documents"),
            terms(BELOW),
            *indicators(BELOW),
            duty(BELOW),
            PERCENT,
            QUANTITY,
        ),
        many=True,
    )


def cusdec() -> Parts:
    """Return the table of a customs declaration."""
    dataset = "declaration.dataset"
    consignment = f"{dataset}.consignment"
    return (
        *_head("CUSDEC"),
        Group(
            "CST",
            "",
            (
                said("1.1", "procedure", "number"),
                said("2.1", "procedure", "code"),
                said("2.2", "procedure", "list"),
                said("2.3", "procedure", "agency"),
            ),
        ),
        place(),
        date(),
        *indicators(),
        BANKS,
        measure(),
        _equipment(f"{consignment}.equipment"),
        SEALS,
        words(),
        reference(),
        *packages(),
        transport(),
        _documents(f"{consignment}.documents"),
        _parties(f"{consignment}.parties"),
        *CONTACTS,
        terms(),
        money(),
        Group("UNS:detail", "", (Leaf("1.1", FACTS, constant("D")),), mandatory=True),
        _item(f"{consignment}.houses[0].items"),
        Group("UNS:summary", "", (Leaf("1.1", FACTS, constant("S")),), mandatory=True),
        TOTALS,
        duty(),
        SIGNED,
        *_END,
    )


def cusres() -> Parts:
    """Return the table of a customs response."""
    body = "exchange.acknowledgement"
    faults = Group(
        "ERP",
        f"{body}.errors",
        (
            Leaf("1.1", "pointer", text(512)),
            Leaf("1.2", "line", NUMBER),
            Group(
                "ERC",
                "",
                (Leaf("1.1", "code", CODE, mandatory=True),),
            ),
            Group("FTX", "", (Leaf("4.1", "reason", text(512)),)),
        ),
        many=True,
    )
    return (
        *_head("CUSRES"),
        date(),
        words(),
        transport(),
        place(),
        *indicators(),
        _parties(f"{body}.parties"),
        *CONTACTS,
        reference(),
        faults,
        duty(),
        money(),
        TOTALS,
        SIGNED,
        *_END,
    )
