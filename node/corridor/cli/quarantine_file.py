"""Frames of a quarantine in a file, to be kept, or given to whoever can say what they are.

Rules:

* JSON, one object a line: a head, one line for each frame, and a last line with the SHA-256 of all
  bytes before it; anybody can read it without this program;
* a frame is base64, as it came; nothing in it is opened;
* a file is at most `MAX_BYTES` of frames, and is read with the same bound;
* what does not fit its own sum is refused: it was cut short, or changed.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from corridor.cli.options import read_file
from corridor.errors import InputTrouble

MAX_BYTES: Final = 64 << 20
"""Of frames in one file: four kinds of fault of one partner, each to its last byte."""
_MAX_FILE: Final = 128 << 20
"""That in base64, and what is said of each."""
_VERSION: Final = 1


def encode(endpoint: str, now_ms: int, frames: list[dict[str, Any]]) -> bytes:
    """Return the file of some frames; each as `show` tells it, with its bytes under "frame".

    Raises:
        InputTrouble: They are too much for one file.
    """
    if sum(len(one["frame"]) for one in frames) > MAX_BYTES:
        raise InputTrouble(
            f"the frames are above {MAX_BYTES >> 20} MiB",
            cure="narrow it: --peer, --reason, --older-than, or single numbers",
        )
    head = {
        "corridor_quarantine": _VERSION,
        "endpoint": endpoint,
        "exported_ms": now_ms,
        "frames": len(frames),
    }
    told = ({**one, "frame": base64.b64encode(one["frame"]).decode()} for one in frames)
    body = b"".join(json.dumps(line).encode() + b"\n" for line in (head, *told))
    return body + json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n"


def decode(path: Path) -> list[dict[str, Any]]:
    """Return the frames of a file as they were given to `encode`.

    Raises:
        InputTrouble: It is not such a file, or not whole.
    """
    content = read_file(path, _MAX_FILE)
    *lines, last = content.splitlines(keepends=True)
    try:
        told = [json.loads(line) for line in lines]
        said = json.loads(last)["sha256"]
        head, frames = told[0], told[1:]
        whole = head["corridor_quarantine"] == _VERSION and head["frames"] == len(frames)
        whole = whole and said == hashlib.sha256(b"".join(lines)).hexdigest()
        if whole:
            for one in frames:
                one["frame"] = base64.b64decode(one["frame"], validate=True)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        whole = False
    if not whole:
        raise InputTrouble(
            f"{path}: is no whole export of a quarantine", cure="`corridor quarantine export`"
        )
    return frames
