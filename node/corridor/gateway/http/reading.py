"""Bodies of requests to records: protobuf JSON, protobuf, or a message of a standard.

Rules:

* JSON has every fault named that can be told apart: wrong types and unknown fields at once, then
  what protobuf's own parser finds, without its quotations;
* a message of a standard is mapped as `corridor send` does, and refused by the path of its element.
"""

import json
import re
from typing import Any, Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.gateway.contents import map_message
from corridor.gateway.http.problems import Fault, Problem, of_refused
from corridor.standards.judging import Manner
from corridor.wire.json_faults import json_faults
from corridor.wire.records import encode_record, record_from_json

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"
XML: Final = "application/xml"
_PLACE: Final = re.compile(r'at "TransitRecord\.?([^"]*)"')


def media_type(header: str | None, known: tuple[str, ...]) -> str:
    """Return the media type of a request's body.

    Raises:
        Problem: media_type.
    """
    name, _, rest = (header or "").partition(";")
    name = name.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([A-Za-z0-9._-]+)", rest)
    wrong = charset is not None and charset[1].lower() not in {"utf-8", "utf8"}
    if name not in known or (wrong and name != XML):
        raise Problem("media_type", f"The body must be one of: {', '.join(known)}.")
    return name


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value in a body.

    Raises:
        Problem: malformed: it is no text in UTF-8, or no JSON.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault("", "utf8", f"byte {error.start} is no UTF-8")
        raise Problem("malformed", reason=Reason.CHARACTER_SET, faults=[fault]) from None
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        fault = Fault("", "json", f"line {error.lineno}, column {error.colno}")
    except RecursionError:
        fault = Fault("", "json.depth", "nested too deeply")
    except ValueError as error:
        fault = Fault("", "json", str(error) if str(error) in _OWN_WORDS else "not JSON")
    raise Problem("malformed", "The body is not JSON.", faults=[fault])


_OWN_WORDS: Final = ("a name stands twice in one object", "NaN and Infinity are not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_OWN_WORDS[0])
    return found


def _no_constant(_name: str) -> None:
    raise ValueError(_OWN_WORDS[1])


def json_record(told: object, at: str = "") -> bytes:
    """Return the serialised record that a JSON value describes; `at` is its path in the body.

    Raises:
        Problem: malformed or too_large, with every fault.
    """
    faults = [
        Fault(f"{at}{path}".rstrip("."), rule, words) for path, rule, words in json_faults(told)
    ]
    if faults:
        raise Problem(
            "malformed", "The JSON is not a TransitRecord.",
            reason=Reason.RECORD_MALFORMED, faults=faults,
        )  # fmt: skip
    try:
        return encode_record(record_from_json(json.dumps(told)))
    except Refused as refused:
        place = _PLACE.search(refused.detail)
        where = f"{at}{place[1] if place else ''}".rstrip(".")
        fault = Fault(where, "json", "a value does not fit its field")
        code = "too_large" if refused.reason is Reason.RECORD_TOO_LARGE else "malformed"
        raise Problem(code, reason=refused.reason, faults=[fault]) from None
    except ValueError:  # a half of a surrogate pair, which no UTF-8 has
        fault = Fault(at.rstrip("."), "utf8", "a text holds half of a character")
        raise Problem("malformed", reason=Reason.CHARACTER_SET, faults=[fault]) from None


class Read(NamedTuple):
    """A serialised record, and what is doubtful about the message that it was."""

    record: bytes
    warnings: tuple[str, ...] = ()


def read_record(
    kind: str, body: bytes, *, attach_original: bool, manner: Manner | None = None
) -> Read:
    """Return the record in a body of a media type.

    Raises:
        Problem: It does not read; every fault is named.
    """
    if kind != XML and attach_original:
        fault = Fault(
            "query.attach_original", "xml", "only a message of a standard has an original"
        )
        raise Problem("invalid", faults=[fault])
    if kind == JSON:
        return Read(json_record(parse_json(body)))
    if kind == PROTOBUF:
        return Read(body)
    try:
        read = map_message(body, manner or Manner(), attach_original=attach_original)
    except Refused as refused:
        raise of_refused(refused) from None
    return Read(read.record, read.warnings)
