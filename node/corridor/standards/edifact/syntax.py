"""The only door to pydifact: bytes become segments, and segments become bytes.

Rules:

* the character set is the one that the interchange names; what is no text in it is refused;
* size and number of segments are checked before anything is taken apart, and the interchange has to
  be whole: its counts and references are compared with what is there;
* one message in an interchange: a record is one message;
* a refusal says what is wrong and where (which segment), never what stood there.

Example:
    interchange = parse(document, XmlLimits())
    assert parse(render(interchange), XmlLimits()) == interchange
"""

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pydifact import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser
from pydifact.serializer import Serializer
from pydifact.tokenizer import Tokenizer

from corridor.errors import Reason, Refused
from corridor.standards.xml import XmlLimits

MAX_BYTES: Final = 4 * 1024 * 1024
"""Taking apart is slower than for XML; a record of 256 KiB holds far less."""
MAX_SEGMENTS: Final = 50_000
_MAX_PARTS: Final = 99
"""Elements of a segment, and components of an element; the directories have at most 20."""
_CHARSETS: Final = {
    "UNOA": "ascii", "UNOB": "ascii", "UNOC": "iso8859-1", "UNOD": "iso8859-2",
    "UNOE": "iso8859-5", "UNOF": "iso8859-7", "UNOG": "iso8859-3", "UNOH": "iso8859-4",
    "UNOI": "iso8859-6", "UNOJ": "iso8859-8", "UNOK": "iso8859-9", "UNOW": "utf-8",
    "UNOY": "utf-8",
}  # fmt: skip
_START: Final = re.compile(rb"(?:UNA(.{6})[\r\n ]*)?UNB(.)(UNO[A-Z])", re.DOTALL)
_TAG: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_HEAD, _MESSAGE_HEAD, _MESSAGE_END, _END = "UNB", "UNH", "UNT", "UNZ"
_FEWEST: Final = 4


class Place(NamedTuple):
    """Where a component stands in its segment: element and component, from 1."""

    element: int
    component: int


Components = dict[Place, str]


class Segment(NamedTuple):
    """A segment: its tag, and its components that are not empty."""

    tag: str
    components: Components

    def text(self, element: int, component: int = 1) -> str:
        """Return a component, "" where it is empty."""
        return self.components.get(Place(element, component), "")


class _Written(NamedTuple):
    tag: str
    elements: list[str | list[str]]


@dataclass(frozen=True, slots=True)
class Interchange:
    """One message in its interchange. `advice` are the six characters of UNA, "" without it."""

    advice: str
    segments: tuple[Segment, ...]


def looks_like(document: bytes) -> bool:
    """Say whether a document says that it is EDIFACT."""
    return document[:3] in {b"UNA", b"UNB"}


def parse(document: bytes, limits: XmlLimits) -> Interchange:
    """Read an interchange.

    Raises:
        Refused: SOURCE_MALFORMED for what is not one whole interchange of one message or exceeds
            a limit; CHARACTER_SET for bytes that are no text in its character set.
    """
    most = min(MAX_BYTES, limits.max_bytes)
    if len(document) > most:
        raise _malformed(f"at most {most} bytes are read, not {len(document)}")
    found = _START.match(document)
    if found is None:
        raise _malformed("an interchange begins with UNA or UNB and names its character set")
    text = _text(document, found[3].decode("ascii"))
    advice = found[1].decode("latin-1") if found[1] is not None else ""
    body = text[text.index(_HEAD, len(advice) + 3 if advice else 0) :]
    characters = _characters(advice)
    if not body.rstrip("\r\n ").endswith(characters.segment_terminator):
        raise _malformed("it breaks off, or something follows its last segment")
    if body.count(characters.segment_terminator) > MAX_SEGMENTS:
        raise _malformed(f"at most {MAX_SEGMENTS} segments are read")
    segments = _segments(body, characters)
    _refuse_incomplete(segments)
    return Interchange(advice, segments)


def _malformed(words: str) -> Refused:
    return Refused(Reason.SOURCE_MALFORMED, words)


