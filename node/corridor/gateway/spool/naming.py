"""Record ids of files: in the name, or from what the file holds and when it was written.

Rules (decision 0054):

* an id has the time by which both sides count its record (PROTOCOL §6.9);
* the same content for the same partner is one record, whatever its file is called and whenever it
  was written: the store keeps which (`key_of`).
"""

import hashlib
import re
from contextlib import suppress
from typing import Final

from corridor.errors import Refused
from corridor.transit.identifiers import parse_record_id, uuid7

_ID_IN_NAME: Final = re.compile(
    r"(?:^|[._-])([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
_KEY_LABEL: Final = b"corridor/spool\0"
"""No key of another gateway begins so."""
BEFORE_TIMES: Final = 0
"""The time in ids of files of older nodes: they are known again by it."""


def id_in_name(name: str) -> bytes | None:
    """Return the record id that a file's name carries before its ending, or None."""
    stem = name[: name.rfind(".")] if "." in name else name
    found = _ID_IN_NAME.search(stem)
    if found is not None:
        with suppress(Refused):
            return parse_record_id(found[1])
    return None


def id_of(recipient: str, record: bytes, made_ms: int) -> bytes:
    """Return the record id that follows from recipient, content and a time: a UUIDv7."""
    return uuid7(made_ms, _digest(recipient, record))


def key_of(recipient: str, record: bytes) -> bytes:
    """Return the idempotency key of a file: the same content for the same recipient."""
    return hashlib.sha256(_KEY_LABEL + _digest(recipient, record)).digest()


def _digest(recipient: str, record: bytes) -> bytes:
    return hashlib.sha256(recipient.encode("utf-8", "surrogateescape") + b"\0" + record).digest()
