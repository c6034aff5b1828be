"""A national system that knows files only, as ASYCUDA installations exchange them.

It takes what it finds in the spool's `in/`, writes it down, and takes the files away; it submits by
putting files into `out/`, and reads what became of them beside them.

Run as `python -m corridor.lab.systems.spool SPOOL FILE`; SIGTERM ends it.
"""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from corridor.errors import LocalTrouble
from corridor.lab.systems.recording import Recording
from corridor.wire.records import decode_record, record_to_json

_PAUSE_S: Final = 0.05
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A record to be put into `out/`."""

    country: str
    record_id: bytes
    record: bytes


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


def submit(
    offers: Sequence[Offer], spool: Path, progress: Callable[[int], None] = lambda _count: None
) -> Iterator[tuple[Offer, dict[str, Any]]]:
    """Put each record into `out/`, and give the answers as they come.

    Raises:
        LocalTrouble: An answer did not come in time.
    """
    waiting = {}
    for offer in offers:
        name = f"{offer.record_id.hex()}.json"
        folder = spool / "out" / offer.country
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{name}"
        partial.write_text(record_to_json(decode_record(offer.record)), encoding="utf-8")
        partial.rename(folder / name)
        waiting[offer.country, name] = offer
    deadline = time.monotonic() + _PATIENCE_S
    while waiting:
        for (country, name), offer in list(waiting.items()):
            answer = _answer(spool, country, name)
            if answer is not None:
                del waiting[country, name]
                deadline = time.monotonic() + _PATIENCE_S
                progress(1)
                yield offer, answer
        if waiting and time.monotonic() > deadline:
            raise LocalTrouble(
                f"{len(waiting)} files in {spool / 'out'} have no answer",
                cure="is the node running, with this folder as its spool?",
            )
        time.sleep(_PAUSE_S)


def outcome_of(spool: Path, country: str, record_id: bytes) -> dict[str, Any] | None:
    """Return what the partner said of a record that was submitted; None while it has not."""
    place = spool / "done" / country / f"{record_id.hex()}.json.outcome.json"
    with suppress(FileNotFoundError):
        told: dict[str, Any] = json.loads(place.read_bytes())
        return told
    return None


def _answer(spool: Path, country: str, name: str) -> dict[str, Any] | None:
    for tray in ("done", "refused"):
        with suppress(FileNotFoundError):
            place = spool / tray / country / f"{name}.result.json"
            answer: dict[str, Any] = json.loads(place.read_bytes())
            return answer
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
