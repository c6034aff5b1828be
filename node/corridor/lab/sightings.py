"""The search for plaintext: does anything that was sent stand readable where it must not?

Rules:

* the needles are the identifiers and party names of the records that were sent, in UTF-8 and
  written in hexadecimal;
* the haystack is what the brokers carried and kept, every log, and the nodes' stores;
* the search itself is searched for: a needle planted in plain must be found, or it proves nothing.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError

MIN_NEEDLE_BYTES: Final = 6
"""Shorter values (a country, a seal number of three digits) stand in any megabyte by chance."""
_TIMEOUT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value that was sent, found readable in a file."""

    path: Path
    value: str


def needles_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that are long enough to be searched for, each once, in order."""
    return tuple(sorted({value for value in values if len(value.encode()) >= MIN_NEEDLE_BYTES}))


def search(values: Iterable[str], places: Iterable[Path]) -> tuple[Sighting, ...]:
    """Return each value found readable in a file under `places`, one sighting a file and value.

    Raises:
        ConfigurationError: `grep` is missing or failed; nothing can be said then.
    """
    patterns: dict[bytes, str] = {}
    for value in needles_of(values):
        for form in _forms(value):
            patterns.setdefault(form, value)
    existing = [str(place) for place in places if place.exists()]
    if not patterns or not existing:
        return ()
    found: set[tuple[Path, str]] = set()
    for line in _grep(patterns, existing):
        name, _, match = line.partition(b"\0")
        if match in patterns:
            found.add((Path(name.decode()), patterns[match]))
    return tuple(Sighting(path, value) for path, value in sorted(found))


def _forms(value: str) -> tuple[bytes, ...]:
    plain = value.encode()
    if b"\n" in plain:  # grep takes a pattern a line: the longest line of it will do
        plain = max(plain.split(b"\n"), key=len)
    return plain, plain.hex().encode(), plain.hex().upper().encode()


def _grep(patterns: Iterable[bytes], places: list[str]) -> list[bytes]:
    # Searching thousands of fixed strings in hundreds of megabytes at once is what grep is for.
    grep = shutil.which("grep")
    if grep is None:
        raise ConfigurationError("the search for plaintext needs `grep`", cure="install grep")
    with tempfile.NamedTemporaryFile("wb", suffix=".needles") as file:
        file.write(b"\n".join(patterns) + b"\n")
        file.flush()
        result = subprocess.run(  # noqa: S603 - fixed program, no shell
            [grep, "-raoFHZ", "-f", file.name, "--", *places],
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
            env={"LC_ALL": "C"},
        )
    # Status 2 also comes from files that vanish while brokers run; what was read counts.
    if result.returncode > 1 and not _only_vanished(result.stderr):
        raise ConfigurationError(f"grep failed: {result.stderr.decode(errors='replace')[:300]}")
    return result.stdout.split(b"\n")


def _only_vanished(complaints: bytes) -> bool:
    lines = [line for line in complaints.splitlines() if line]
    return all(line.endswith(b"No such file or directory") for line in lines)
