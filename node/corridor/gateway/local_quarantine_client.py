"""What an operator asks a node about its quarantine, over the local socket."""

import json
from collections.abc import Sequence
from typing import Any

from corridor.gateway.local_client import LocalClient
from corridor.wire.v1 import local_pb2 as local

Letter = tuple[str, bytes]
"""A partner's endpoint and a record id."""


class QuarantineClient:
    """Asks over a connection that somebody else opens and closes."""

    def __init__(self, node: LocalClient) -> None:
        """Ask `node`."""
        self._node = node

    def groups(self) -> dict[str, Any]:
        """Return what is in quarantine by link and reason."""
        return self._listed(local.QuarantineListRequest())

    def items(  # noqa: PLR0913 - what a list is narrowed by
        self,
        *,
        link: str = "",
        reason: str = "",
        before_ms: int | None = None,
        after: int = 0,
        limit: int = 0,
        done: bool = False,
    ) -> dict[str, Any]:
        """Return frames in quarantine, ascending by number."""
        asked = local.QuarantineListRequest(
            items=True, link=link, reason=reason, before_ms=before_ms, after=after, limit=limit,
            done=done,
        )  # fmt: skip
        return self._listed(asked)

    def show(self, number: int) -> dict[str, Any]:
        """Return what is known of one frame."""
        asked = local.QuarantineShowRequest(number=number)
        return self._ask(local.LocalRequest(quarantine_show=asked))

    def frame(self, number: int) -> bytes:
        """Return the bytes of one frame."""
        asked = local.QuarantineShowRequest(number=number, frame=True)
        return self._node.ask(local.LocalRequest(quarantine_show=asked)).quarantine.frame

    def note(self, number: int, words: str, by: str) -> dict[str, Any]:
        """Keep a note with a frame."""
        asked = local.QuarantineNoteRequest(number=number, words=words, by=by)
        return self._ask(local.LocalRequest(quarantine_note=asked))

    def release(self, numbers: Sequence[int], why: str, by: str) -> dict[str, Any]:
        """Have frames judged again."""
        asked = local.QuarantineReleaseRequest(numbers=numbers, why=why, by=by)
        return self._ask(local.LocalRequest(quarantine_release=asked))

    def reject(self, numbers: Sequence[int], why: str, by: str) -> dict[str, Any]:
        """Give frames up."""
        asked = local.QuarantineRejectRequest(numbers=numbers, why=why, by=by)
        return self._ask(local.LocalRequest(quarantine_reject=asked))

    def dead_groups(self) -> dict[str, Any]:
        """Return what of ours was not delivered, by partner and reason."""
        return self._ask(local.LocalRequest(dead_list=local.DeadListRequest()))

    def letters(
        self,
        peer: str,
        reason: str,
        *,
        before_ms: int | None = None,
        after: int = 0,
        limit: int = 0,
    ) -> dict[str, Any]:
        """Return records of one kind, ascending by row."""
        asked = local.DeadListRequest(
            peer=peer, reason=reason, before_ms=before_ms, after=after, limit=limit
        )
        return self._ask(local.LocalRequest(dead_list=asked))

    def redrive(
        self, letters: Sequence[Letter], why: str, by: str, *, unanswered: bool
    ) -> dict[str, Any]:
        """Send records anew."""
        asked = local.DeadRedriveRequest(
            letters=_named(letters), why=why, by=by, unanswered=unanswered
        )
        return self._ask(local.LocalRequest(dead_redrive=asked))

    def dismiss(self, letters: Sequence[Letter], why: str, by: str) -> dict[str, Any]:
        """Have nothing more done about records."""
        asked = local.DeadDismissRequest(letters=_named(letters), why=why, by=by)
        return self._ask(local.LocalRequest(dead_dismiss=asked))

    def _listed(self, asked: local.QuarantineListRequest) -> dict[str, Any]:
        return self._ask(local.LocalRequest(quarantine_list=asked))

    def _ask(self, request: local.LocalRequest) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._node.ask(request).quarantine.json)
        return told


def _named(letters: Sequence[Letter]) -> list[local.DeadLetterId]:
    return [local.DeadLetterId(peer=peer, record_id=one) for peer, one in letters]
