"""A tap on a broker of the lab: shows what anybody who runs a broker can see.

It adds a user and a queue of its own beside what a country's broker has, bound to the exchanges
on which partners' envelopes arrive, and reads the copies over the management interface. Only a
lab does this; `corridor broker check` names it as foreign.
"""

import base64
import json
import secrets
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from corridor.exchange.addresses import VIRTUAL_HOST, from_exchange
from corridor.lab.brokers import PrivateBroker
from corridor.transit.parties import CountryCode

_QUEUE: Final = "lab.tap"
_USER: Final = "lab-tap"
_MOST: Final = 100_000
_TIMEOUT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Tapped:
    """One message as the broker saw it."""

    exchange: str
    body: bytes
    properties: dict[str, Any]


class Tap:
    """A tap on one broker, from `open` until the broker is gone."""

    def __init__(self, broker: PrivateBroker) -> None:
        """Describe a tap; nothing happens yet."""
        self._broker = broker
        self._password = secrets.token_urlsafe(24)

    def open(self, partners: Sequence[CountryCode]) -> None:
        """Copy from now on what arrives from these partners.

        Raises:
            LinkTrouble: The broker refused.
        """
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self._definitions(partners), file)
            file.flush()
            self._broker.ctl("import_definitions", file.name)

    def messages(self) -> tuple[Tapped, ...]:
        """Take every copy made so far."""
        asked = {"count": _MOST, "ackmode": "ack_requeue_false", "encoding": "base64"}
        found: list[dict[str, Any]] = self._post(f"queues/{VIRTUAL_HOST}/{_QUEUE}/get", asked)
        return tuple(
            Tapped(one["exchange"], _body(one), one.get("properties") or {}) for one in found
        )

    def plant(self, body: str) -> None:
        """Put a message in plain into the tap's own queue: a search that works will find it."""
        message = {
            "properties": {"delivery_mode": 2},
            "routing_key": _QUEUE,
            "payload": body,
            "payload_encoding": "string",
        }
        self._post(f"exchanges/{VIRTUAL_HOST}/amq.default/publish", message)

    def _post(self, path: str, body: object) -> Any:  # noqa: ANN401 - any JSON value
        request = urllib.request.Request(  # noqa: S310 - loopback, of our own making
            f"{self._broker.plan.management_url}/api/{path}",
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": "Basic "
                + base64.b64encode(f"{_USER}:{self._password}".encode()).decode(),
            },
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return json.load(answer)

    def _definitions(self, partners: Sequence[CountryCode]) -> dict[str, Any]:
        host = {"vhost": VIRTUAL_HOST}
        return {
            "users": [{"name": _USER, "password": self._password, "tags": "management"}],
            "permissions": [
                {**host, "user": _USER, "configure": "^$", "write": "^(amq\\.default)?$",
                 "read": f"^{_QUEUE.replace('.', '[.]')}$"}
            ],
            "queues": [
                {**host, "name": _QUEUE, "durable": True, "auto_delete": False,
                 "arguments": {"x-queue-type": "classic"}}
            ],
            "bindings": [
                {**host, "source": from_exchange(partner), "destination": _QUEUE,
                 "destination_type": "queue", "routing_key": "", "arguments": {}}
                for partner in partners
            ],
        }  # fmt: skip


def _body(one: dict[str, Any]) -> bytes:
    payload: str = one["payload"]
    return base64.b64decode(payload) if one["payload_encoding"] == "base64" else payload.encode()


def save(messages: Sequence[Tapped], folder: Path) -> Path:
    """Write every body into one file, for the search; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tapped.bin"
    path.write_bytes(b"\n".join(one.body for one in messages))
    return path
