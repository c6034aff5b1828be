"""What a national system needs to speak HTTP with its node: one connection, and patience.

Rules:

* a connection is kept, and made anew where the node has closed it or was started again;
* whatever is asked may be asked again: a record is known by its id, a cursor stands for itself;
* a node that says "later" is asked again when it said, until patience ends.
"""

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from corridor.errors import LocalTrouble
from corridor.lab.systems.offers import Answer, Offer, Outcome
from corridor.wire.records import encode_record, record_from_json
from corridor.wire.v1 import local_pb2 as local

_ANSWER_S: Final = 45
"""A long poll takes 30 s at most, an answer is written in less."""
_PATIENCE_S: Final = 30.0
_PAUSE_S: Final = 0.2
_PAGE: Final = 1000
_FOUND: Final = 100
_BULK_BYTES: Final = 8 * 1024 * 1024
"""Of the 16 MiB that a bulk may have."""
_BULK_RECORDS: Final = 1000
_LATER: Final = frozenset({429, 503})


class HttpNode:
    """A node, asked over HTTP on this machine; use as a context manager; not for two threads."""

    def __init__(self, port: int, token_file: Path, patience_s: float = _PATIENCE_S) -> None:
        """Speak to the node at a port, as whoever has the token in a file.

        Raises:
            OSError: The file cannot be read.
        """
        token = token_file.read_text(encoding="ascii").strip()
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
        self._patience_s = patience_s

    def __enter__(self) -> Self:
        """Return the node itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def take(self, after: int, limit: int, wait_s: float) -> dict[str, Any]:
        """Return records after a cursor, and the next cursor.

        Raises:
            LocalTrouble: The node does not answer, or refuses.
        """
        return self._good("GET", f"/v1/inbox?after={after}&limit={limit}&wait_s={wait_s:.3f}")

    def acknowledge(self, up_to: int) -> None:
        """Tell that everything up to a cursor is safe.

        Raises:
            LocalTrouble: The node does not answer, or refuses.
        """
        body = json.dumps({"up_to": up_to}).encode()
        self._good("POST", "/v1/inbox/ack", body, "application/json")

    def submit(self, offers: Sequence[Offer]) -> list[Answer]:
        """Submit records in bulk, each under its own id, and again where no answer came."""
        answers: list[Answer] = []
        for bulk in _bulks(offers):
            asked = local.SubmitRequest()
            for one in bulk:
                asked.submissions.add(
                    recipient=one.country, record_id=one.record_id, record=one.record
                )
            status, told = self._patiently(
                "POST", "/v1/records:bulk", asked.SerializeToString(), "application/x-protobuf"
            )
            good = status == http.client.OK
            found = told["results"] if good else [{**told, "status": "refused"}] * len(bulk)
            answers += map(_answer, found)
        return answers

    def outcomes(self, after: int, wait_s: float) -> list[Outcome]:
        """Return what finally became of records, after a cursor."""
        told = self._good("GET", f"/v1/outcomes?after={after}&limit={_PAGE}&wait_s={wait_s:.3f}")
        return [_outcome(one) for one in told["outcomes"]]

    def find(self, kind: str, value: str) -> Iterator[dict[str, Any]]:
        """Give the records, sent or received, that carry a term, page by page."""
        skip: int | None = 0
        term = quote(value, safe="")
        while skip is not None:
            told = self._good("GET", f"/v1/records?{kind}={term}&limit={_FOUND}&skip={skip}")
            yield from told["records"]
            skip = told["next"]

    def movement(self, reference: str) -> dict[str, Any]:
        """Return where a movement stands.

        Raises:
            LocalTrouble: The node knows nothing of it.
        """
        told = self._good("GET", f"/v1/movements/{quote(reference, safe='')}")
        found: dict[str, Any] = told["movement"]
        return found

    def _good(
        self, method: str, path: str, body: bytes | None = None, kind: str = ""
    ) -> dict[str, Any]:
        status, told = self._patiently(method, path, body, kind)
        if status != http.client.OK:
            raise LocalTrouble(
                f"the node refused {method} {path.partition('?')[0]}: {told.get('detail', status)}",
                cure=str(told.get("cure", "see its log")),
            )
        return told

    def _patiently(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> tuple[int, dict[str, Any]]:
        end = time.monotonic() + self._patience_s
        while True:
            try:
                status, told, wait_s = self._ask(method, path, body, kind)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._connection.close()
                if time.monotonic() > end:
                    raise LocalTrouble(
                        f"no node answers on port {self._connection.port} ({error})",
                        cure="start it: `corridor run` with the same --config",
                    ) from None
                wait_s = _PAUSE_S
            else:
                if status not in _LATER or time.monotonic() > end:
                    return status, told
            time.sleep(min(wait_s, max(0.0, end - time.monotonic()) + _PAUSE_S))

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> tuple[int, dict[str, Any], float]:
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        return answer.status, told, float(answer.headers.get("Retry-After", _PAUSE_S))


def record_of(told: dict[str, Any]) -> bytes:
    """Return the record that JSON of the gateway describes."""
    return encode_record(record_from_json(json.dumps(told)))


def _bulks(offers: Sequence[Offer]) -> Iterator[Sequence[Offer]]:
    begin = size = 0
    for place, one in enumerate(offers):
        full = size + len(one.record) > _BULK_BYTES or place - begin == _BULK_RECORDS
        if full and place > begin:
            yield offers[begin:place]
            begin, size = place, 0
        size += len(one.record)
    if offers:
        yield offers[begin:]


def _answer(told: dict[str, Any]) -> Answer:
    faults = tuple(f"{one['rule']} {one['path']}".rstrip() for one in told.get("faults", ()))
    return Answer(told["status"], told.get("reason") or told.get("code") or "", faults)


def _outcome(told: dict[str, Any]) -> Outcome:
    return Outcome(
        told["cursor"],
        told["recipient"],
        bytes.fromhex(told["record_id"]),
        told["verdict"] == "accepted",
        told["reason"] or "",
        told["accepted_ms"],
        told["receipted_ms"],
        bytes.fromhex(told["entry_sha256"]),
    )
