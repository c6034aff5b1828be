"""Takes signed statements from files into what a node believes.

Rules:

* the first statements must reach from the first root, which the configuration pins, to a
  directory; afterwards each is judged by itself, roots before directories before what they name;
* a statement that is refused is named and changes nothing; those before it stay adopted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.daemon.config import NodeConfig
from corridor.daemon.trust_keeper import open_trust
from corridor.daemon.truststore import TrustStore
from corridor.errors import ConfigurationError, Refused
from corridor.trust.describe import describe_statement, statement_name
from corridor.trust.frames import decode_statement_frame
from corridor.trust.view import TrustView
from corridor.wire import limits

_ORDER: Final = ("root", "directory", "delegation", "bundle")
_MAX_FILE_BYTES: Final = limits.DIRECTORY_MAX_BYTES + 8


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of one file."""

    file: str
    statement: str
    """Its name, for example `directory-000002`; empty where it is none."""
    status: str
    """`adopted`, `known` or `refused`."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    file: str
    signed: bytes
    name: str
    rank: tuple[int, int]


def adopt(config: NodeConfig, files: Sequence[Path], now_ms: int) -> list[Adopted]:
    """Adopt what is in `files`, in an order in which each can be verified.

    Raises:
        ConfigurationError: A file cannot be read.
        KeyTrouble: The folder of statements is not private, or cannot be written.
        Refused: What the node holds already cannot be believed any more.
    """
    found: list[_Found] = []
    results: list[Adopted] = []
    for file in files:
        try:
            found.append(_read(file))
        except Refused as refused:
            results.append(Adopted(str(file), "", "refused", str(refused)))
    found.sort(key=lambda one: one.rank)
    trust = open_trust(config)
    try:
        view = trust.load(now_ms)
    except ConfigurationError:
        return results + _begin(trust, found, now_ms)
    for one in found:
        view, result = _add(trust, view, one, now_ms)
        results.append(result)
    return results


def _begin(trust: TrustStore, found: Sequence[_Found], now_ms: int) -> list[Adopted]:
    if not found:
        return []
    status, reason = "adopted", ""
    try:
        trust.found(tuple(one.signed for one in found), now_ms)
    except Refused as refused:
        status, reason = "refused", str(refused)
    return [Adopted(one.file, one.name, status, reason) for one in found]


def _add(trust: TrustStore, view: TrustView, one: _Found, now_ms: int) -> tuple[TrustView, Adopted]:
    try:
        new = trust.add(view, one.signed, now_ms)
    except Refused as refused:
        return view, Adopted(one.file, one.name, "refused", str(refused))
    return new, Adopted(one.file, one.name, "known" if new is view else "adopted")


def _read(file: Path) -> _Found:
    try:
        with file.open("rb") as content:
            frame = content.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{file}: {error.strerror}", cure="name the .crt1 files that were signed"
        ) from None
    signed = decode_statement_frame(frame)
    described = describe_statement(signed)
    kind = described["statement"]
    order = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
    return _Found(str(file), signed, statement_name(signed), (order, described.get("number", 0)))
