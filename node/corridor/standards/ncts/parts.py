"""Rows that several NCTS messages share: parties, offices, documents, equipment, places.

Element names, order and what is mandatory are those of the schema 51.8.6 (DDNTA 5.15.2).
"""

from typing import Final

from corridor.standards.forms import CODE, DATE, DECIMAL, DEGREES, NUMBER, TEXT, identifier
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

SEQUENCE: Final = Leaf("sequenceNumber", "sequence", NUMBER, mandatory=True)
EORI: Final = identifier(types.ID_SCHEME_EORI)
TIR_HOLDER: Final = identifier(types.ID_SCHEME_TIR_HOLDER)


def address(*, mandatory: bool = False) -> Group:
    """Return the row of an address."""
    return Group(
        "Address",
        "address",
        (
            Leaf("streetAndNumber", "street_and_number", TEXT, mandatory=True),
            Leaf("postcode", "postcode", TEXT),
            Leaf("city", "city", TEXT, mandatory=True),
            Leaf("country", "country", TEXT, mandatory=True),
        ),
        mandatory=mandatory,
    )


ADDRESS: Final = address()
CONTACT: Final = Group(
    "ContactPerson",
    "contact",
    (
        Leaf("name", "name", TEXT, mandatory=True),
        Leaf("phoneNumber", "phone", TEXT, mandatory=True),
        Leaf("eMailAddress", "email", TEXT),
    ),
    spare=True,
)


def office(element: str, field: str, role: "types.OfficeRole.ValueType") -> Group:
    """Return the row of a mandatory customs office that owns its item among `field`."""
    return Group(
        element,
        field,
        (Leaf("referenceNumber", "reference", TEXT, mandatory=True),),
        mandatory=True,
        marks={"role": role},
    )


def offices_on_the_way(element: str, field: str, role: "types.OfficeRole.ValueType") -> Group:
    """Return the row of declared offices of transit or exit."""
    return Group(
        element,
        field,
        (
            SEQUENCE,
            Leaf("referenceNumber", "reference", TEXT, mandatory=True),
            Leaf("arrivalDateAndTimeEstimated", "expected_at", DATE),
        ),
        many=True,
        marks={"role": role},
    )


def holder(field: str, *, known: bool = True, optional: bool = False) -> Group:
    """Return the row of the holder of the procedure; where `known` is false, it may be absent.

    A holder who is told to somebody else is told with name and address.
    """
    return Group(
        "HolderOfTheTransitProcedure",
        field,
        (
            Leaf("identificationNumber", "ids", EORI),
            Leaf("TIRHolderIdentificationNumber", "ids", TIR_HOLDER),
            Leaf("name", "name", TEXT, mandatory=not known),
            address(mandatory=not known),
            CONTACT,
        ),
        mandatory=known and not optional,
        marks={"role": types.PARTY_ROLE_HOLDER},
    )


def representative(field: str, *, status: bool = True) -> Group:
    """Return the row of the holder's representative; `status` demands how they act."""
    return Group(
        "Representative",
        field,
        (
            Leaf("identificationNumber", "ids", EORI, mandatory=True),
            Leaf("status", "status", CODE, mandatory=status),
            CONTACT,
        ),
        marks={"role": types.PARTY_ROLE_REPRESENTATIVE},
    )


def trader_at_destination(field: str) -> Group:
    """Return the row of the trader at destination."""
    return Group(
        "TraderAtDestination",
        field,
        (
            Leaf("identificationNumber", "ids", EORI, mandatory=True),
            Leaf("communicationLanguageAtDestination", "language", TEXT),
        ),
        mandatory=True,
        marks={"role": types.PARTY_ROLE_TRADER_AT_DESTINATION},
    )


