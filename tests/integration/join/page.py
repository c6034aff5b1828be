"""A page of the manual, read as what has to be done: nothing is left out.

A block ```sh begins with "# at MACHINE" and holds one command a line. A block ```refused holds one
that is refused, and ends with "# says: WORDS". A block ```text says what people do between
commands: `handed over: A to B: FILE [as NAME]`, `told: A hears from B: WORD, ...`,
`noted: A: WORD, ...` (from its own screen), `started: RabbitMQ at A, with FILE`. Everything else
that is fenced is a `console` of root, or `toml` that a node's configuration may hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "manual"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HANDED = re.compile(r"handed over: (\w+) to (\w+): (\S+)(?: as (\S+))?")
_TOLD = re.compile(r"told: (\w+) hears from (\w+): ([A-Z]+), .+")
_NOTED = re.compile(r"noted: (\w+): ([A-Z]+), .+")
_STARTED = re.compile(r"started: RabbitMQ at (\w+), with (\S+)")


@dataclass(frozen=True, slots=True)
class Command:
    """A line that a person types at a machine."""

    machine: str
    line: str
    refused: str = ""
    """What the refusal says, where it is refused; "" where it must do what it is told."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A file or folder that goes from one machine to another."""

    machine: str
    to: str
    name: str
    as_name: str


@dataclass(frozen=True, slots=True)
class Told:
    """A fingerprint that somebody hears over another channel."""

    machine: str
    by: str
    word: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What somebody reads from the own screen and types again."""

    machine: str
    word: str


@dataclass(frozen=True, slots=True)
class Started:
    """RabbitMQ, which the machine's own administrator starts."""

    machine: str
    environment: str


Step = Command | Handed | Told | Noted | Started


def read_page(text: str) -> list[Step]:
    """Return the steps of the page in their order."""
    return [step for kind, body in _FENCE.findall(text) for step in _steps(kind, body)]


def _steps(kind: str, body: str) -> Iterator[Step]:
    lines = [line for line in body.splitlines() if line.strip()]
    if kind == "sh":
        head, *rest = lines
        assert head.startswith("# at "), f"a block that does not say where: {head}"
        yield from (Command(head.removeprefix("# at "), line) for line in rest)
        return
    if kind == "refused":
        head, line, says = lines
        assert head.startswith("# at "), head
        assert says.startswith("# says: "), says
        yield Command(head.removeprefix("# at "), line, says.removeprefix("# says: "))
        return
    assert kind in {"text", "console", "toml"}, kind
    if kind == "text":
        yield from (_between(line) for line in lines)


def _between(line: str) -> Step:
    if found := _HANDED.fullmatch(line):
        machine, to, name, as_name = found.groups()
        return Handed(machine, to, name, as_name or name)
    if found := _TOLD.fullmatch(line):
        return Told(*found.groups())
    if found := _NOTED.fullmatch(line):
        return Noted(*found.groups())
    found = _STARTED.fullmatch(line)
    assert found, f"what does this line ask for? {line}"
    return Started(*found.groups())
