"""The only door to urllib3: one post, bounded in time and in what is read of the answer.

Rules:

* certificates are verified, redirects are not followed, no proxy is taken from the environment;
* a post ends by its deadline, also where the other side answers one byte a second.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

_MAX_ANSWER_BYTES: Final = 65_536
_MAX_RETRY_AFTER_S: Final = 3600
_LATE: Final = "no whole answer in time"


class Unreachable(Exception):
    """No whole answer came in time; the message says why, without quoting anything."""


class Answered:
    """The status of an answer, and how long it asks to wait."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        """Keep `status`; `retry_after` is the header, of which only seconds are understood."""
        self.status = status
        asked = (retry_after or "").strip()
        self.retry_after_s = min(int(asked), _MAX_RETRY_AFTER_S) if asked.isdecimal() else 0


class Poster:
    """Posts to one address over one connection, which is kept while it works."""

    def __init__(self, url: str, timeout_s: float, ca_file: Path | None = None) -> None:
        """Post to `url`; nothing is dialled yet."""
        parts = urlsplit(url)
        self._parts = parts
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout_s = timeout_s
        self._ca_file = str(ca_file) if ca_file else None
        self._connection: HTTPConnection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Post `body` and return the answer.

        Raises:
            Unreachable: There was none in time.
        """
        connection = self._connection or self._dial()
        self._connection = connection
        late = threading.Event()
        watch = threading.Timer(self._timeout_s, _break, (connection, late))
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", self._path, body=body, headers=headers,
                               preload_content=False)  # fmt: skip
            answer = connection.getresponse()
            with closing(answer):
                content = answer.read(_MAX_ANSWER_BYTES + 1)
            if len(content) > _MAX_ANSWER_BYTES or answer.headers.get("connection") == "close":
                self.close()
            if late.is_set():
                self.close()
                raise Unreachable(_LATE)
            return Answered(answer.status, answer.headers.get("retry-after"))
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            self.close()
            cause = _LATE if late.is_set() else type(error).__name__
            raise Unreachable(cause) from None
        finally:
            watch.cancel()

    def close(self) -> None:
        """Close the connection; the next post dials again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _dial(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return HTTPSConnection(
                host, port, timeout=self._timeout_s, cert_reqs="CERT_REQUIRED",
                ca_certs=self._ca_file,
            )  # fmt: skip
        return HTTPConnection(host, port, timeout=self._timeout_s)


def _break(connection: HTTPConnection, late: threading.Event) -> None:
    """End whatever the connection waits for."""
    late.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