def trading_party(element: str, role: "types.PartyRole.ValueType") -> Group:
    """Return the row of a consignor or consignee."""
    return Group(
        element,
        "parties",
        (
            Leaf("identificationNumber", "ids", EORI),
            Leaf("name", "name", TEXT),
            ADDRESS,
            CONTACT,
        ),
        marks={"role": role},
    )


CARRIER: Final = Group(
    "Carrier",
    "parties",
    (Leaf("identificationNumber", "ids", EORI, mandatory=True), CONTACT),
    marks={"role": types.PARTY_ROLE_CARRIER},
)
CONSIGNOR: Final = trading_party("Consignor", types.PARTY_ROLE_CONSIGNOR)
CONSIGNEE: Final = trading_party("Consignee", types.PARTY_ROLE_CONSIGNEE)
SUPPLY_CHAIN_ACTORS: Final = Group(
    "AdditionalSupplyChainActor",
    "parties",
    (
        SEQUENCE,
        Leaf("role", "function", CODE, mandatory=True),
        Leaf("identificationNumber", "ids", EORI, mandatory=True),
    ),
    many=True,
    marks={"role": types.PARTY_ROLE_SUPPLY_CHAIN_ACTOR},
)


def transport_equipment(*, sealed: bool) -> Group:
    """Return the row of equipment; `sealed` demands the number of seals."""
    return Group(
        "TransportEquipment",
        "equipment",
        (
            SEQUENCE,
            Leaf("containerIdentificationNumber", "container", TEXT),
            Leaf("numberOfSeals", "seals_declared", NUMBER, mandatory=sealed),
            Group(
                "Seal",
                "seals",
                (SEQUENCE, Leaf("identifier", "identifier", TEXT, mandatory=True)),
                many=True,
            ),
            Group(
                "GoodsReference",
                "goods",
                (SEQUENCE, Leaf("declarationGoodsItemNumber", "item", NUMBER, mandatory=True)),
                many=True,
            ),
        ),
        many=True,
    )


GNSS: Final = Group(
    "GNSS",
    "position",
    (
        Leaf("latitude", "latitude", DEGREES, mandatory=True),
        Leaf("longitude", "longitude", DEGREES, mandatory=True),
    ),
)


def location_of_goods(field: str, *, mandatory: bool = False) -> Group:
    """Return the row of the location of goods."""
    return Group("LocationOfGoods", field, _LOCATION, mandatory=mandatory)


_LOCATION: Final[Parts] = (
    Leaf("typeOfLocation", "type", CODE, mandatory=True),
    Leaf("qualifierOfIdentification", "qualifier", CODE, mandatory=True),
    Leaf("authorisationNumber", "authorisation_number", TEXT),
    Leaf("additionalIdentifier", "additional_identifier", TEXT),
    Leaf("UNLocode", "unlocode", TEXT),
    Group(
        "CustomsOffice",
        "office",
        (Leaf("referenceNumber", "reference", TEXT, mandatory=True),),
        sets={"role": types.OFFICE_ROLE_PRESENTATION},
    ),
    GNSS,
    Group(
        "EconomicOperator",
        "operator",
        (Leaf("identificationNumber", "ids", EORI, mandatory=True),),
        sets={"role": types.PARTY_ROLE_ECONOMIC_OPERATOR},
    ),
    ADDRESS,
    Group(
        "PostcodeAddress",
        "postcode_address",
        (
            Leaf("houseNumber", "house_number", TEXT),
            Leaf("postcode", "postcode", TEXT, mandatory=True),
            Leaf("country", "country", TEXT, mandatory=True),
        ),
    ),
    CONTACT,
)


def means(*, whole: bool) -> Parts:
    """Return the leaves of a means of transport; `whole` demands them."""
    return (
        Leaf("typeOfIdentification", "identification_type", CODE, mandatory=whole),
        Leaf("identificationNumber", "identification", TEXT, mandatory=whole),
        Leaf("nationality", "nationality", TEXT, mandatory=whole),
    )


