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
from corridor.standards.tree import NO_ATTRIBUTES, NO_CHILDREN, Node

# libxml2's numbers for "these bytes are not text in the encoding they claim".
_CHARACTER_SET_FAULTS: Final = frozenset({9, 31, 32, 81})


# In these "<" is the byte 0x3C, alone or beside a zero: so elements can be counted unread.
_ENCODING: Final = re.compile(
    "(?i)utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-?8859-?[0-9]{1,2}|windows-?125[0-8]|koi8-[ru]"
)
_DECLARED_ENCODING: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\x21-\x7e]{1,64}?)[\"']"
)
_SHORT: Final = 8  # codes, numbers: the same again and again
_MOST_KNOWN: Final = 10_000
_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"  # libxml2's tree alone checks it
_MOST_TEXT: Final = 2_500_000  # characters; beyond 10 MB libxml2's tree refuses one text
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"  # "<?xm", as libxml2 looks for it


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What a document of a standard may cost before it is refused."""

    max_bytes: int = 20 * 1024 * 1024  # the largest declarations national test suites send
    max_depth: int = 32  # NCTS and ASYCUDA nest at most 10 deep
    max_attributes: int = 64  # NCTS has one, the WCO Data Model five
    max_elements: int = 500_000  # 20 MiB of NCTS have about 450,000


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
    builder = _Builder(limits)
    parser = _parser(builder)
    try:
        etree.fromstring(document, parser)
    except (_NotPlainError, etree.XMLSyntaxError):
        return _read_whole(document, limits)
    # lxml lets faults of namespaces pass here, and only notes them
    return _read_whole(document, limits) if len(parser.error_log) else builder.root


def _parser(target: Any) -> etree.XMLParser:  # noqa: ANN401 - the stubs' protocol fits no class
    return etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _read_whole(document: bytes, limits: XmlLimits) -> Node:
    """Read by way of lxml's own tree, which knows lines: to say what is wrong and where."""
    try:
        root = etree.fromstring(document, _parser(None))
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
    # An attribute has two quotes, and costs lxml as much as an element: 20 MiB are 1 GiB.
    if document.count(b'"') + document.count(b"'") > 4 * limits.max_elements:
        words = f"at most {2 * limits.max_elements} attributes are read"
        raise Refused(Reason.SOURCE_MALFORMED, words)


def _syntax_refusal(fault: etree.XMLSyntaxError) -> Refused:
    """Say what kind of fault it is and on which line; libxml2's own words quote the document."""
    if getattr(fault, "code", None) in _CHARACTER_SET_FAULTS:
        return Refused(Reason.CHARACTER_SET, f"not text in its encoding, line {fault.lineno}")
    return Refused(Reason.SOURCE_MALFORMED, f"not well-formed XML, line {fault.lineno}")


class _NotPlainError(Exception):
    """Something that is refused, or not to be read without a second look."""


class _Builder:
    """Makes nodes while the document is parsed: its tree in lxml would cost as much again.

    Whatever is wrong ends it: what that is, `_read_whole` finds again and names with its line.
    """

    __slots__ = ("_elements", "_known", "_limits", "_open", "_text", "root")

    def __init__(self, limits: XmlLimits) -> None:
        self.root = Node("")
        self._limits = limits
        self._elements = 0
        self._open: list[Node] = []
        self._text: list[str] = []
        self._known: dict[str, str] = {}  # short texts and names, each kept once

    def start(self, name: str, attributes: "Mapping[str, str]") -> None:
        limits = self._limits
        self._elements += 1
        if self._open:
            parent = self._open[-1]
            if self._text:
                self._only_blanks()
            if parent.children is NO_CHILDREN:
                parent.children = []
        if (
            len(self._open) >= limits.max_depth
            or self._elements > limits.max_elements
            or len(attributes) > limits.max_attributes
            or any("&" in value for value in attributes.values())  # escaped twice by libxml2
            or _XML_ID in attributes
        ):
            raise _NotPlainError
        known = self._known
        name = known.setdefault(name, name)
        held = dict(attributes) if attributes else NO_ATTRIBUTES
        node = Node(name, "", held, NO_CHILDREN)
        if self._open:
            parent.children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, _name: str) -> None:
        node = self._open.pop()
        if node.children is NO_CHILDREN:
            text = self._taken()
            if len(text) <= _SHORT and len(self._known) < _MOST_KNOWN:
                text = self._known.setdefault(text, text)
            node.text = text
        elif self._text:
            self._only_blanks()

    def doctype(self, *_: object) -> None:
        raise _NotPlainError

    def close(self) -> None:
        """Nothing is left to do."""

    def _only_blanks(self) -> None:
        if self._taken().strip():
            raise _NotPlainError

    def _taken(self) -> str:
        """Return the text that has gathered, and begin anew."""
        text = "".join(self._text)
        if len(text) > _MOST_TEXT:
            raise _NotPlainError
        self._text.clear()
        return text


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
