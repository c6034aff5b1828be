"""Declarations and responses of the WCO Data Model."""

from pathlib import Path

import pytest

from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.check import EQUAL, check
from corridor.standards.mapper import Options, decode, encode
from corridor.standards.standard import recognise
from corridor.standards.tree import Node
from corridor.standards.wco.codec import codec
from corridor.standards.wco.forms import DATE_TEXT, FORMAT_CODE
from corridor.standards.wco.items import classified
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.records import check_record
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

FIXTURES = Path(__file__).parents[2] / "fixtures/wco"
DEC, RES = (FIXTURES / "dec.xml").read_bytes(), (FIXTURES / "res.xml").read_bytes()
LIMITS = XmlLimits()


def changed(old: str, new: str, document: bytes = DEC) -> bytes:
    text = document.decode()
    assert old in text
    return text.replace(old, new).encode()


def comes_back(document: bytes) -> records.TransitRecord:
    found = decode(codec(), document, Options())
    assert Fate.DROPPED not in {leaf.fate for leaf in found.account.leaves}
    assert parse(encode(codec(), found.record).document, LIMITS) == parse(document, LIMITS)
    return found.record


@pytest.mark.parametrize("document", [DEC, RES])
def test_every_leaf_is_mapped_and_comes_back_from_the_record_alone(document: bytes) -> None:
    found = decode(codec(), document, Options())
    assert {leaf.fate for leaf in found.account.leaves} == {Fate.MAPPED}
    assert check_record(found.record) == ()
    encoded = encode(codec(), found.record, with_residual=False)
    assert encoded.missing == ()
    assert parse(encoded.document, LIMITS) == parse(document, LIMITS)


def test_a_declaration_stands_in_the_fields_of_the_record() -> None:
    told = comes_back(DEC)
    dataset = told.declaration.dataset
    assert told.declaration.kind == records.DECLARATION_KIND_ORIGINAL
    assert [(one.scheme, one.value) for one in told.header.movement.ids] == [
        (types.ID_SCHEME_LRN, "GE-2026-000418"),
        (types.ID_SCHEME_MRN, "26GE0000000418AAJ3"),
    ]
    assert told.header.source.prepared_at.format == types.DATE_FORMAT_102
    assert dataset.operation.accepted_on.format == types.DATE_FORMAT_304
    assert dataset.guarantees[0].references[0].id.scheme == types.ID_SCHEME_GRN
    assert dataset.guarantees[0].references[0].access_code == "A1B2"
    consignment = dataset.consignment
    assert [seal.identifier for seal in consignment.equipment[0].seals] == [
        "GE0044871",
        "GE0044872",
    ]
    assert {one.role for one in consignment.means} == {
        goods.MEANS_ROLE_BORDER,
        goods.MEANS_ROLE_DEPARTURE,
        goods.MEANS_ROLE_ARRIVAL,
    }
    (item,) = consignment.houses[0].items
    assert (item.commodity.hs6, item.commodity.cn2) == ("080222", "00")
    assert (item.country_of_origin, item.gross_mass.lexical) == ("GE", "18250.500")


@pytest.mark.parametrize(
    ("function", "kind", "message", "body"),
    [
        ("9", "EXD", "DEC", "declaration"),
        ("13", "COR", "DEC-COR", "declaration"),
        ("13", "INV", "DEC-INV", "trader_request"),
        ("13", "GPR", "DEC-GPR", "trader_request"),
        ("13", "XYZ", "DEC", "declaration"),
    ],
)
def test_what_a_declaration_is_follows_from_its_function_and_type(
    function: str, kind: str, message: str, body: str
) -> None:
    document = changed(">9</FunctionCode>", f">{function}</FunctionCode>")
    document = changed(">EXA<", f">{kind}<", document)
    assert recognise(document, Options()).message == message
    told = comes_back(document)
    assert told.WhichOneof("body") == body
    if kind == "EXD":
        assert told.declaration.kind == records.DECLARATION_KIND_PRELODGED


@pytest.mark.parametrize(
    ("function", "message", "body"),
    [
        ("01", "RES-01", "declaration_decision"),
        ("02", "RES-02", "declaration_decision"),
        ("03", "RES-03", "exchange"),
        ("05", "RES-05", "control_decision"),
        ("07", "RES-07", "declaration_decision"),
        ("09", "RES-09", "discharge"),
        ("10", "RES-10", "cancellation_decision"),
        ("16", "RES", "exchange"),
    ],
)
def test_what_an_answer_is_follows_from_its_function(
    function: str, message: str, body: str
) -> None:
    document = changed(">03</FunctionCode>", f">{function}</FunctionCode>", RES)
    document = (
        changed("RejectionDateTime", "AcceptanceDateTime", document)
        if function == "01"
        else document
    )
    if function == "01":  # the schema has it first
        text = document.decode()
        start, end = text.index("<AcceptanceDateTime>"), text.index("<VersionID>")
        moved = text[start:end]
        text = text[:start] + text[end:]
        document = text.replace("<Declaration>\n", f"<Declaration>\n{moved}", 1).encode()
    told = comes_back(document)
    assert decode(codec(), document, Options()).message == message
    assert told.WhichOneof("body") == body
    assert check(document, Options()).accepted


