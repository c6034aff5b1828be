"""A clock that can be put forward or back while its process runs, in a laboratory alone.

`libfaketime` cannot be had everywhere, and the machine's own clock is not ours. So a node of this
suite is started through `wrapped.py`, which replaces `time.time` and `time.time_ns` before
anything of the product is imported; the offset stands in eight bytes of a file that both sides
map. The product knows nothing of it. What is not moved: the monotonic clock (nor does a real clock
jump move it) and the C library's, by which OpenSSL judges certificates.
"""

import mmap
import struct
import time
from pathlib import Path

_OFFSET = struct.Struct("<q")  # nanoseconds


class Offset:
    """The offset of one process's clock, as a file that both sides map."""

    def __init__(self, path: Path) -> None:
        """Open it; it is made with no offset where it is not there."""
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), _OFFSET.size)

    @property
    def ns(self) -> int:
        """The offset."""
        return int(_OFFSET.unpack_from(self._bytes)[0])

    def put(self, seconds: float) -> None:
        """Put the clock so far from the real one."""
        _OFFSET.pack_into(self._bytes, 0, round(seconds * 1e9))


def install(path: Path) -> None:
    """Let this process's clock follow the file from now on."""
    offset, real_ns = Offset(path), time.time_ns
    time.time_ns = lambda: real_ns() + offset.ns  # type: ignore[assignment]
    time.time = lambda: (real_ns() + offset.ns) / 1e9  # type: ignore[assignment]
