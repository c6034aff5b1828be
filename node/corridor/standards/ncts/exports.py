"""The messages between transit and the export system, for exports that go on under transit.

They pass between two systems of one country, or of two (CD078C). A node carries them like any
other record.
"""

from typing import Final

from corridor.standards.forms import CODE, DECIMAL, NUMBER, TEXT, one_identifier
from corridor.standards.loose import fact
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.message import CARNET, IDS, Message, date, lrn, mrn, operation
from corridor.standards.ncts.offices import message, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_DEPARTURE: Final = records.ROLE_OFFICE_OF_DEPARTURE
_EXPORT: Final = (records.QUERY_KIND_EXPORT,)
_MRN: Final = Leaf("MRN", "id", one_identifier(types.ID_SCHEME_MRN), mandatory=True)
_EITHER: Final = (lrn(), mrn(mandatory=False))


def _exports(body: str, *rows: Group | Leaf) -> Group:
    return Group("ExportOperation", f"{body}.exports", rows, mandatory=True, many=True)


def _offices(body: str, *elements: str) -> Parts:
    left = parts.office("CustomsOfficeOfExit", f"{body}.offices", types.OFFICE_ROLE_EXIT_OF_EXPORT)
    return (left, *(office(body, one) for one in elements))


def _told() -> tuple[Message, ...]:
    result, recovery = "control_result", "enquiry_recovery.recovery"
    found = Group(
        "ControlResult",
        "control_result",
        (Leaf("code", "code", CODE, mandatory=True), date("date", "date")),
        mandatory=True,
    )
    declared = Leaf("declarationType", f"{result}.operation.declaration_type", CODE, mandatory=True)
    communicated = date("recoveryCommunicationDate", f"{recovery}.at", mandatory=False)
    offices = ("CustomsOfficeOfDestination", "CustomsOfficeOfRecoveryAtDeparture")
    return (
        message(
            "CC040C", _DEPARTURE, "cancellation_decision", (), (operation(mrn()),),
            without="invalidation offices parties",
        ),
        message(
            "CC042C", _DEPARTURE, result, (records.CONTROL_RESULT_KIND_EXPORT,),
            (operation(mrn(), declared), _exports(result, parts.SEQUENCE, _MRN, found)),
            _offices(result, "CustomsOfficeOfDeparture", "CustomsOfficeOfDestination"),
        ),
        message(
            "CC048C", records.ROLE_RECOVERY_AUTHORITY, recovery, (records.RECOVERY_KIND_STARTED,),
            (operation(mrn(), communicated), _exports(recovery, parts.SEQUENCE, _MRN)),
            tuple(office(recovery, one) for one in offices),
        ),
    )  # fmt: skip


def _filter(element: str, field: str, *, mandatory: bool = False) -> Leaf:
    return Leaf(element, field, fact(element), mandatory=mandatory)


def _items(field: str) -> Group:
    code = Group(
        "CommodityCode",
        "",
        (
            Leaf("harmonizedSystemSubHeadingCode", "commodity.hs6", TEXT, mandatory=True),
            Leaf("combinedNomenclatureCode", "commodity.cn2", TEXT),
        ),
        mandatory=True,
    )
    measure = Group(
        "GoodsMeasure",
        "",
        (
            Leaf("netMass", "net_mass", DECIMAL, mandatory=True),
            Leaf("supplementaryUnits", "supplementary_units", DECIMAL),
        ),
        mandatory=True,
    )
    item = (
        Leaf("goodsItemNumber", "number", NUMBER, mandatory=True),
        Leaf("declarationGoodsItemNumber", "declaration_number", NUMBER, mandatory=True),
        Group("Commodity", "", (code, measure), mandatory=True),
    )
    return Group("ConsignmentItem", field, item, mandatory=True, many=True)


def _goods(field: str) -> Group:
    house = Group("HouseConsignment", "", (_items("houses[0].items"),), mandatory=True)
    return Group("Consignment", field, (parts.location_of_goods("location"), house))


def houses_of_exports() -> Group:
    """Return the houses of CC190C in Phase 6: each names its export as the document before it."""
    export = Group(
        "ExportOperation",
        "documents",
        (
            Leaf("MRN", "reference", TEXT, mandatory=True),
            _filter("transitProcedureCategory", "facts", mandatory=True),
        ),
        mandatory=True,
        marks={"kind": goods.DOCUMENT_KIND_PREVIOUS},
    )
    rows = (parts.SEQUENCE, export, _items("items"))
    return Group("HouseConsignment", "houses", rows, mandatory=True, many=True)


def _presented() -> Message:
    query, filters = "exchange.query", "exchange.query.filters"
    category = Leaf("transitProcedureCategory", "category", CODE, mandatory=True)
    terms = (
        _filter("AESCommunicationPurpose", filters, mandatory=True),
        *_EITHER,
        Leaf("TIRCarnetNumber", IDS, CARNET),
        _filter("declarationAcceptanceDate", filters),
        _filter("amendmentAcceptanceDateAndTime", filters),
        _exports(query, parts.SEQUENCE, _MRN, category),
    )
    return message(
        "CC190C", _DEPARTURE, query, _EXPORT,
        (Group("TransitOperation", "", terms, mandatory=True),),
        _offices(query, "CustomsOfficeOfDeparture"), (_goods(f"{query}.consignment"),),
    )  # fmt: skip


def _answered() -> Message:
    answer, facts = "exchange.query_response", "exchange.query_response.facts"
    document = Group(
        "PreviousDocument",
        "document",
        (
            Leaf("type", "type", CODE, mandatory=True),
            Leaf("referenceNumber", "reference", TEXT, mandatory=True),
        ),
        mandatory=True,
        sets={"kind": goods.DOCUMENT_KIND_PREVIOUS},
    )
    item = (
        Leaf("exportDeclarationGoodsItemNumber", "number", NUMBER, mandatory=True),
        Leaf("transitDeclarationGoodsItemNumber", "declaration_number", NUMBER, mandatory=True),
        document,
    )
    items = Group("GoodsItem", "items", item, mandatory=True, many=True)
    exports = _exports(
        answer,
        parts.SEQUENCE,
        _MRN,
        Leaf("security", "security", CODE, mandatory=True),
        Leaf("resultIndicator", "result", CODE, mandatory=True),
        Group("GoodsShipment", "", (items,)),
    )
    results = (
        _filter("AESCommunicationPurpose", facts, mandatory=True),
        _filter("responseDateAndTime", facts, mandatory=True),
        _filter("globalValidationResponse", facts, mandatory=True),
        exports,
    )
    return message(
        "CC191C", records.ROLE_CUSTOMS, answer, _EXPORT, (operation(*_EITHER),),
        _offices(answer, "CustomsOfficeOfDeparture"),
        (Group("AESResults", "", results, mandatory=True),),
    )  # fmt: skip


def _linked() -> Message:
    answer = "exchange.query_response"
    return message(
        "CD078C", records.ROLE_CUSTOMS, answer, _EXPORT, (operation(mrn()),),
        (_exports(answer, _MRN),),
    )  # fmt: skip


def export_messages() -> tuple[Message, ...]:
    """Return the messages to and from the export system."""
    return (*_told(), _presented(), _answered(), _linked())
