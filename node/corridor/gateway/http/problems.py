"""What goes wrong over HTTP, each with one code: RFC 9457 problem details.

Rules:

* the set of codes is closed; a code has one status for ever, and a cure;
* every fault that was found is named by path and rule; no value is ever repeated;
* `type` is a place in the manual, without a host: nobody outside is asked what it means.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.wire.rule_words import RULE_WORDS, rule_fault

_UNAVAILABLE: Final = 503
MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "manual/http.md#"
MOST_FAULTS: Final = 64
"""A request that breaks more rules is told the first ones."""


class Fault(NamedTuple):
    """One fault of a request."""

    path: str
    """Where: a field of the record, an element of the message, a parameter; "" for all of it."""
    rule: str
    message: str = ""


class Kind(NamedTuple):
    """One kind of problem."""

    status: int
    title: str
    cure: str


KINDS: Final = {
    "malformed": Kind(
        400, "The request cannot be read",
        "Mend the request at the place named.",
    ),
    "http": Kind(
        400, "This is not HTTP as it is defined",
        "Use a client library for HTTP/1.1.",
    ),
    "unauthenticated": Kind(
        401, "No valid token or certificate",
        "Send `Authorization: Bearer TOKEN`; the operator makes a token with `corridor "
        "http token add`.",
    ),
    "forbidden": Kind(
        403, "The role does not allow it",
        "Ask the operator for a token with the role.",
    ),
    "lane_not_allowed": Kind(
        403, "The role does not allow this lane",
        "Leave the lane out: the record's type decides.",
    ),
    "recipient_not_allowed": Kind(
        403, "The client may not send to this partner",
        "Ask the operator to allow the partner.",
    ),
    "not_found": Kind(
        404, "There is no such thing",
        "Compare the address with the OpenAPI document.",
    ),
    "method": Kind(
        405, "The method is not offered here",
        "Use a method that `Allow` names.",
    ),
    "not_acceptable": Kind(
        406, "The answer would not be JSON",
        "Accept application/json.",
    ),
    "not_in_standard": Kind(
        406, "The record cannot be said in the standard of this country",
        "Take it with `Accept: application/json`; `Corridor-Cursor` says where to go on.",
    ),
    "too_slow": Kind(
        408, "The request took too long to arrive",
        "Send it again, and without a pause.",
    ),
    "conflict": Kind(
        409, "The same key stands for something else",
        "Use a fresh key for each record.",
    ),
    "not_acknowledged": Kind(
        409, "These records cannot be acknowledged",
        "Acknowledge the cursor of the last record that you read here, and hold safely.",
    ),
    "too_large": Kind(
        413, "The request is too large",
        "Send fewer or smaller records at a time.",
    ),
    "media_type": Kind(
        415, "The content type is not known",
        "Use a content type that is documented.",
    ),
    "invalid": Kind(
        422, "The request breaks rules",
        "Mend every fault that is named.",
    ),
    "refused": Kind(
        422, "The record was refused",
        "Mend every fault that is named, or see the reason.",
    ),
    "rate_limited": Kind(
        429, "Too many requests",
        "Wait as long as `Retry-After` says.",
    ),
    "internal": Kind(
        500, "The node failed",
        "Tell the operator; its log names the place.",
    ),
    "busy": Kind(
        503, "The node has too much to do",
        "Try again after `Retry-After`.",
    ),
    "store_full": Kind(
        503, "The store is full",
        "Wait; the operator has to free disk space.",
    ),
    "store": Kind(
        503, "The store does not work now",
        "Try again; if it stays, tell the operator.",
    ),
    "stopping": Kind(
        503, "The node is not ready",
        "Try again a little later.",
    ),
}  # fmt: skip
"""Every code."""

_CODE_OF: Final = {
    Reason.RECORD_TOO_LARGE: "too_large",
    Reason.RECORD_MALFORMED: "malformed",
    Reason.SOURCE_MALFORMED: "malformed",
    Reason.CHARACTER_SET: "malformed",
    Reason.RECORD_ID_CONFLICT: "conflict",
    Reason.IDEMPOTENCY_CONFLICT: "conflict",
    Reason.LANE_NOT_ALLOWED: "lane_not_allowed",
    Reason.RECIPIENT_NOT_ALLOWED: "recipient_not_allowed",
    Reason.STORE_FULL: "store_full",
}


class Problem(Exception):
    """A request that is not done; carries what its client is told."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        reason: Reason | None = None,
        faults: Iterable[Fault] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """Make the problem of a code in `KINDS`."""
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or f"{self.kind.title}."
        self.reason = reason
        self.faults = tuple(faults)
        soon = {"Retry-After": "5"} if self.kind.status == _UNAVAILABLE else {}
        self.headers = {**soon, **(headers or {})}

    def body(self) -> dict[str, Any]:
        """Return the problem details."""
        return {
            "type": f"{_TYPE}{self.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            "reason": self.reason.label if self.reason else None,
            "faults": [fault._asdict() for fault in self.faults],
            "cure": cure_of(self.reason) or self.kind.cure,
        }


def refusal(reason: Reason, faults: Iterable[str | Fault], detail: str = "") -> Problem:
    """Return the problem of a record that was refused, its faults as the core names them."""
    named = [fault_of(one, reason) if isinstance(one, str) else one for one in faults]
    return Problem(
        _CODE_OF.get(reason, "refused"), detail or meaning_of(reason), reason=reason, faults=named
    )


def of_refused(refused: Refused) -> Problem:
    """Return the problem of a `Refused`, whose detail may name several places of a message."""
    return refusal(refused.reason, [part for part in refused.detail.split("; ") if part])


_OF_RECIPIENT: Final = frozenset({Reason.UNKNOWN_RECIPIENT, Reason.NOT_AUTHORISED})
_PLACE: Final = re.compile(r"(\S+) \(([A-Za-z0-9_.]+)(?:: (.*))?\)")


def fault_of(text: str, reason: Reason) -> Fault:
    """Take apart a fault of the core: "rule path", "place (rule: words)", or a sentence."""
    if known := rule_fault(text):
        return Fault(known.path, known.rule, known.words)
    if found := _PLACE.fullmatch(text):
        return Fault(found[1], found[2], found[3] or RULE_WORDS.get(found[2], ""))
    return Fault("query.to" if reason in _OF_RECIPIENT else "", reason.label, text)


def cure_of(reason: Reason | None) -> str:
    """Return what is to be done about a reason, "" for none."""
    return _words()[reason.name][1] if reason else ""


def meaning_of(reason: Reason) -> str:
    """Return what a reason means."""
    return _words()[reason.name][0]


@cache
def _words() -> dict[str, list[str]]:
    text = resources.files("corridor").joinpath("reasons.toml").read_text(encoding="utf-8")
    words: dict[str, list[str]] = tomllib.loads(text)
    return words
