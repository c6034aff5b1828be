"""How documents of the WCO Data Model are recognised, read and written.

Rules:

* a document is `MetaData` around a `Declaration` or a `Response`; countries and versions differ in
  their namespaces, so those are facts of the record and not part of the names in the tables;
* an element of a namespace that is not the document's own keeps it, and goes to the residual;
* a declaration is a first one, an amendment (COR), a cancellation (INV) or a presentation (GPR)
  by its function and type code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from corridor.standards.loose import particular
from corridor.standards.mapper import Codec, Options
from corridor.standards.message import Message
from corridor.standards.tree import Node
from corridor.standards.wco.declaration import declaration, request
from corridor.standards.wco.forms import constant, else_constant
from corridor.standards.wco.items import classified, classify
from corridor.standards.wco.response import responses
from corridor.standards.wco.rows import metadata
from corridor.standards.xml import render
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1.goods_pb2 import GoodsItem
from corridor.wire.v1.records_pb2 import TransitRecord

STANDARD: Final = "WCO-DM"
ROOT: Final = "MetaData"
_FAMILY: Final = "urn:wco:"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMAS: Final = f"{{{_XSI}}}schemaLocation"
_DECLARED: Final = "Declared"
_DATE: Final = "DateTimeString"
_PLACES: Final = ("xmlns", "xmlns.schemas", "xmlns.dates")
_DEFAULTS: Final = {
    ROOT: "urn:wco:datamodel:WCO:DocumentMetaData-DMS:2",
    "Declaration": "urn:wco:datamodel:WCO:DEC-DMS:2",
    "Response": "urn:wco:datamodel:WCO:RES-DMS:2",
}
_DATES: Final = {
    "Declaration": "urn:wco:datamodel:WCO:Declaration_DS:DMS:2",
    "Response": "urn:wco:datamodel:WCO:Response_DS:DMS:2",
}
_REQUEST: Final = "13"
_REQUESTS: Final = {"COR": "DEC-COR", "INV": "DEC-INV", "GPR": "DEC-GPR"}
_PRELODGED: Final = "D"


@cache
def codec() -> Codec:
    """Return how the documents are read and written."""
    return Codec(
        STANDARD, _messages(), _message_of, _write, local=_local, finish=_finish, prepare=_prepare
    )


@cache
def _messages() -> Mapping[str, Message]:
    kind = particular("declaration", "type")
    holder = records.ROLE_HOLDER
    first = (records.DECLARATION_KIND_ORIGINAL, records.DECLARATION_KIND_PRELODGED)
    amendment = (records.DECLARATION_KIND_AMENDMENT,)
    corrected = else_constant(kind, "COR")
    dec = constant("DEC")
    made = [
        Message("DEC", "declaration", holder, first, metadata(declaration("9", kind), dec)),
        Message(
            "DEC-COR",
            "declaration",
            holder,
            amendment,
            metadata(declaration(_REQUEST, corrected), dec),
        ),
    ]
    for word, asked in (
        ("INV", records.TRADER_REQUEST_KIND_CANCEL),
        ("GPR", records.TRADER_REQUEST_KIND_PRESENTATION),
    ):
        table = metadata(request(_REQUEST, else_constant(kind, word)), dec)
        made.append(Message(_REQUESTS[word], "trader_request", holder, (asked,), table))
    return {one.name: replace(one, root=ROOT) for one in (*made, *responses())}


def _message_of(root: Node) -> str | None:
    space, inner = _space(root), _inner(root)
    if root.local != ROOT or inner is None or not (not space or space.startswith(_FAMILY)):
        return None
    told = {child.local: child.text for child in inner.children}
    function = told.get("FunctionCode", "")
    if inner.local == "Response":
        name = f"RES-{function}"
        return name if name in _messages() else "RES"
    if function != _REQUEST:
        return "DEC"
    return _REQUESTS.get(told.get("TypeCode", ""), "DEC")


def _inner(root: Node) -> Node | None:
    """Find the message in its document."""
    return next((child for child in root.children if child.local in _DATES), None)


def _space(node: Node) -> str:
    return node.name[1:].rpartition("}")[0]


def _local(root: Node) -> Node:
    """Give a document the names of the tables; the namespaces become attributes."""
    inner = _inner(root)
    if inner is None:
        return root
    dates = next(_dates_of(inner), None)
    space = _space(inner)
    body = _stripped(inner, frozenset({space}), dates or "")
    body.attributes = _told(inner, space, dates)
    body.children = [_declared(child) for child in body.children]
    children = [
        body if child is inner else _stripped(child, frozenset({_space(root)}), "")
        for child in root.children
    ]
    return Node(root.local, root.text, _told(root, _space(root), None), children)


def _declared(node: Node) -> Node:
    """Call a declaration that an answer repeats by a name of its own."""
    space = _space(node)
    if node.local != "Declaration" or not space.startswith(_FAMILY):
        return node
    found = _stripped(node, frozenset({space}), "")
    return Node(_DECLARED, found.text, {**node.attributes, "xmlns": space}, found.children)


def _told(node: Node, space: str, dates: str | None) -> dict[str, str]:
    """Say what the document says about itself as attributes, and keep the others."""
    found = {"xmlns": space}
    if _SCHEMAS in node.attributes:
        found["xmlns.schemas"] = node.attributes[_SCHEMAS]
    if dates is not None:
        found["xmlns.dates"] = dates
    return {name: text for name, text in node.attributes.items() if name != _SCHEMAS} | found


def _dates_of(node: Node) -> Iterator[str]:
    for child in node.children:
        if child.local == _DATE:
            yield _space(child)
        yield from _dates_of(child)


def _stripped(node: Node, own: frozenset[str], dates: str) -> Node:
    space = _space(node)
    known = space == dates if node.local == _DATE else space in own
    children = [_stripped(child, own, dates) for child in node.children]
    return Node(node.local if known else node.name, node.text, dict(node.attributes), children)


def _write(root: Node) -> bytes:
    """Give a tree its namespaces back, those of the United Kingdom where the record has none."""
    inner = _inner(root)
    space = root.attributes.get("xmlns", _DEFAULTS[ROOT])
    if inner is not None:
        own = inner.attributes.get("xmlns", _DEFAULTS[inner.local])
        dates = inner.attributes.get("xmlns.dates", _DATES[inner.local])
        for child in inner.children:
            _qualify_in(child, own, dates)
        inner.name = f"{{{own}}}{inner.local}" if own else inner.local
        _untold(inner)
    for child in root.children:
        if child is not inner:
            _qualify(child, space, "")
    root.name = f"{{{space}}}{ROOT}" if space else ROOT
    _untold(root)
    return render(root, {})


def _qualify_in(node: Node, own: str, dates: str) -> None:
    if node.name != _DECLARED:
        _qualify(node, own, dates)
        return
    node.name = "Declaration"
    _qualify(node, node.attributes.pop("xmlns", _DEFAULTS["Declaration"]), dates)


def _qualify(node: Node, own: str, dates: str) -> None:
    space = dates if node.name == _DATE else own
    if space and not node.name.startswith("{"):
        node.name = f"{{{space}}}{node.name}"
    for child in node.children:
        _qualify(child, own, dates)


def _untold(node: Node) -> None:
    schemas = node.attributes.get("xmlns.schemas")
    for name in _PLACES:
        node.attributes.pop(name, None)
    if schemas is not None:
        node.attributes[_SCHEMAS] = schemas


def _finish(record: TransitRecord, message: Message, options: Options) -> None:
    """Tell a pre-lodged declaration, and take the tariff's subheading from its classifications."""
    del options
    record.header.source.message = message.name
    if message.body != "declaration":
        return
    record.declaration.dataset.SetInParent()
    kind = particular("declaration", "type").write(record.header, "particulars") or ""
    if message.name == "DEC" and kind.endswith(_PRELODGED):
        record.declaration.kind = records.DECLARATION_KIND_PRELODGED
    for item in _items(record):
        classified(item)


def _items(record: TransitRecord) -> list[GoodsItem]:
    return [item for house in record.declaration.dataset.consignment.houses for item in house.items]


def _prepare(record: TransitRecord) -> None:
    """Say the tariff's subheading as the classification that it is here."""
    if record.WhichOneof("body") == "declaration":
        for item in _items(record):
            classify(item)
