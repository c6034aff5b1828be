"""Ask a broker about itself over its management interface, on loopback.

Rules:

* plain HTTP, therefore to loopback only: a login would be readable on the way;
* reads only, except what `cleaning` removes; an operator's login (tag administrator) for
  definitions, since RabbitMQ shows users and permissions to nobody else;
* every failure is a `LinkTrouble` that says what to do.
"""

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from corridor.errors import ConfigurationError, LinkTrouble, LoginRefused
from corridor.exchange.addresses import ALARM_QUEUES, OPERATOR_USER, VIRTUAL_HOST, WATCH_USER

_TIMEOUT_S: Final = 10
_MOST_BYTES: Final = 16 * 2**20
"""Definitions and links of 200 partners are under 1 MiB."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_RIGHTS: Final = "give a login with the tag administrator, and its password"
_WATCH_CURE: Final = (
    "is `watch.password_file` the password whose hash is links.watch_password_hash, and "
    "was the broker told (`corridor broker render`)?"
)
_PASSWORDS: Final = {
    WATCH_USER: _WATCH_CURE,
    OPERATOR_USER: "is --password-file the password whose hash is links.operator_password_hash, "
    "and was the broker told (`corridor broker render`, then import its definitions)?",
}
_OTHER_PASSWORD: Final = "is --user a user of the broker, and --password-file its password?"  # noqa: S105 - a question


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the management interface."""

    user: str
    password: str

    def __repr__(self) -> str:
        """Show the user only."""
        return f"Login({self.user!r})"


@dataclass(frozen=True, slots=True)
class LinkState:
    """How one federation link does: RabbitMQ's own word, and its reason if it has one."""

    upstream: str
    status: str
    reason: str


def read_broker(url: str, login: Login) -> dict[str, Any]:
    """Return the broker's definitions, with the metadata of the vhost.

    Args:
        url: The management interface, `http://127.0.0.1:15672`.
        login: A user with the tag administrator.

    Raises:
        LinkTrouble: No answer, or the login is refused.
        ConfigurationError: The address is not on loopback.
    """
    definitions: Any = _get(url, login, "/api/definitions")
    if not isinstance(definitions, dict) or "vhosts" not in definitions:
        raise _stranger(url)
    for row in definitions["vhosts"]:
        if row["name"] == VIRTUAL_HOST:
            row.update(_get(url, login, f"/api/vhosts/{VIRTUAL_HOST}"))
    found: dict[str, Any] = definitions
    return found


def read_version(url: str, login: Login) -> tuple[int, int, int]:
    """Return the broker's version; what follows its three numbers is cut off.

    Raises:
        LinkTrouble: No answer, the login is refused, or it is no version.
    """
    told = _get(url, login, "/api/overview")
    version = str(told.get("rabbitmq_version")) if isinstance(told, dict) else ""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None:
        raise _stranger(url)
    return int(numbers[1]), int(numbers[2]), int(numbers[3])


def read_links(url: str, login: Login) -> tuple[LinkState, ...]:
    """Return the state of every federation link; needs the tag monitoring."""
    rows = _get(url, login, f"/api/federation-links/{VIRTUAL_HOST}")
    return tuple(
        LinkState(row["upstream"], row["status"], " ".join(str(row.get("error", "")).split()))
        for row in rows
    )


def read_consumers(url: str, login: Login) -> dict[str, int]:
    """Return how many consumers each queue of the vhost has; needs the tag monitoring.

    A consumer that has just come may be missing for some seconds: statistics are gathered.
    """
    rows = _get(url, login, f"/api/consumers/{VIRTUAL_HOST}")
    return dict(Counter(str(row["queue"]["name"]) for row in rows))


def read_alarm_depths(url: str, login: Login) -> dict[str, int]:
    """Return how many messages lie in the queues that must stay empty; up to 5 s old.

    A queue that is missing has none: `compare` names it.
    """
    rows = _get(url, login, f"/api/queues/{VIRTUAL_HOST}?columns=name,messages")
    found = {row["name"]: int(row.get("messages", 0)) for row in rows}
    return {queue: found.get(queue, 0) for queue in ALARM_QUEUES}


def read_depths(url: str, login: Login) -> dict[str, int]:
    """Return how many messages lie in each queue, up to 5 s old; -1 where it is not known."""
    rows = _get(url, login, f"/api/queues/{VIRTUAL_HOST}?columns=name,messages")
    return {row["name"]: int(row.get("messages", -1)) for row in rows}


def call(
    url: str, login: Login, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes]:
    """Ask the management interface; returns status and body.

    Raises:
        LinkTrouble: No answer.
        ConfigurationError: The address is not on loopback.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"the management interface is asked on loopback only, not {url}")
    token = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    connection = HTTPConnection(parts.hostname, parts.port or 15672, timeout=_TIMEOUT_S)
    try:
        connection.request(method, path, body, headers={"Authorization": f"Basic {token}"})
        response = connection.getresponse()
        answer = response.read(_MOST_BYTES + 1)
    except (OSError, HTTPException) as error:
        raise LinkTrouble(
            f"no answer from the management interface at {url}: {error}",
            cure="is the broker running, and is links.management_port its port?",
        ) from error
    finally:
        connection.close()
    if len(answer) > _MOST_BYTES:
        raise LinkTrouble(
            f"the answer of {url} to {path} is longer than {_MOST_BYTES >> 20} MiB",
            cure="is links.management_port its port?",
        )
    return response.status, answer


_LACKS_TAG: Final = re.compile(rb"Not \w+ user")


def refusal(url: str, login: Login, path: str, status: int, said: str = "") -> LinkTrouble:
    """Return what is wrong where a login is refused, with the cure for whose login it is."""
    if status == HTTPStatus.UNAUTHORIZED:
        what = f"{login.user} is not let in at {url}: no such user, or another password (HTTP 401)"
        return LoginRefused(what, cure=_PASSWORDS.get(login.user, _OTHER_PASSWORD))
    cure = _WATCH_CURE if login.user == WATCH_USER else _RIGHTS
    what = f"{login.user} at {url}: {path} is refused: HTTP {status} {said}"
    return LinkTrouble(what.rstrip(), cure=cure)


def _get(url: str, login: Login, path: str) -> Any:  # noqa: ANN401 - JSON is any tree
    status, body = call(url, login, "GET", path)
    if status != HTTPStatus.OK:
        if _LACKS_TAG.search(body):  # RabbitMQ answers that with 401, too
            raise LinkTrouble(f"{login.user} may not read {path} at {url}", cure=_RIGHTS)
        raise refusal(url, login, path, status)
    try:
        return json.loads(body)
    except ValueError:
        raise _stranger(url) from None


def _stranger(url: str) -> LinkTrouble:
    return LinkTrouble(
        f"what answers at {url} is not the management interface of RabbitMQ",
        cure="is links.management_port its port?",
    )
