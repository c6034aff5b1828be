"""Which processes still live that a test or a suite has started."""

import os
from pathlib import Path


def processes_of(folder: Path | str) -> list[int]:
    """Return processes, but for ourselves, that name a folder in command or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if os.fsencode(str(folder)) in said and state != "Z":
                found.append(int(entry.name))
    return found
