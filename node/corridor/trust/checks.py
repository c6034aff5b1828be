"""Small checks that every statement shares."""

from enum import IntEnum
from typing import Final, TypeVar

from corridor.errors import Reason, Refused
from corridor.transit.parties import Endpoint
from corridor.wire import limits

E = TypeVar("E", bound=IntEnum)

_MEMBER_PARTS: Final = 2


def require(condition: bool, reason: Reason, detail: str) -> None:  # noqa: FBT001 - the condition is the subject of the sentence
    """Refuse for `reason` unless `condition` holds.

    Raises:
        Refused: It does not.
    """
    if not condition:
        raise Refused(reason, detail)


def well_formed(condition: bool, detail: str) -> None:  # noqa: FBT001 - as above
    """Refuse a statement as malformed unless `condition` holds.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    require(condition, Reason.STATEMENT_MALFORMED, detail)


def one_of(kind: type[E], value: int, what: str) -> E:
    """Return a number of the wire as the value it stands for.

    Raises:
        Refused: STATEMENT_MALFORMED for a number that stands for nothing.
    """
    try:
        return kind(value)
    except ValueError:
        raise Refused(Reason.STATEMENT_MALFORMED, f"{what} is {value}") from None


def text(value: str, what: str, *, optional: bool = False) -> str:
    """Return a text for people: at most `limits.MAX_TEXT_BYTES` bytes, printable.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    well_formed(optional or bool(value), f"{what} is empty")
    well_formed(len(value.encode()) <= limits.MAX_TEXT_BYTES, f"{what} is too long")
    well_formed(value.isprintable(), f"{what} holds characters that cannot be shown")
    return value


def member_id(value: str) -> str:
    """Return the id of a member, "GE.RS": ASCII capitals, so that no two look alike.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    parsed = endpoint(value)
    well_formed(parsed.count(".") == _MEMBER_PARTS - 1, f"{value!r} is not the id of a member")
    return str(parsed)


def endpoint(value: str) -> Endpoint:
    """Return an endpoint.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    try:
        return Endpoint.parse(value)
    except ValueError as error:
        raise Refused(Reason.STATEMENT_MALFORMED, str(error)) from None


def network_id(found: bytes, ours: bytes) -> None:
    """Refuse a statement of another network.

    Raises:
        Refused: NETWORK.
    """
    require(found == ours, Reason.NETWORK, "a statement of another network")


def issued(issued_ms: int, now_ms: int) -> None:
    """Refuse a statement from the future, be it theirs or because our clock fell back.

    Raises:
        Refused: CREATED_IN_FUTURE.
    """
    require(
        issued_ms <= now_ms + limits.MAX_FUTURE_SKEW_MS,
        Reason.CREATED_IN_FUTURE,
        f"issued at {issued_ms}, now {now_ms}",
    )


def window(start_ms: int, end_ms: int, longest_ms: int, what: str) -> None:
    """Refuse a window that is empty, turned round or longer than `longest_ms`.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    well_formed(start_ms < end_ms, f"{what} ends before it starts")
    well_formed(end_ms - start_ms <= longest_ms, f"{what} is longer than {longest_ms} ms")
