"""A national system that knows files only, as ASYCUDA installations exchange them.

It takes what it finds in the spool's `in/`, writes it down, and takes the files away; it submits by
putting files into `out/`, and reads what became of them beside them.

Run as `python -m corridor.lab.systems.spool SPOOL FILE`; SIGTERM ends it.
"""

import json
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

from corridor.errors import LocalTrouble
from corridor.lab.systems.offers import Answer, Offer, Outcome
from corridor.lab.systems.recording import Recording
from corridor.wire.records import decode_record, record_to_json

_PAUSE_S: Final = 0.05
_PATIENCE_S: Final = 60.0


def receive(spool: Path, recording: Recording) -> None:
    """Take files until the process is told to end; the folder may come and go."""
    while True:
        for place in sorted(spool.glob("in/*/*.json"), key=lambda one: one.name):
            told = json.loads(place.read_bytes())
            recording.note(told)
            if told["xml"] is not None:
                place.with_name(told["xml"]).unlink(missing_ok=True)
            place.unlink(missing_ok=True)
        time.sleep(_PAUSE_S)


class SpoolNode:
    """A node, given files and asked for files beside them."""

    def __init__(self, spool: Path) -> None:
        """Share the folder `spool` with the node."""
        self._spool = spool
        self._told: set[Path] = set()

    def submit(self, offers: Sequence[Offer]) -> list[Answer]:
        """Put each record into `out/`, and wait for the answers beside them.

        Raises:
            LocalTrouble: An answer did not come in time.
        """
        names = [(one.country, f"{one.record_id.hex()}.json") for one in offers]
        for (country, name), offer in zip(names, offers, strict=True):
            folder = self._spool / "out" / country
            folder.mkdir(parents=True, exist_ok=True)
            partial = folder / f".{name}"
            partial.write_text(record_to_json(decode_record(offer.record)), encoding="utf-8")
            partial.rename(folder / name)
        answers: dict[tuple[str, str], Answer] = {}
        deadline = time.monotonic() + _PATIENCE_S
        while waiting := set(names) - answers.keys():
            found = {place: _answer(self._spool, *place) for place in waiting}
            answers |= {place: answer for place, answer in found.items() if answer}
            if any(found.values()):
                deadline = time.monotonic() + _PATIENCE_S
            elif time.monotonic() > deadline:
                raise LocalTrouble(
                    f"{len(waiting)} files in {self._spool / 'out'} have no answer",
                    cure="is the node running, with this folder as its spool?",
                )
            else:
                time.sleep(_PAUSE_S)
        return [answers[place] for place in names]

    def outcomes(self, after: int, wait_s: float) -> list[Outcome]:
        """Return what partners said of records that were submitted, as the files beside them say.

        A file is told once; `after` is a place in the node's list that files do not need.
        """
        del after
        found = [
            place
            for place in sorted(self._spool.glob("done/*/*.outcome.json"))
            if place not in self._told
        ]
        if not found:
            time.sleep(wait_s)
        self._told.update(found)
        return [_outcome(place) for place in found]


def _outcome(place: Path) -> Outcome:
    told = json.loads(place.read_bytes())
    result = json.loads(
        place.with_name(place.name.replace(".outcome.json", ".result.json")).read_bytes()
    )
    return Outcome(
        0, told["partner"], bytes.fromhex(told["record_id"]), told["verdict"] == "accepted",
        told["reason"] or "", _ms(result["answered"]), _ms(told["receipted"]),
        bytes.fromhex(told.get("entry_sha256", "")),
    )  # fmt: skip


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def outcome_of(spool: Path, country: str, record_id: bytes) -> dict[str, Any] | None:
    """Return what the partner said of a record that was submitted; None while it has not."""
    place = spool / "done" / country / f"{record_id.hex()}.json.outcome.json"
    with suppress(FileNotFoundError):
        told: dict[str, Any] = json.loads(place.read_bytes())
        return told
    return None


def _answer(spool: Path, country: str, name: str) -> Answer | None:
    for tray in ("done", "refused"):
        with suppress(FileNotFoundError):
            place = spool / tray / country / f"{name}.result.json"
            told: dict[str, Any] = json.loads(place.read_bytes())
            return Answer(told["status"], told["reason"] or "", tuple(told["faults"]))
    return None


class _Ended(Exception):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def main() -> None:
    """Receive until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    with suppress(_Ended, KeyboardInterrupt), Recording(Path(sys.argv[2])) as recording:
        receive(Path(sys.argv[1]), recording)


if __name__ == "__main__":
    main()
