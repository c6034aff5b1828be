"""Ask the own broker how its links do, and mend them, as `corridor-watch`.

Rules:

* over the management interface, on loopback, with a password (tag policymaker): what this login
  may do is write upstreams and policies and restart links; no message, queue or user;
* an answer is bounded in time and size, and each look is a handful of small requests;
* what is put is what was rendered, whole; nothing is read, changed and written back.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import VIRTUAL_HOST, WATCH_USER
from corridor.exchange.link_values import LinkSeen, QueueSeen, Seen
from corridor.transit.parties import CountryCode
from corridor.transport.management import Login, call, refusal

_UPSTREAMS: Final = f"/api/parameters/federation-upstream/{VIRTUAL_HOST}"
_POLICIES: Final = f"/api/policies/{VIRTUAL_HOST}"
_ALARMS: Final = "/api/health/checks/local-alarms"
_DONE: Final = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
_LONGEST: Final = 200


def watch_login(password: str) -> Login:
    """Return the login of the watch."""
    return Login(WATCH_USER, password)


def read_report(url: str, login: Login) -> Seen:
    """Return what the broker says of itself.

    Raises:
        LinkTrouble: No answer, the login is refused, or it answers something else.
    """
    upstreams = _rows(url, login, _UPSTREAMS)
    policies = _rows(url, login, _POLICIES)
    links = _rows(url, login, f"/api/federation-links/{VIRTUAL_HOST}")
    queues = _rows(url, login, f"/api/queues/{VIRTUAL_HOST}?columns=name,messages,consumers")
    try:
        return Seen(
            _alarms(url, login),
            {row["name"]: row["value"] for row in upstreams},
            {row["name"]: row for row in policies},
            tuple(_link(row) for row in links if row.get("type", "exchange") == "exchange"),
            {
                row["name"]: QueueSeen(int(row.get("messages", 0)), int(row.get("consumers", 0)))
                for row in queues
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _stranger(url) from None


def read_alarms(url: str, login: Login) -> tuple[str, ...]:
    """Return the resources of which the broker is short: "disk", "memory".

    Raises:
        LinkTrouble: No answer, the login is refused, or it answers something else.
    """
    return _alarms(url, login)


def put_upstream(url: str, login: Login, partner: CountryCode, value: Mapping[str, Any]) -> None:
    """Put a partner's upstream as rendered; its link starts.

    Raises:
        LinkTrouble: The broker does not answer, or refuses.
    """
    body = {
        "component": "federation-upstream", "vhost": VIRTUAL_HOST, "name": partner, "value": value
    }  # fmt: skip
    _do(url, login, "PUT", f"{_UPSTREAMS}/{partner}", body)


def take_upstream(url: str, login: Login, partner: CountryCode) -> None:
    """Take a partner's upstream away: its link ends; what waits stays at the partner's broker.

    Raises:
        LinkTrouble: The broker does not answer, or refuses.
    """
    _do(url, login, "DELETE", f"{_UPSTREAMS}/{partner}")


def put_policy(url: str, login: Login, name: str, row: Mapping[str, Any]) -> None:
    """Put a policy as rendered.

    Raises:
        LinkTrouble: The broker does not answer, or refuses.
    """
    _do(url, login, "PUT", f"{_POLICIES}/{quote(name, safe='')}", row)


def restart_link(url: str, login: Login, link_id: str, node: str) -> None:
    """Have the broker restart a link; one that has gone meanwhile is no trouble.

    Raises:
        LinkTrouble: The broker does not answer, or refuses.
    """
    where = f"{VIRTUAL_HOST}/{quote(link_id, safe='')}/{quote(node, safe='')}"
    _do(url, login, "DELETE", f"/api/federation-links/vhost/{where}/restart")


def _alarms(url: str, login: Login) -> tuple[str, ...]:
    """Return the resources of which the broker is short; it answers 503 where there are any."""
    status, body = call(url, login, "GET", _ALARMS)
    if status == HTTPStatus.OK:
        return ()
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        raise _refused(url, login, _ALARMS, status, body)
    alarms = _parsed(url, body)["alarms"]
    return tuple(sorted({str(one["resource"]) for one in alarms}))


def _link(row: Mapping[str, Any]) -> LinkSeen:
    return LinkSeen(
        str(row["upstream"]),
        str(row["status"]),
        str(row.get("timestamp", "")),
        " ".join(str(row.get("error", "")).split())[:_LONGEST],
        str(row.get("id", "")),
        str(row.get("node", "")),
    )


def _rows(url: str, login: Login, path: str) -> list[Mapping[str, Any]]:
    status, body = call(url, login, "GET", path)
    if status != HTTPStatus.OK:
        raise _refused(url, login, path, status, body)
    rows = _parsed(url, body)
    if not isinstance(rows, list):
        raise _stranger(url)
    return rows


def _do(
    url: str, login: Login, method: str, path: str, body: Mapping[str, Any] | None = None
) -> None:
    content = None if body is None else json.dumps(body).encode()
    status, answer = call(url, login, method, path, content)
    gone = method == "DELETE" and status == HTTPStatus.NOT_FOUND
    if status not in _DONE and not gone:
        raise _refused(url, login, path, status, answer)


def _parsed(url: str, body: bytes) -> Any:  # noqa: ANN401 - JSON is any tree
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _stranger(url) from None


def _refused(url: str, login: Login, path: str, status: int, body: bytes) -> LinkTrouble:
    said = body[:_LONGEST].decode("utf-8", "replace")
    return refusal(url, login, path, status, said)


def _stranger(url: str) -> LinkTrouble:
    return LinkTrouble(
        f"what answers at {url} is not the management interface of RabbitMQ",
        cure="is links.management_port its port?",
    )