def departure_means(*, whole: bool) -> Group:
    """Return the row of means of transport at departure; `whole` demands their identification."""
    return Group(
        "DepartureTransportMeans",
        "means",
        (SEQUENCE, *means(whole=whole)),
        many=True,
        marks={"role": goods.MEANS_ROLE_DEPARTURE},
    )


def border_means(*, whole: bool) -> Group:
    """Return the row of means of transport at the border; `whole` demands identification."""
    return Group(
        "ActiveBorderTransportMeans",
        "means",
        (
            SEQUENCE,
            Leaf("customsOfficeAtBorderReferenceNumber", "border_office", TEXT, mandatory=whole),
            *means(whole=whole),
            Leaf("conveyanceReferenceNumber", "conveyance_reference", TEXT),
        ),
        many=True,
        marks={"role": goods.MEANS_ROLE_BORDER},
    )


ROUTING: Final = Group(
    "CountryOfRoutingOfConsignment",
    "countries_of_routing",
    (SEQUENCE, Leaf("country", "country", TEXT, mandatory=True)),
    many=True,
)


def place(element: str, field: str) -> Group:
    """Return the row of a place of loading or unloading."""
    return Group(
        element,
        field,
        (
            Leaf("UNLocode", "unlocode", TEXT),
            Leaf("country", "country", TEXT),
            Leaf("location", "name", TEXT),
        ),
    )


def _documents(element: str, kind: "goods.DocumentKind.ValueType", parts: Parts) -> Group:
    return Group(element, "documents", (SEQUENCE, *parts), many=True, marks={"kind": kind})


def _type_and_reference(*, whole: bool, referenced: bool = True) -> Parts:
    return (
        Leaf("type", "type", CODE, mandatory=whole),
        Leaf("referenceNumber", "reference", TEXT, mandatory=whole and referenced),
    )


_LINE: Final = Leaf("documentLineItemNumber", "line", NUMBER)
_COMPLEMENT: Final = Leaf("complementOfInformation", "complement", TEXT)

PREVIOUS_DOCUMENTS: Final = _documents(
    "PreviousDocument",
    goods.DOCUMENT_KIND_PREVIOUS,
    (*_type_and_reference(whole=True), _COMPLEMENT),
)
PREVIOUS_DOCUMENTS_OF_ITEM: Final = _documents(
    "PreviousDocument",
    goods.DOCUMENT_KIND_PREVIOUS,
    (
        *_type_and_reference(whole=True),
        Leaf("goodsItemNumber", "goods_item_number", NUMBER),
        Leaf("typeOfPackages", "package_type", CODE),
        Leaf("numberOfPackages", "package_count", NUMBER),
        Leaf("measurementUnitAndQualifier", "unit", CODE),
        Leaf("quantity", "quantity", DECIMAL),
        _COMPLEMENT,
    ),
)


def documents(*, whole: bool) -> Parts:
    """Return the rows of documents, references and statements; `whole` demands their types."""
    return (
        _documents(
            "SupportingDocument",
            goods.DOCUMENT_KIND_SUPPORTING,
            (*_type_and_reference(whole=whole), _LINE, _COMPLEMENT),
        ),
        _documents(
            "TransportDocument",
            goods.DOCUMENT_KIND_TRANSPORT,
            _type_and_reference(whole=whole),
        ),
        _documents(
            "AdditionalReference",
            goods.DOCUMENT_KIND_ADDITIONAL_REFERENCE,
            _type_and_reference(whole=whole, referenced=False),
        ),
        _documents(
            "AdditionalInformation",
            goods.DOCUMENT_KIND_ADDITIONAL_INFORMATION,
            (Leaf("code", "type", CODE, mandatory=True), Leaf("text", "text", TEXT)),
        ),
    )


TRANSPORT_CHARGES: Final = Group(
    "TransportCharges",
    "",
    (Leaf("methodOfPayment", "transport_charges", CODE, mandatory=True),),
)
