"""The folder through which officers work with a national system of a lab.

Rules:

* an order is `orders/NUMBER.json`, its answer `answers/NUMBER.json`; both are renamed into place;
* a case is `cases/MRN.json`: what the system knows of a movement, from its own standard alone;
* `sent/` and `received/` hold messages as they went and came, `officer/` what a person must read.
"""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

_TRAYS: Final = ("orders", "answers", "cases", "sent", "received", "officer")


class Desk:
    """The folder of one national system."""

    def __init__(self, folder: Path) -> None:
        """Make the trays."""
        self.folder = folder
        for tray in _TRAYS:
            (folder / tray).mkdir(parents=True, exist_ok=True)

    def orders(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the orders that have no answer, in the order of their numbers."""
        for place in sorted((self.folder / "orders").glob("*.json")):
            if not (self.folder / "answers" / place.name).exists():
                yield place.name, json.loads(place.read_bytes())

    def answer(self, name: str, told: object) -> None:
        """Answer an order."""
        self.put("answers", name, json.dumps(told, ensure_ascii=False, indent=1).encode())

    def put(self, tray: str, name: str, content: bytes) -> Path:
        """Write a file whole."""
        partial = self.folder / tray / f".{name}.tmp"
        partial.write_bytes(content)
        return partial.rename(self.folder / tray / name)

    def case(self, mrn: str) -> dict[str, Any]:
        """Return what is known of a movement; nothing where it is not known."""
        place = self.folder / "cases" / f"{mrn}.json"
        found: dict[str, Any] = json.loads(place.read_bytes()) if place.exists() else {}
        return found

    def unknown(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer an order about a movement of which this system was never told."""
        told = {"status": "refused", "record_id": None, "reason": "movement not known here"}
        return [{"to": to, **told, "faults": []} for to in order["to"]]

    def keep(self, mrn: str, case: dict[str, Any], state: str) -> None:
        """Keep a case in a new state."""
        case = {**case, "mrn": mrn, "state": state, "states": [*case.get("states", ()), state]}
        self.put("cases", f"{mrn}.json", json.dumps(case, ensure_ascii=False, indent=1).encode())


class Ended(Exception):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Ended


def end_on_sigterm() -> None:
    """Have SIGTERM end the program."""
    signal.signal(signal.SIGTERM, _end)
