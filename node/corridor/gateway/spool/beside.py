"""Files that lie beside a message: `out/XX/NAME.files/` belongs to `out/XX/NAME`.

Rules:

* the folder is there, with all its files in it, before the message: it is taken with the message,
  in one rename, before it;
* one file in it that is being written, or that has the name of unfinished work, keeps the message
  waiting: a message never leaves with less than was laid beside it;
* the files go to the message's partner, each as a file of its own that names the message's record.
"""

import os
from pathlib import Path
from typing import Final

from corridor.errors import Reason, Refused
from corridor.gateway.spool.files import NotWhole, look_at, make_folder, move, shown
from corridor.gateway.spool.layout import Layout
from corridor.gateway.spool.scan import ENDING, is_unfinished

MOST_FILES: Final = 64
"""Files beside one message."""


def folder_of(message: Path) -> Path:
    """Return where files of a message lie."""
    return message.with_name(message.name + ENDING)


def names_in(folder: Path) -> list[str]:
    """Return the files of a folder, ascending; none where there is no folder.

    Raises:
        NotWhole: One of them is somebody's unfinished work.
        Refused: NOT_A_FILE: it is no folder, or more is in it than may be.
    """
    if not os.path.lexists(folder):
        return []
    if folder.is_symlink() or not folder.is_dir():
        raise Refused(Reason.NOT_A_FILE, f"{shown(folder.name)}: a folder of files is a folder")
    names = sorted(one.name for one in folder.iterdir())
    if any(is_unfinished(name) for name in names):
        raise NotWhole
    if len(names) > MOST_FILES:
        raise Refused(Reason.NOT_A_FILE, f"{len(names)} files beside one message; {MOST_FILES} go")
    return names


def take(layout: Layout, message: Path, target: Path, max_bytes: int) -> None:
    """Rename the folder of a message into the work tray; nothing where it has none.

    Raises:
        NotWhole: One of its files is being written.
        Refused: One of them cannot go, by its name.
        OSError: It cannot be moved.
    """
    folder = folder_of(message)
    for name in names_in(folder):
        try:
            look_at(folder / name, max_bytes)
        except Refused as refused:
            reason = refused.reason
            if reason is Reason.RECORD_TOO_LARGE:
                reason = Reason.ATTACHMENT_TOO_LARGE
            raise Refused(reason, f"{shown(folder.name)}/{shown(name)}: {refused.detail}") from None
    if _is_there(folder):
        make_folder(target.parent, layout.folder_mode)
        move(layout.base, folder, folder_of(target))


def put_away(layout: Layout, message: Path, place: Path) -> str | None:
    """Move the folder of a message in the work tray to where the message goes; returns its name.

    Raises:
        OSError: It cannot be moved.
    """
    folder = folder_of(message)
    if not _is_there(folder):
        return None
    target, number = folder_of(place), 1
    while os.path.lexists(target):
        number += 1
        target = place.with_name(f"{place.name}.{number}{ENDING}")
    move(layout.base, folder, target)
    return target.name


def _is_there(folder: Path) -> bool:
    """Whether a message has a folder; none has one whose name is too long for it."""
    return os.path.isdir(folder)  # noqa: PTH112 - Path.is_dir raises where a name is too long
