"""What a file holds: a record as protobuf JSON, as protobuf, or a message of a standard.

Rules:

* the name's ending says what it should be, the first bytes what it is; both have to agree;
* JSON is text in UTF-8; XML is in the encoding that it declares.
"""

from typing import Final, NamedTuple

from corridor.errors import InputTrouble, Reason, Refused
from corridor.gateway.optional import part
from corridor.wire.records import encode_record, record_from_json

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_KINDS: Final = {".xml": "xml", ".json": "json", ".pb": "protobuf", ".bin": "protobuf"}


class Read(NamedTuple):
    """A record as it was read from a file."""

    record: bytes
    """A serialised TransitRecord."""
    original: str
    """What became of the source message: not_asked_for, attached or too_large."""


def read_record(content: bytes, *, attach_original: bool = False) -> Read:
    """Return the record in `content`: XML, protobuf JSON or a serialised TransitRecord.

    Raises:
        InputTrouble: An original is to be attached, and the file is no message of a standard.
        Refused: It does not read, or no mapper knows it.
    """
    kind = _kind_of(content)
    if kind == "xml":
        return _mapped(content, attach_original=attach_original)
    if attach_original:
        raise InputTrouble(
            "only a message of a standard has an original, and this is already a record",
            cure="send the XML message, or leave --attach-original out",
        )
    if kind == "json":
        return Read(_from_json(content), "not_asked_for")
    return Read(content, "not_asked_for")


def read_named(name: str, content: bytes, *, attach_original: bool = False) -> Read:
    """Return the record in a file of this name; see `read_record`.

    Raises:
        Refused: It does not read, no mapper knows it, or it is not what its name says.
    """
    if not content.strip():
        raise Refused(Reason.RECORD_MALFORMED, "the file is empty")
    kind = _kind_of(content)
    said = _KINDS.get(name[name.rfind(".") :].lower()) if "." in name else None
    if said == "xml" and kind != "xml":
        raise Refused(Reason.SOURCE_MALFORMED, "its name says XML, and it does not begin with <")
    if said == "json" and kind != "json":
        if content.startswith(_UTF16):
            raise Refused(Reason.CHARACTER_SET, "JSON is text in UTF-8, not UTF-16")
        raise Refused(Reason.RECORD_MALFORMED, "its name says JSON, and it is no JSON object")
    if said == "protobuf":
        return Read(content, "not_asked_for")
    try:
        return read_record(content, attach_original=attach_original and kind == "xml")
    except ModuleNotFoundError as error:
        if error.name != "lxml":
            raise
        raise Refused(
            Reason.SOURCE_UNSUPPORTED, "lxml is not installed: pip install corridor-node[standards]"
        ) from None


def _kind_of(content: bytes) -> str:
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<" or content[:4] in {b"\xff\xfe<\0", b"\xfe\xff\0<"}:
        return "xml"
    return "json" if start == b"{" else "protobuf"


def _mapped(content: bytes, *, attach_original: bool) -> Read:
    ncts = part("ncts")
    mapped = ncts.decode(content, ncts.Options(attach_original=attach_original))
    return Read(encode_record(mapped.record), mapped.original.value)


def _from_json(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            Reason.CHARACTER_SET, f"JSON is text in UTF-8; byte {error.start} is none"
        ) from None
    return encode_record(record_from_json(text))
