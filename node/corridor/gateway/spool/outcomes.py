"""What finally became of the record of a file: `done/XX/NAME.outcome.json`, beside its result.

Rules:

* a note says where the file of a record was put away; it is written before its answer, and
  removed when the outcome stands beside it;
* a file whose record has its outcome already (it came again, or the node was killed between) gets
  it at once, from the ledger.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from corridor.daemon.service import NodeService
from corridor.errors import Reason
from corridor.exchange.values import Verdict
from corridor.gateway.spool.files import as_json, shown, write_beside
from corridor.gateway.spool.layout import Layout
from corridor.gateway.spool.outgoing import stamp
from corridor.store.values import LedgerLine, Outcome

_BATCH: Final = 256
_CURSOR: Final = "spool.outcomes"


class Outcomes:
    """Writes outcomes beside results."""

    def __init__(self, layout: Layout, service: NodeService) -> None:
        """Tell of what was submitted through `layout`."""
        self._layout = layout
        self._service = service

    def expect(self, record_id: bytes, place: Path) -> None:
        """Note where the file of a record is put away; at once where it is final.

        Raises:
            OSError: The note was not written.
        """
        where = str(place.relative_to(self._layout.base))
        country = place.relative_to(self._layout.base).parts[1][:2]  # done/XX/...
        final = [
            one
            for one in (told.line for told in self._service.timeline(record_id).sent)
            if one.peer.country == country and one.verdict in {Verdict.ACCEPTED, Verdict.REFUSED}
        ]
        if final:
            self._write(place, _of_line(final[0]))
            return
        raw = where.encode("utf-8", "surrogateescape")
        content = as_json({"place": shown(where), "name": raw.hex()})
        write_beside(self._note(record_id, country), content, self._layout.file_mode)

    def turn(self) -> bool:
        """Write what became final; returns whether there may be more.

        Raises:
            OSError: Something was not written; it is written at the next turn.
        """
        noted = self._service.note_of(_CURSOR)
        cursor = int.from_bytes(noted) if noted else 0
        found = self._service.outcomes(cursor, _BATCH, 0)
        for one in found:
            note = self._note(one.record_id, one.peer.country)
            place = self._place(note)
            if place is not None:
                if place.parent.is_dir():
                    self._write(place, _of_outcome(one))
                note.unlink(missing_ok=True)
        if found:
            self._service.note(_CURSOR, found[-1].cursor.to_bytes(8))
        return len(found) == _BATCH

    def _note(self, record_id: bytes, country: str) -> Path:
        """Return where the note of a record stands: one id may go to several partners."""
        return self._layout.sent / f"{record_id.hex()}-{country}"

    def _place(self, note: Path) -> Path | None:
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            said = json.loads(note.read_bytes())
            where = Path(bytes.fromhex(said["name"]).decode("utf-8", "surrogateescape"))
            if not where.is_absolute() and ".." not in where.parts:
                return self._layout.base / where
        return None

    def _write(self, place: Path, what: dict[str, object]) -> None:
        name = place.name + ".outcome.json"
        write_beside(place.with_name(name), as_json(what), self._layout.file_mode)


def _of_outcome(one: Outcome) -> dict[str, object]:
    told = _said(one.record_id, one.peer, one.verdict, one.reason, one.receipted_ms)
    return {**told, "entry_sha256": one.sha256.hex()}


def _of_line(one: LedgerLine) -> dict[str, object]:
    verdict = one.verdict or Verdict.ACCEPTED
    told = _said(one.record_id, one.peer, verdict, one.reason, one.receipted_ms or 0)
    return {**told, "faults": list(one.faults)}


def _said(
    record_id: bytes, peer: str, verdict: Verdict, reason: Reason | None, receipted_ms: int
) -> dict[str, object]:
    return {
        "record_id": record_id.hex(),
        "partner": peer,
        "verdict": verdict.name.lower(),
        "reason": reason.label if reason else None,
        "receipted": stamp(receipted_ms),
    }
