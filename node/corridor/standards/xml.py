"""The only door to lxml: bytes become a tree of nodes, and a tree becomes bytes.

Rules:

* entities are never resolved, nothing is fetched, a document type declaration is refused;
* size is checked before parsing, depth and number of elements while the tree is copied;
* a refusal names what is wrong and where (line), never what stood there.

Example:
    root = parse(document, XmlLimits())
    assert parse(render(root, {"ncts": NAMESPACE}), XmlLimits()) == root
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from corridor.errors import Reason, Refused
from corridor.standards.tree import Node

# libxml2's numbers for "these bytes are not text in the encoding they claim".
_CHARACTER_SET_FAULTS: Final = frozenset({9, 31, 32, 81})


# In these "<" is the byte 0x3C, alone or beside a zero: so elements can be counted unread.
_ENCODING: Final = re.compile(
    "(?i)utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-?8859-?[0-9]{1,2}|windows-?125[0-8]|koi8-[ru]"
)
_DECLARED_ENCODING: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\x21-\x7e]{1,64}?)[\"']"
)
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"  # "<?xm", as libxml2 looks for it


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What a document of a standard may cost before it is refused."""

    max_bytes: int = 20 * 1024 * 1024  # the largest declarations national test suites send
    max_depth: int = 32  # NCTS and ASYCUDA nest at most 10 deep
    max_attributes: int = 64  # NCTS has one, the WCO Data Model five
    max_elements: int = 200_000  # far above what fits a record of 256 KiB


def parse(document: bytes, limits: XmlLimits) -> Node:
    """Read an XML document.

    Raises:
        Refused: SOURCE_MALFORMED for what is not XML, has a document type, mixes text with
            elements or exceeds a limit; CHARACTER_SET for bytes that are no text.
    """
    if len(document) > limits.max_bytes:
        raise Refused(
            Reason.SOURCE_MALFORMED,
            f"at most {limits.max_bytes} bytes are read, not {len(document)}",
        )
    _refuse_tricks(document, limits)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as fault:
        raise _syntax_refusal(fault) from None
    document_info: Any = root.getroottree().docinfo  # the stubs do not know `doctype`
    if document_info.doctype:
        raise Refused(Reason.SOURCE_MALFORMED, "a document type declaration is not accepted")
    return _Copy(limits).node(root, 1)


def _refuse_tricks(document: bytes, limits: XmlLimits) -> None:
    """Refuse before parsing what would make parsing itself dear, or be read in two ways."""
    declared = _DECLARED_ENCODING.match(document)
    if declared and not _ENCODING.fullmatch(declared[1].decode("ascii")):
        raise Refused(Reason.CHARACTER_SET, "an encoding that is not read; write UTF-8")
    if document.startswith(_EBCDIC):
        raise Refused(Reason.CHARACTER_SET, "EBCDIC is not read; write UTF-8")
    # An element has at most two tags; whatever else begins with "<" is left as much again.
    if document.count(b"<") > 4 * limits.max_elements:
        raise Refused(Reason.SOURCE_MALFORMED, f"at most {limits.max_elements} elements are read")


def _syntax_refusal(fault: etree.XMLSyntaxError) -> Refused:
    """Say what kind of fault it is and on which line; libxml2's own words quote the document."""
    if getattr(fault, "code", None) in _CHARACTER_SET_FAULTS:
        return Refused(Reason.CHARACTER_SET, f"not text in its encoding, line {fault.lineno}")
    return Refused(Reason.SOURCE_MALFORMED, f"not well-formed XML, line {fault.lineno}")


class _Copy:
    """Copies lxml's tree into nodes and counts what it costs."""

    __slots__ = ("_elements", "_limits")

    def __init__(self, limits: XmlLimits) -> None:
        self._limits = limits
        self._elements = 0

    def node(self, element: "etree._Element", depth: int) -> Node:
        self._elements += 1
        if depth > self._limits.max_depth or self._elements > self._limits.max_elements:
            raise Refused(
                Reason.SOURCE_MALFORMED,
                f"at most {self._limits.max_depth} levels and"
                f" {self._limits.max_elements} elements are read",
            )
        children = [self.node(child, depth + 1) for child in element]
        text = element.text or ""
        if children:
            tails = "".join(child.tail or "" for child in element)
            if (text + tails).strip():
                raise Refused(
                    Reason.SOURCE_MALFORMED, f"text between elements, line {element.sourceline}"
                )
            text = ""
        if len(element.attrib) > self._limits.max_attributes:
            # lxml looks each attribute up among all of them
            raise Refused(
                Reason.SOURCE_MALFORMED,
                f"at most {self._limits.max_attributes} attributes of an element are read",
            )
        attributes = {str(name): str(value) for name, value in element.attrib.items()}
        return Node(str(element.tag), text, attributes, children)


def render(root: Node, prefixes: Mapping[str, str]) -> bytes:
    """Write a tree as UTF-8 XML with a declaration and two-space indentation.

    Args:
        root: The document.
        prefixes: Prefix to namespace, for the namespaces of the document.

    Raises:
        Refused: RECORD_INVALID for a name that is none in XML, CHARACTER_SET for text that XML
            cannot hold; either comes from a residual or a record of somebody else.
    """
    element = _element(root, dict(prefixes))
    etree.indent(element)
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _element(node: Node, nsmap: dict[str, str]) -> "etree._Element":
    try:
        element = etree.Element(node.name, nsmap=nsmap)
    except ValueError:
        raise Refused(Reason.RECORD_INVALID, "a name that no XML element has") from None
    try:
        element.text = node.text or None
        for name, value in node.attributes.items():
            element.set(name, value)
    except ValueError:
        raise Refused(Reason.CHARACTER_SET, "text that XML cannot hold") from None
    for child in node.children:
        element.append(_element(child, {}))
    return element
