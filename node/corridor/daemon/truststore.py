"""What the node believes, kept as the signed statements themselves.

Rules:

* one private file per statement, verbatim, in the frame in which statements travel (CRT1);
* `current` names the files in force, in the order in which each can be verified, with their
  hashes: it is written last, so a crash between the two loses nothing that was promised;
* at the start everything is verified again, from the root whose hash the configuration names;
  a file that is gone or changed is refused and never replaced by an older one;
* superseded statements stay: years later they prove which keys counted when.
"""

import hashlib
from pathlib import Path
from typing import Final

from corridor.daemon.private_files import PrivateFolder
from corridor.errors import ConfigurationError, KeyTrouble, Reason, Refused
from corridor.trust.describe import statement_name
from corridor.trust.frames import decode_statement_frame, encode_statement_frame
from corridor.trust.view import TrustView, build_view
from corridor.wire import limits

SUFFIX: Final = ".crt1"
CURRENT: Final = "current"
_MAX_FILE_BYTES: Final = limits.DIRECTORY_MAX_BYTES + 8
_MAX_CURRENT_BYTES: Final = 1 << 20
_MAX_PROOFS: Final = 16
"""Second statements kept: a signer that says two things could say two million."""


class TrustStore:
    """A folder of signed statements, pinned to one first root."""

    __slots__ = ("_environment", "_folder", "_genesis_hash")

    def __init__(self, directory: Path, genesis_hash: bytes, environment: str) -> None:
        """Name the folder and the pin; nothing is read yet.

        Args:
            directory: The folder, mode 0700.
            genesis_hash: SHA-256 of the first root's payload, from the configuration.
            environment: The configuration's; only "lab" believes a laboratory's root.
        """
        self._folder = PrivateFolder(directory)
        self._genesis_hash = genesis_hash
        self._environment = environment

    def found(self, statements: tuple[bytes, ...], now_ms: int) -> TrustView:
        """Start with `statements`, from the first root on; for `corridor init` and the lab.

        Raises:
            Refused: A statement is not to be believed. Nothing was kept.
            KeyTrouble: The folder cannot be written, or holds statements already.
        """
        if self._folder.names(CURRENT):
            raise KeyTrouble(f"{self._folder.path} holds a network's statements already")
        view = build_view(self._genesis_hash, statements, now_ms)
        view.require_environment(self._environment)
        self._folder.make()
        self._keep(view, {})
        return view

    def load(self, now_ms: int, lowest_directory: int = 0) -> TrustView:
        """Return what the node believed last, verified again.

        Args:
            now_ms: Now.
            lowest_directory: Lowest directory version that the records prove we held.

        Raises:
            Refused: ROLLBACK where a statement is gone, changed or older than what was held;
                LAB_ROOT; or a statement is not to be believed any more.
            ConfigurationError: There are no statements yet.
            KeyTrouble: A file is not private or cannot be read.
        """
        present = frozenset(self._folder.names(SUFFIX))
        named = self._current()
        statements = tuple(self._read(name, digest, present) for name, digest in named.items())
        view = build_view(self._genesis_hash, statements, now_ms)
        view.require_environment(self._environment)
        if view.dir_version < lowest_directory:
            detail = f"directory {view.dir_version} on disk, {lowest_directory} was held"
            raise Refused(Reason.ROLLBACK, detail)
        return view

    def add(self, view: TrustView, signed: bytes, now_ms: int) -> TrustView:
        """Return `view` with one more statement, kept before it is believed.

        A second statement under a number that is taken is kept beside the first: the two prove
        that their signer says two things.

        Raises:
            Refused: As `TrustView.with_statement`; nothing else was kept.
            KeyTrouble: The folder cannot be written; the old view stands.
        """
        try:
            new = view.with_statement(signed, now_ms)
        except Refused as refused:
            if refused.reason is Reason.EQUIVOCATION:
                self._keep_proof(signed)
            raise
        if new is not view:
            self._keep(new, self._current())
        return new

    def _keep_proof(self, signed: bytes) -> None:
        frame = encode_statement_frame(signed)
        name = f"{statement_name(signed)}-second-{hashlib.sha256(frame).hexdigest()[:16]}{SUFFIX}"
        second = [kept for kept in self._folder.names(SUFFIX) if "-second-" in kept]
        if len(second) < _MAX_PROOFS:
            self._folder.write(name, frame)

    def _keep(self, view: TrustView, known: dict[str, str]) -> None:
        lines = []
        for signed in view.statements():
            name = statement_name(signed) + SUFFIX
            frame = encode_statement_frame(signed)
            digest = hashlib.sha256(frame).hexdigest()
            if known.get(name) != digest:
                self._folder.write(name, frame)
            lines.append(f"{digest} {name}\n")
        self._folder.write(CURRENT, "".join(lines).encode())

    def _current(self) -> dict[str, str]:
        if not self._folder.names(CURRENT):
            raise ConfigurationError(
                f"{self._folder.path} holds no statements of the network yet",
                cure="`corridor keys adopt` the root, directory and delegation the registry signed",
            )
        text = self._folder.read(CURRENT, _MAX_CURRENT_BYTES).decode("utf-8", "replace")
        pairs = [line.partition(" ") for line in text.splitlines()]
        return {name: digest for digest, _, name in pairs}

    def _read(self, name: str, digest: str, present: frozenset[str]) -> bytes:
        if name not in present:
            raise Refused(Reason.ROLLBACK, f"{name} is gone from {self._folder.path}")
        frame = self._folder.read(name, _MAX_FILE_BYTES)
        if hashlib.sha256(frame).hexdigest() != digest:
            raise Refused(Reason.ROLLBACK, f"{name} in {self._folder.path} was changed")
        return decode_statement_frame(frame)
