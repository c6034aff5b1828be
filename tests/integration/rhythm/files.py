"""What outlives a killed process in these tests: a broker's queue, and a national system's books.

A step that a kill must not cut in two is one system call; beats stand before and behind it.
"""

import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from corridor.transit.parties import CountryCode
from corridor.transport.broker import Delivery

Beat = Callable[[str], None]
_LINK = 2
"""Bytes of the country a message came from, before it."""


class Queue:
    """A partner's inbox at a broker: what is not acknowledged is delivered again to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._acked = folder / "acked"
        self._acked.mkdir(parents=True, exist_ok=True)
        self._handed: set[int] = set()
        known = [*self._numbered(), *(int(one.name) for one in self._acked.iterdir())]
        self._numbers = count(max(known, default=0) + 1)

    def put(self, link: CountryCode, body: bytes) -> None:
        """Keep a message: whole, or not at all."""
        draft = self.folder / "draft"
        draft.write_bytes(link.encode() + body)
        draft.rename(self.folder / f"{next(self._numbers):08}")

    def take(self, most: int) -> list[Delivery]:
        """Return messages that were not handed over in this life, oldest first."""
        numbers = sorted(set(self._numbered()) - self._handed)[:most]
        self._handed.update(numbers)
        return [self._delivery(number) for number in numbers]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver messages no more."""
        for one in deliveries:
            (self.folder / f"{one.tag:08}").rename(self._acked / f"{one.tag:08}")

    def acked(self) -> list[bytes]:
        """Return what was acknowledged, for the one who looks afterwards."""
        return [one.read_bytes()[_LINK:] for one in sorted(self._acked.iterdir())]

    def __len__(self) -> int:
        return len(self._numbered())

    def _numbered(self) -> list[int]:
        return [int(one.name) for one in self.folder.iterdir() if one.name.isdigit()]

    def _delivery(self, number: int) -> Delivery:
        held = (self.folder / f"{number:08}").read_bytes()
        link, body = CountryCode(held[:_LINK].decode()), held[_LINK:]
        return Delivery(link, number, 1, body, redelivered=False, message_id=None, queue="inbox")


class Line(NamedTuple):
    """One line of a book."""

    cursor: int
    record_id: str
    what: str
    """The entry's SHA-256 for a record, the verdict for an outcome, the answer for an offer."""
    marked: bool = False
    """A possible repeat, by the protocol's own rules."""


class Book:
    """A file of a national system that only grows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[Line]:
        """Return everything that was ever written."""
        if not self.path.exists():
            return []
        rows = [row.split(" ") for row in self.path.read_text().splitlines()]
        return [Line(int(row[0]), row[1], row[2], row[3] == "True") for row in rows]

    def write(self, lines: Sequence[Line]) -> None:
        """Append lines: all of them, or none."""
        text = "".join(f"{' '.join(map(str, line))}\n" for line in lines).encode()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.write(file, text) != len(text):
                raise OSError("a line was cut")
        finally:
            os.close(file)

    @property
    def cursor(self) -> int:
        """How far it has come."""
        return max((line.cursor for line in self.lines()), default=0)
