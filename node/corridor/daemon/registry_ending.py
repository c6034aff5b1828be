"""The next directory where agreements end or a member leaves: drafted as every other one is.

Rule: a request to end something is signed by nobody and counts for nothing until its fingerprint
was compared with the member over another channel.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.daemon.network_folder import Network
from corridor.daemon.registry import make_next
from corridor.errors import InputTrouble
from corridor.seal.keys import SigningKey
from corridor.trust.directory import Directory
from corridor.trust.ending import end_agreements, leave

REQUEST: Final = "corridor_end_request"


@dataclass(frozen=True, slots=True)
class EndRequest:
    """What a member asks for."""

    member: str
    """Its endpoint."""
    agreements: tuple[str, ...]
    end_ms: int | None
    """None: with the issue of the directory."""


def read_end_request(file: Path, content: bytes) -> EndRequest:
    """Return what the content of a file asks for.

    Raises:
        InputTrouble: It is no such request.
    """
    try:
        told = json.loads(content)
        known = told[REQUEST] == 1 and told["what"] in {"end", "leave"}
        end_ms = None if told["end_ms"] is None else int(told["end_ms"])
        asked = EndRequest(str(told["member"]), tuple(map(str, told["agreements"])), end_ms)
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        raise InputTrouble(
            f"{file}: is no request to end anything",
            cure="take the file that `corridor agreement end` or `corridor leave` wrote",
        )
    return asked


def draft_ends(
    network: Network, asked: EndRequest, keys: Sequence[SigningKey], now_ms: int
) -> bytes:
    """Return the next directory, in which what a member asked to end has its end.

    Raises:
        InputTrouble: It is no party of an agreement it names, or there is no directory.
        ConfigurationError: An agreement cannot be ended so.
        Refused: QUORUM where no key is a body's.
    """
    view = network.view(now_ms)
    _refuse_foreign(asked, view.directory)
    end_ms = now_ms if asked.end_ms is None else asked.end_ms
    new = end_agreements(
        network.require_directory(), view.network_id, asked.agreements, end_ms, now_ms
    )
    return make_next(view, new, keys, now_ms)


def draft_leaving(
    network: Network, member_id: str, keys: Sequence[SigningKey], now_ms: int, *, at_once: bool
) -> bytes:
    """Return the next directory, in which a member has LEFT.

    Raises:
        InputTrouble: There is no directory.
        ConfigurationError: No such member, or receipts may still pass and not `at_once`.
        Refused: QUORUM where no key is a body's.
    """
    view = network.view(now_ms)
    held = network.require_directory()
    new = leave(held, view.network_id, member_id, now_ms, at_once=at_once)
    return make_next(view, new, keys, now_ms)


def _refuse_foreign(asked: EndRequest, directory: Directory | None) -> None:
    """Refuse to end agreements between others."""
    members = () if directory is None else directory.members
    member = next((one for one in members if one.endpoint == asked.member), None)
    if directory is None or member is None:
        raise InputTrouble(f"{asked.member}: the directory has no such endpoint")
    own = {
        one.agreement.agreement_id
        for one in directory.agreements
        if member.member_id in (one.agreement.sender, one.agreement.recipient)
    }
    if foreign := sorted(set(asked.agreements) - own):
        raise InputTrouble(
            f"{asked.member} is no party of {', '.join(foreign)}; nothing was signed",
            cure="only a member of an agreement may end it",
        )
