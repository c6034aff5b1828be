"""A folder of signed code lists: `CL017.2026-11-26.codelist` and so on.

Rules:

* a file is believed if one of the trusted keys signed it, and is what its name says;
* a list is read when it is first asked for and kept; the folder is looked at once, so that a
  message is not judged by a list that came in the midst of it;
* of several versions of a list that one stands which was the newest on the day of the message.
"""

import os
import re
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError, Refused
from corridor.gateway.codelist_file import SignedList, content_sha256, read_list_file
from corridor.standards.codelist import CodeList
from corridor.wire.limits import CODE_LIST_MAX_BYTES

SUFFIX: Final = ".codelist"
_NAME: Final = re.compile(r"([A-Z][A-Z0-9-]{0,31})\.([0-9]{4}-[0-9]{2}-[0-9]{2})\.codelist")
_MAX_FILES: Final = 10_000
"""A hundred lists in a hundred versions."""
_CURE: Final = "take it away, or import the list again: corridor codelists import"


def file_name(codes: CodeList) -> str:
    """Return what the file of a list is called."""
    return f"{codes.number}.{codes.version}{SUFFIX}"


def list_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of lists in a folder, in order; a file by itself.

    Raises:
        ConfigurationError: There is no such folder, or it holds too many files.
    """
    if folder.is_file():
        return (folder,)
    try:
        found = sorted(one for one in folder.iterdir() if one.name.endswith(SUFFIX))
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: {error.strerror or error}", cure="name the folder of code lists"
        ) from None
    if len(found) > _MAX_FILES:
        raise ConfigurationError(
            f"{folder}: more than {_MAX_FILES} code lists", cure="take old versions away"
        )
    return tuple(found)


def read_file(path: Path, trusted: Collection[bytes] | None, *, words: bool = True) -> SignedList:
    """Return the list in a file.

    Raises:
        ConfigurationError: It cannot be read, is damaged, or no trusted key signed it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(CODE_LIST_MAX_BYTES + 1)
        found = read_list_file(raw, trusted, words=words)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}", cure=_CURE) from None
    except Refused as refused:
        raise ConfigurationError(f"{path}: {refused}", cure=_CURE) from None
    if path.name != file_name(found.codes):
        raise ConfigurationError(
            f"{path} holds {file_name(found.codes)}", cure="give the file its name again"
        )
    return found


def write_lists(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of lists by name, each whole or not at all; one of the same version gives way.

    Raises:
        ConfigurationError: They cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, raw in files.items():
            beside = folder / f".{name}.{os.getpid()}.new"
            with beside.open("wb") as out:
                out.write(raw)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(folder / name)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or folder}: {error.strerror or error}",
            cure="name a folder that can be written",
        ) from None


class ListFolder:
    """The lists of a folder."""

    def __init__(self, folder: Path, trusted: Collection[bytes] | None) -> None:
        """Look at what there is; `trusted` are the ids of keys, None believes every key.

        Raises:
            ConfigurationError: There is no such folder, or a file in it has another name.
        """
        self._trusted = trusted
        self._files: dict[str, list[tuple[str, Path]]] = {}
        self._read: dict[Path, CodeList] = {}
        self._lock = threading.Lock()
        for path in list_files(folder):
            name = _NAME.fullmatch(path.name)
            if name is None:
                raise ConfigurationError(
                    f"{path} is not called like a code list",
                    cure="lists are called NUMBER.YYYY-MM-DD.codelist",
                )
            self._files.setdefault(name[1], []).append((name[2], path))

    def named(self, number: str, day: str, /) -> CodeList | None:
        """Return a list as it stood on a day, None where there is none.

        Raises:
            ConfigurationError: Its file cannot be read or is not believed.
        """
        versions = self._files.get(number)
        if versions is None:
            return None
        standing = [path for version, path in versions if not day or version <= day]
        path = standing[-1] if standing else versions[0][1]
        found = self._read.get(path)
        if found is None:
            with self._lock:
                found = self._read.get(path) or read_file(path, self._trusted, words=False).codes
                self._read[path] = found
        return found

    def published(self, number: str, version: str, content: bytes, /) -> CodeList | None:
        """Return the list of a number and day if it says what `content` (SHA-256) is of.

        Raises:
            ConfigurationError: Its file cannot be read or is not believed.
        """
        path = next((path for day, path in self._files.get(number, ()) if day == version), None)
        if path is None or content_sha256(self.read(path)) != content:
            return None
        return self.read(path, words=False)

    def newest_files(self) -> Iterator[Path]:
        """Yield the file of the newest version of each list."""
        for versions in self._files.values():
            yield versions[-1][1]

    def read(self, path: Path, *, words: bool = True) -> CodeList:
        """Return the list in one of its files.

        Raises:
            ConfigurationError: It cannot be read or is not believed.
        """
        return read_file(path, self._trusted, words=words).codes

    def newest(self) -> Iterator[CodeList]:
        """Yield the newest version of each list.

        Raises:
            ConfigurationError: One of them cannot be read or is not believed.
        """
        for path in self.newest_files():
            yield self.read(path)

    def check(self) -> Iterator[SignedList]:
        """Read every list.

        Raises:
            ConfigurationError: One of them cannot be read or is not believed.
        """
        for versions in self._files.values():
            for _, path in versions:
                yield read_file(path, self._trusted, words=False)
