"""A national system that is told by posts: it checks the signature and writes records down.

Run as `python -m corridor.lab.systems.webhook PORT SECRET_FILE FILE`; SIGTERM ends it.
"""

import base64
import hashlib
import hmac
import json
import signal
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Final

from corridor.lab.systems.recording import Recording

_MAX_BODY_BYTES: Final = 4 * 1024 * 1024
_MAX_AGE_S: Final = 300


def is_signed(headers: dict[str, str], body: bytes, secret: bytes, now_s: float) -> bool:
    """Tell whether a post is of our node: signed with our secret, and not old."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now_s - int(stamp)) > _MAX_AGE_S:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    code = "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(code, one) for one in given)


def serve(port: int, secret: bytes, recording: Recording) -> None:
    """Take posts until the process is told to end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer 204 where it is written down, or was before."""
            size = int(self.headers.get("content-length", "0"))
            if size > _MAX_BODY_BYTES:
                self.close_connection = True
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_signed(headers, body, secret, time.time()):
                self._answer(HTTPStatus.UNAUTHORIZED)
                return
            told = json.loads(body)
            if told["type"] == "record.received":
                recording.note(told["data"])
            self._answer(HTTPStatus.NO_CONTENT)

        def _answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Write nothing: the recording says it all."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.serve_forever()


class _Ended(Exception):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    line = Path(sys.argv[2]).read_text(encoding="ascii").split()[0]
    secret = base64.b64decode(line.removeprefix("whsec_"))
    with suppress(_Ended, KeyboardInterrupt), Recording(Path(sys.argv[3])) as recording:
        serve(int(sys.argv[1]), secret, recording)


if __name__ == "__main__":
    main()
