"""Strict parsing of the messages that run the network itself.

Rules (PROTOCOL §1.4):

* control messages, batches and trust statements have exactly one encoding: fields in ascending
  order of number, each at most once, defaults left out, shortest varints, nothing unknown;
* whoever receives another encoding refuses it, so that two readers never see two meanings;
* business records are not parsed here: their unknown fields are kept.
"""

from typing import TypeVar

from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError, Message

from corridor.errors import Reason, Refused, SelfTestFailed

M = TypeVar("M", bound=Message)


def parse_strict(kind: type[M], raw: bytes, max_bytes: int, reason: Reason) -> M:
    """Parse `raw` as the one encoding of a message of `kind`.

    Raises:
        Refused: For `reason`: too long, no such message, or another encoding of it.
    """
    if len(raw) > max_bytes:
        raise Refused(reason, f"{kind.__name__} of {len(raw)} bytes, at most {max_bytes}")
    try:
        message = kind.FromString(raw)
    except DecodeError:
        raise Refused(reason, f"not a {kind.__name__}") from None
    message.DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != raw:
        raise Refused(reason, f"{kind.__name__} with unknown, repeated or unordered fields")
    return message


def require_fast_runtime(runtime: str | None = None) -> None:
    """Check that protobuf runs on its C runtime.

    The pure-Python runtime is some 30 times slower, and its limit on nesting has been passed
    round before; this one refuses more than 100 levels.

    Args:
        runtime: Name of the runtime; the one in use if absent.

    Raises:
        SelfTestFailed: It is another one.
    """
    found = api_implementation.Type() if runtime is None else runtime
    if found != "upb":
        raise SelfTestFailed(f"expected the upb runtime of protobuf, got {found!r}")
