"""A folder of code lists as it changes while the node runs.

Rules:

* a folder that is being written is not looked into: it is taken when it was the same twice;
* who asks for the lists gets those of the last good look: a damaged file takes nothing away.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from corridor.daemon.logs import event_logger
from corridor.errors import ConfigurationError
from corridor.gateway.codelists import SUFFIX, ListFolder
from corridor.standards.codelist import CodeList

Print = tuple[tuple[str, int, int], ...]


class ListWatch:
    """Looks at a folder again and again; one thread looks, any thread asks."""

    def __init__(self, folder: Path | None, trusted: Collection[bytes] | None) -> None:
        """Watch `folder`; None holds no lists. Nothing is looked at yet."""
        self._folder = folder
        self._trusted = trusted
        self._seen: Print | None = None
        self._taken: Print | None = None
        self.lists: ListFolder | None = None
        """The lists of the last good look."""
        self._kept: tuple[ListFolder | None, dict[tuple[str, str, bytes], CodeList]] = (None, {})
        """Lists by which partners judge, of the last good look: many partners judge by the same."""
        self.trouble = ""
        """Why the last look was no good."""

    def look(self, *, at_once: bool = False) -> bool:
        """Look; returns whether other lists are there now than at the last good look.

        Args:
            at_once: Take what is there, also where it has just changed.
        """
        now = _print_of(self._folder)
        settled, self._seen = at_once or now == self._seen, now
        if not settled or now == self._taken:
            return False
        self._taken = now
        try:
            self.lists = ListFolder(self._folder, self._trusted) if self._folder else None
        except ConfigurationError as error:
            self.trouble = str(error)
            event_logger().error("codelists.unusable", cause=error.message, cure=error.cure)
            return False
        self.trouble = ""
        return True

    def published(self, number: str, version: str, content: bytes, /) -> CodeList | None:
        """Return the list of a number and day if it has these codes; None where it is not here."""
        lists, wanted = self.lists, (number, version, content)
        if lists is None:
            return None
        if self._kept[0] is not lists:
            self._kept = (lists, {})
        kept = self._kept[1]
        if wanted not in kept:
            with suppress(ConfigurationError):  # a damaged one is not here
                found = lists.published(*wanted)
                if found is not None:
                    kept[wanted] = found
        return kept.get(wanted)


def _print_of(folder: Path | None) -> Print:
    """Return by what a change of a folder shows: names, sizes and times of its lists."""
    if folder is None:
        return ()
    found = []
    with suppress(OSError):  # told by whoever reads it
        for path in folder.iterdir():
            if path.name.endswith(SUFFIX) and not path.name.startswith("."):
                stat = path.stat()
                found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(found))
