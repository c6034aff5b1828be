"""What a file holds: a record as protobuf JSON, as protobuf, or a message of a standard.

Rules:

* the name's ending says what it should be, the first bytes what it is; both have to agree;
* JSON is text in UTF-8; XML is in the encoding that it declares.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from corridor.errors import InputTrouble, Reason, Refused
from corridor.gateway.optional import PARSERS, part
from corridor.standards.findings import warnings_of
from corridor.standards.judging import Manner
from corridor.wire.records import encode_record, record_from_json

if TYPE_CHECKING:
    from corridor.standards.mapper import Mapped, Original

LEFT_OUT: Final = "header.original.content"
"""What a node leaves out for a partner to whom no file may go (PROTOCOL §13.5)."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_EDIFACT: Final = (b"UNA:", b"UNB+")
"""Nothing else begins so: as a protobuf tag, "U" would be field 10, an unknown one of 64 bits."""
_MAPPED: Final = frozenset({"xml", "edifact"})
_PLAIN: Final = Manner()
_KINDS: Final = {
    ".xml": "xml",
    ".edi": "edifact",
    ".json": "json",
    ".pb": "protobuf",
    ".bin": "protobuf",
}


class Read(NamedTuple):
    """A record as it was read from a file."""

    record: bytes
    """A serialised TransitRecord."""
    original: str
    """What became of the source message: not_asked_for, attached or too_large."""
    warnings: tuple[str, ...] = ()
    """What is doubtful about a message of a standard, in words."""


def read_record(content: bytes, *, attach_original: bool = False, manner: Manner = _PLAIN) -> Read:
    """Return the record in `content`: XML, protobuf JSON or a serialised TransitRecord.

    Raises:
        InputTrouble: An original is to be attached, and the file is no message of a standard.
        Refused: It does not read, or no mapper knows it.
    """
    kind = _kind_of(content)
    if kind in _MAPPED:
        return map_message(content, manner, attach_original=attach_original)
    if attach_original:
        raise InputTrouble(
            "only a message of a standard has an original, and this is already a record",
            cure="send the XML message, or leave --attach-original out",
        )
    if kind == "json":
        return Read(_from_json(content), "not_asked_for")
    return Read(content, "not_asked_for")


def read_named(
    name: str,
    content: bytes,
    *,
    attach_original: bool = False,
    manner: Manner = _PLAIN,
) -> Read:
    """Return the record in a file of this name; see `read_record`.

    Raises:
        Refused: It does not read, no mapper knows it, or it is not what its name says.
    """
    if not content.strip():
        raise Refused(Reason.RECORD_MALFORMED, "the file is empty")
    kind = _kind_of(content)
    said = _KINDS.get(name[name.rfind(".") :].lower()) if "." in name else None
    _refuse_other(said, kind, content)
    if said == "protobuf":
        return Read(content, "not_asked_for")
    try:
        attach = attach_original and kind in _MAPPED
        return read_record(content, attach_original=attach, manner=manner)
    except ModuleNotFoundError as error:
        if error.name not in PARSERS:
            raise
        raise Refused(
            Reason.SOURCE_UNSUPPORTED,
            f"{error.name} is not installed: pip install corridor-node[standards]",
        ) from None


def _refuse_other(said: str | None, kind: str, content: bytes) -> None:
    """Refuse a file that is not what its name says."""
    if said == "xml" and kind != "xml":
        raise Refused(Reason.SOURCE_MALFORMED, "its name says XML, and it does not begin with <")
    if said == "edifact" and kind != "edifact":
        raise Refused(
            Reason.SOURCE_MALFORMED, "its name says EDIFACT, and it does not begin with UNA or UNB"
        )
    if said == "json" and kind != "json":
        if content.startswith(_UTF16):
            raise Refused(Reason.CHARACTER_SET, "JSON is text in UTF-8, not UTF-16")
        raise Refused(Reason.RECORD_MALFORMED, "its name says JSON, and it is no JSON object")


def _kind_of(content: bytes) -> str:
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<" or content[:4] in {b"\xff\xfe<\0", b"\xfe\xff\0<"}:
        return "xml"
    if content[:4] in _EDIFACT:
        return "edifact"
    return "json" if start == b"{" else "protobuf"


def map_message(content: bytes, manner: Manner, *, attach_original: bool) -> Read:
    """Return the record that a message of a standard makes.

    Raises:
        Refused: It is none, or not one of which a record can be made.
    """
    standards = part("standards")
    options = standards.Options(
        attach_original=attach_original, dialect=manner.dialect, judging=manner.judging
    )
    mapped = standards.decode(content, options)
    warnings = warnings_of(mapped.findings)
    original = _whole_original(mapped, content)
    return Read(encode_record(mapped.record), original.value, warnings)


def _whole_original(mapped: "Mapped", content: bytes) -> "Original":
    """Attach an original that is too long for a record: the node puts it into the record's file."""
    if mapped.original.value == "too_large":
        mapped.record.header.original.content = content
        return type(mapped.original).ATTACHED
    return mapped.original


def original_told(read: Read, left_out: Sequence[str]) -> str:
    """Return what became of the original, once it is known what its recipient gets."""
    return "too_large" if LEFT_OUT in left_out else read.original


def _from_json(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            Reason.CHARACTER_SET, f"JSON is text in UTF-8; byte {error.start} is none"
        ) from None
    return encode_record(record_from_json(text))