def test_a_rejection_names_the_faults_and_where() -> None:
    told = comes_back(RES).exchange.acknowledgement
    assert told.kind == records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    assert (told.errors[0].code.value, told.at.lexical) == ("CDS12056", "20260302093000+04")
    assert [(one.section, one.tag) for one in told.errors[0].pointers] == [
        ("42A", ""),
        ("68A", "126"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<DangerousGoods>", "<Newer><Inner a='1'>x</Inner></Newer><DangerousGoods>"),
        ("<FunctionCode>9<", "<x xmlns='urn:other'>y</x><FunctionCode>9<"),
        (
            "<CountryCode>TR</CountryCode></Destination>",
            "<CountryCode>Turkey</CountryCode></Destination>",
        ),
        ('formatCode="102">20260302', 'formatCode="999">soon'),
        ('formatCode="102">20260302', 'formatCode="102">2 March'),
        ('formatCode="102">20260302', 'formatCode="102">'),
        ('unitCode="KGM">18250.5<', 'unitCode="KGM">about 18 t<'),
        ("urn:wco:datamodel:WCO:DEC-DMS:2", "urn:wco:datamodel:WCO:DEC:3"),
        ("urn:wco:datamodel:WCO:Declaration_DS:DMS:2", "urn:wco:datamodel:WCO:DS:3"),
        ("<ID>26GE0000000418AAJ3</ID>", "<ID>418/2026</ID>"),
        ("<ID>26GE0000000418AAJ3</ID>", "<ID/>"),
        ("GE-2026-000418<", "a reference of more than 22 characters<"),
        ("<md:MetaData ", "<md:MetaData xmlns.dates='x' "),
        ("<Seal>", "<Seal id='1'>"),
    ],
)
def test_what_the_tables_do_not_know_comes_back_too(old: str, new: str) -> None:
    if "xmlns.dates" not in new:
        comes_back(changed(old, new))
        return
    assert check(changed(old, new), Options()).round_trip is not None  # an attribute we use: told


def test_a_document_without_namespaces_is_read_and_written_so() -> None:
    text = DEC.decode().replace("md:", "").replace("ds:", "")
    for name in ("MetaData", "Declaration"):
        start = text.index(f"<{name} ") + 1 + len(name)
        text = text[:start] + text[text.index(">", start) :]
    comes_back(text.encode())


@pytest.mark.parametrize(
    "document",
    [
        b"<MetaData xmlns='urn:wco:x'><Other/></MetaData>",
        b"<MetaData xmlns='urn:other'><Declaration/></MetaData>",
        b"<Declaration xmlns='urn:wco:datamodel:WCO:DEC-DMS:2'/>",
    ],
)
def test_what_only_looks_like_a_declaration_is_none(document: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decode(codec(), document, Options())
    assert caught.value.reason is Reason.SOURCE_UNSUPPORTED


def test_an_answer_that_lacks_what_is_demanded_is_refused_by_name() -> None:
    document = changed("<FunctionCode>03</FunctionCode>", "", RES)
    found = check(document, Options())
    assert [(one.path, one.reason) for one in found.refusals] == [
        ("MetaData/Response/FunctionCode", "missing")
    ]
    assert found.round_trip == EQUAL


def test_a_record_made_elsewhere_gets_the_names_of_its_message() -> None:
    told = records.TransitRecord(declaration={"kind": 3, "dataset": {}})
    told.header.source.prepared_at.lexical = "2026-03-02T08:15:30"
    told.header.source.prepared_at.format = types.DATE_FORMAT_LOCAL_DATE_TIME
    encoded = encode(codec(), told)
    assert encoded.message == "DEC-COR"
    root = parse(encoded.document, LIMITS)
    inner = root.children[-1]
    dec = "{urn:wco:datamodel:WCO:DEC-DMS:2}"
    assert [(child.name.removeprefix(dec), child.text) for child in inner.children] == [
        ("FunctionCode", "13"),
        ("IssueDateTime", ""),
        ("TypeCode", "COR"),
    ]
    assert inner.children[1].children == [
        Node(
            "{urn:wco:datamodel:WCO:Declaration_DS:DMS:2}DateTimeString",
            "20260302081530",
            {"formatCode": "204"},
        )
    ]


@pytest.mark.parametrize(
    ("form", "lexical", "code", "text"),
    [
        (types.DATE_FORMAT_DATE, "2026-03-02", "102", "20260302"),
        (types.DATE_FORMAT_ASYCUDA, "3/2/26", "102", "20260302"),
        (
            types.DATE_FORMAT_ZONED_DATE_TIME,
            "2026-03-02T08:15:30+04:00",
            "304",
            "20260302081530+04",
        ),
        (types.DATE_FORMAT_203, "202603020815", "203", "202603020815"),
        (types.DATE_FORMAT_UNSPECIFIED, "soon", None, "soon"),
    ],
)
def test_dates_say_how_they_are_written(
    form: int, lexical: str, code: str | None, text: str
) -> None:
    value = types.DateTimeValue(lexical=lexical, format=form)  # type: ignore[arg-type]
    assert (FORMAT_CODE.write(value, "format"), DATE_TEXT.write(value, "lexical")) == (code, text)


@pytest.mark.parametrize(
    ("kind", "code", "hs6"),
    [("TSP", "080222", "080222"), ("TSP", "08-02", ""), ("GN", "08022200", "")],
)
def test_only_the_tariff_code_gives_the_subheading(kind: str, code: str, hs6: str) -> None:
    item = goods.GoodsItem()
    item.particulars.add(
        name="classification",
        facts=[{"name": "code", "value": code}, {"name": "type", "value": kind}],
    )
    item.particulars.add(name="duty")
    classified(item)
    assert item.commodity.hs6 == hs6