def _text(document: bytes, named: str) -> str:
    charset = _CHARSETS.get(named)
    if charset is None:
        raise Refused(Reason.CHARACTER_SET, f"the character set {named} is not read; write UNOY")
    try:
        text = document.decode(charset)
    except UnicodeDecodeError as fault:
        raise Refused(Reason.CHARACTER_SET, f"byte {fault.start} is no text in {named}") from None
    if any(ord(sign) < 32 and sign not in "\r\n" for sign in text):  # noqa: PLR2004
        raise Refused(Reason.CHARACTER_SET, "a control character")
    return text


def _characters(advice: str) -> Characters:
    if not advice:
        return Characters()  # type: ignore[no-untyped-call]
    active = advice[:2] + advice[3] + advice[5]
    if len(set(active)) < len(active) or any(sign.isalnum() or sign in " \r\n" for sign in active):
        raise _malformed("UNA names separators that separate nothing")
    return Characters.from_str(f"UNA{advice}")


def _segments(body: str, characters: Characters) -> tuple[Segment, ...]:
    tokens = Tokenizer().get_tokens(body, characters)
    found: list[Segment] = []
    try:
        for raw in Parser().convert_tokens_to_raw_segments(tokens):
            found.append(_segment(raw, len(found) + 1))
    except EDISyntaxError:
        raise _malformed(f"not EDIFACT, or not whole, after segment {len(found)}") from None
    return tuple(found)


def _segment(raw: list[str | list[str]], number: int) -> Segment:
    tag, *elements = raw
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise _malformed(f"segment {number} has no tag of three capitals")
    components: Components = {}
    for element, value in enumerate(elements, 1):
        parts = value if isinstance(value, list) else [value]
        if element > _MAX_PARTS or len(parts) > _MAX_PARTS:
            raise _malformed(f"segment {number} has more than {_MAX_PARTS} parts")
        components.update(
            (Place(element, component), part) for component, part in enumerate(parts, 1) if part
        )
    return Segment(tag, components)


def _refuse_incomplete(segments: tuple[Segment, ...]) -> None:
    """Compare the counts and references at the end with what came before."""
    tags = [segment.tag for segment in segments]
    if len(segments) < _FEWEST or tags[:2] != [_HEAD, _MESSAGE_HEAD]:
        raise _malformed("an interchange begins with UNB and UNH")
    if tags[-2:] != [_MESSAGE_END, _END] or tags.count(_MESSAGE_HEAD) != 1:
        raise _malformed("an interchange holds one message and ends with UNT and UNZ")
    if len({_HEAD, _MESSAGE_END, _END} & set(tags[1:-2])) > 0:
        raise _malformed("an interchange has one head and one end")
    head, message, end, last = segments[0], segments[1], segments[-2], segments[-1]
    if end.text(1) != str(len(segments) - 2) or end.text(2) != message.text(1):
        raise _malformed("UNT has another count or reference than the message")
    if last.text(1) != "1" or last.text(2) != head.text(5):
        raise _malformed("UNZ has another count or reference than the interchange")


def render(interchange: Interchange) -> bytes:
    """Write an interchange, one segment on a line.

    Raises:
        Refused: CHARACTER_SET for a text that its character set cannot hold, RECORD_INVALID for a
            name that is no segment; either comes from a record of somebody else.
    """
    characters = _characters(interchange.advice)
    charset = _CHARSETS.get(interchange.segments[0].text(1), "ascii")
    written: list[Any] = [  # pydifact's own segments warn of what may well be empty
        _Written(segment.tag, _elements(segment)) for segment in interchange.segments
    ]
    text = Serializer(characters).serialize(
        written, with_una_header=bool(interchange.advice), break_lines=True
    )
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        raise Refused(
            Reason.CHARACTER_SET, "text that the character set of the interchange cannot hold"
        ) from None


def _elements(segment: Segment) -> list[str | list[str]]:
    last = max((place.element for place in segment.components), default=0)
    return [_parts(segment, element) for element in range(1, last + 1)]


def _parts(segment: Segment, element: int) -> list[str]:
    places = [place.component for place in segment.components if place.element == element]
    return [segment.text(element, number) for number in range(1, max(places, default=0) + 1)]
