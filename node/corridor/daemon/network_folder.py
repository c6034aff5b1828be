"""The network's public statements as files: what the registry hands out and everybody may copy.

Rules:

* a folder of `.crt1` files, every root from the first on and the newest directory; older
  directories may lie beside them and are passed over;
* it is believed by whoever pins the first root: the bodies who made it, and members who compared
  its fingerprint (`joining`); what is read here is verified from that root on;
* a file is written whole or not at all, and one that says something else is never replaced.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError, InputTrouble, Reason, Refused
from corridor.seal.pae import PayloadType
from corridor.trust.approval import merge_signatures
from corridor.trust.describe import statement_name
from corridor.trust.frames import decode_statement_frame, encode_statement_frame
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView, build_view
from corridor.wire import limits
from corridor.wire.statements import parse_directory, parse_root

SUFFIX: Final = ".crt1"
_MAX_FILE_BYTES: Final = limits.DIRECTORY_MAX_BYTES + 8
_MAX_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Network:
    """The statements of a folder in the order in which each can be verified."""

    roots: tuple[bytes, ...]
    directory: bytes | None

    @property
    def genesis_hash(self) -> bytes:
        """SHA-256 of the first root's payload: what people compare."""
        return Signed.parse(self.roots[0]).payload_hash

    def require_directory(self) -> bytes:
        """Return the newest directory.

        Raises:
            InputTrouble: There is none yet.
        """
        if self.directory is None:
            raise InputTrouble("there is no directory yet", cure="`corridor registry admit` first")
        return self.directory

    def statements(self) -> tuple[bytes, ...]:
        """Return them all, the directory behind the root it stands under."""
        if self.directory is None:
            return self.roots
        held = parse_directory(Signed.parse(self.directory).payload).root_version
        return (*self.roots[:held], self.directory, *self.roots[held:])

    def view(self, now_ms: int) -> TrustView:
        """Return what the statements make, from their own first root on.

        Raises:
            Refused: One of them is not to be believed.
        """
        return build_view(self.genesis_hash, self.statements(), now_ms)


def read_statement(file: Path) -> bytes:
    """Return the signed statement in a file.

    Raises:
        InputTrouble: It cannot be read, or is no statement; the message names the file.
    """
    try:
        with file.open("rb") as content:
            frame = content.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputTrouble(
            f"{file}: {error.strerror}", cure="name a file that was signed"
        ) from None
    try:
        return decode_statement_frame(frame)
    except Refused as refused:
        raise InputTrouble(
            f"{file}: {refused.message}", cure="it must be a statement's file (.crt1), unchanged"
        ) from None


def statement_files(places: Sequence[Path]) -> list[Path]:
    """Return files as they were given, and for a folder all statements in it, by name.

    Raises:
        InputTrouble: A folder holds none, or far too many files.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(one for one in place.iterdir() if one.suffix == SUFFIX and one.is_file())
        if not inside or len(inside) > _MAX_FILES:
            raise InputTrouble(
                f"{place}: {len(inside)} statements ({SUFFIX}) in it", cure="name the right folder"
            )
        found += inside
    return found


def read_network(place: Path) -> Network:
    """Return what a folder holds; nothing of it is verified yet.

    Raises:
        InputTrouble: There is no first root in it, a root is missing, or a file is unreadable.
        Refused: STATEMENT_MALFORMED; EQUIVOCATION for two files that say two things.
    """
    roots: dict[int, bytes] = {}
    directories: dict[int, bytes] = {}
    for file in statement_files([place]):
        signed = read_statement(file)
        statement = Signed.parse(signed)
        if statement.payload_type is PayloadType.DIRECTORY_ROOT:
            _put(roots, parse_root(statement.payload).version, signed)
        elif statement.payload_type is PayloadType.DIRECTORY:
            _put(directories, parse_directory(statement.payload).version, signed)
    numbers = sorted(roots)
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise InputTrouble(
            f"{place}: needs every root from root-000001{SUFFIX} on; there are {numbers or 'none'}",
            cure="take the whole folder that the registry hands out",
        )
    newest = directories[max(directories)] if directories else None
    return Network(tuple(roots[number] for number in numbers), newest)


def publish(place: Path, files: Sequence[Path], now_ms: int) -> list[str]:
    """Put statements that enough bodies signed into the folder; returns their names.

    Several files of one statement, each signed by other bodies, are put together.

    Raises:
        Refused: QUORUM where bodies are missing, or another reason; nothing was written.
        InputTrouble: A file cannot be read.
    """
    groups: dict[bytes, list[Signed]] = {}
    for file in statement_files(files):
        signed = Signed.parse(read_statement(file))
        groups.setdefault(signed.payload_hash, []).append(signed)
    merged = sorted((merge_signatures(group) for group in groups.values()), key=_rank)
    held = read_network(place) if place.is_dir() and any(place.iterdir()) else None
    view = None if held is None else held.view(now_ms)
    names = {}
    for signed in merged:
        raw = signed.to_bytes()
        if view is None:
            view = build_view(signed.payload_hash, (raw,), now_ms)
        else:
            view = view.with_statement(raw, now_ms)
        names[statement_name(raw)] = raw
    for name, raw in names.items():
        write_statement(place / f"{name}{SUFFIX}", raw)
    return list(names)


def write_statement(file: Path, signed: bytes) -> None:
    """Write a statement's file whole; signatures that a file of it holds already stay.

    Raises:
        ConfigurationError: A file of that name says something else, or cannot be written.
    """
    if file.exists():
        held = Signed.parse(read_statement(file))
        if held.payload_hash != Signed.parse(signed).payload_hash:
            raise ConfigurationError(
                f"{file}: is there already and says something else; nothing was changed",
                cure="move it away first, or name another file with --out",
            )
        signed = merge_signatures((held, Signed.parse(signed))).to_bytes()
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as out:
            out.write(encode_statement_frame(signed))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)


def _put(found: dict[int, bytes], number: int, signed: bytes) -> None:
    other = found.setdefault(number, signed)
    if Signed.parse(other).payload_hash != Signed.parse(signed).payload_hash:
        raise Refused(Reason.EQUIVOCATION, f"two statements of number {number} in the folder")


def _rank(signed: Signed) -> tuple[int, int]:
    if signed.payload_type is PayloadType.DIRECTORY_ROOT:
        return 0, parse_root(signed.payload).version
    if signed.payload_type is PayloadType.DIRECTORY:
        return 1, parse_directory(signed.payload).version
    raise Refused(Reason.STATEMENT_MALFORMED, "the registry publishes roots and directories")
