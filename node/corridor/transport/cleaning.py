"""What a partner leaves at our broker, and how it is taken away.

Rules:

* only what names the partner, in our virtual host; told first, removed when asked;
* the inbox goes only when it is empty: what lies there was sent to us and is not recorded yet.
  RabbitMQ does not promise that of a quorum queue (`if-empty`), so it is counted: after upstream
  and user are gone nobody fills it, and a count is at most 5 s old;
* the queue from which the partner's broker fetched goes with what lies in it: `never` keeps it for
  ever otherwise, and nobody else may remove it. The queue from which we fetched lies at the
  partner's broker and is the partner's to remove;
* the user goes, and with it the partner's certificate opens nothing: EXTERNAL asks for a user of
  the certificate's name. No list of revoked certificates is needed.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import (
    VIRTUAL_HOST,
    federation_queue,
    federation_user,
    from_exchange,
    inbox_queue,
    to_exchange,
)
from corridor.transit.parties import CountryCode
from corridor.transport.management import Login, call, read_broker, read_depths

_GONE: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
_UPSTREAMS: Final = f"/api/parameters/federation-upstream/{VIRTUAL_HOST}"
_GUARDED: Final = ("/api/queues/", "/api/exchanges/")
_COUNT_IS_FRESH_S: Final = 6.0
_INTERNAL: Final = (" A", " B")


@dataclass(frozen=True, slots=True)
class Leftover:
    """One object that names a partner."""

    object: str
    """What it is and its name: "queue inbox.GE"."""
    path: str
    """Where the management interface removes it."""
    messages: int = 0
    """For a queue: what lies in it, up to 5 s old."""
    only_empty: bool = False


def leftovers(url: str, login: Login, me: CountryCode, partner: CountryCode) -> list[Leftover]:
    """Return what a partner leaves at our broker, in the order in which it is removed.

    Raises:
        LinkTrouble: The broker does not answer, or the login may not see it.
    """
    observed = read_broker(url, login)
    return list(_found(observed, read_depths(url, login), me, partner))


def _found(
    observed: Mapping[str, Any], depths: Mapping[str, int], me: CountryCode, partner: CountryCode
) -> Iterator[Leftover]:
    upstream, user = federation_queue(me, partner), federation_user(partner)
    named = {
        section: {row["name"] for row in observed.get(section, ())}
        for section in ("policies", "parameters", "users", "exchanges")
    }
    runtime = [upstream + each for each in _INTERNAL]
    candidates = [
        ("policies", f"fed-{partner}", _at("policy", "policies", f"fed-{partner}")),
        ("parameters", partner, Leftover(f"upstream {partner}", f"{_UPSTREAMS}/{partner}")),
        ("users", user, Leftover(f"user {user}", f"/api/users/{quote(user, safe='')}")),
        *(
            ("exchanges", one, _at("exchange", "exchanges", one))
            for one in (to_exchange(partner), *runtime)
        ),
    ]
    yield from (one for section, name, one in candidates if name in named[section])
    for queue, only_empty in ((upstream, False), (inbox_queue(partner), True)):
        if queue in depths:
            path = f"/api/queues/{VIRTUAL_HOST}/{quote(queue, safe='')}"
            yield Leftover(f"queue {queue}", path, depths[queue], only_empty)
    if from_exchange(partner) in named["exchanges"]:
        yield _at("exchange", "exchanges", from_exchange(partner))


def remove(url: str, login: Login, leftover: Leftover) -> str:
    """Remove one; returns why it stays, or nothing.

    Raises:
        LinkTrouble: The broker does not answer, or refuses for another reason.
    """
    if leftover.only_empty:
        time.sleep(_COUNT_IS_FRESH_S)
        if read_depths(url, login).get(leftover.object.removeprefix("queue "), 0):
            return "is not empty: let the node record what lies in it, then clean again"
    status, body = call(url, login, "DELETE", leftover.path)
    if status in _GONE:
        return ""
    raise LinkTrouble(
        f"{leftover.object} is not removed: HTTP {status} {body[:200].decode('utf-8', 'replace')}",
        cure="give a login with the tag administrator, and its password",
    )


def _at(kind: str, section: str, name: str) -> Leftover:
    return Leftover(f"{kind} {name}", f"/api/{section}/{VIRTUAL_HOST}/{quote(name, safe='')}")


@contextmanager
def allowed(url: str, login: Login, found: Sequence[Leftover]) -> Iterator[None]:
    """Let the operator's login remove just these objects, and no longer than it takes.

    It may see everything and change no queue or exchange, so that a slip costs nothing.

    Raises:
        LinkTrouble: The broker does not answer, or refuses.
    """
    names = (one.object.partition(" ")[2] for one in found if one.path.startswith(_GUARDED))
    pattern = "^(" + "|".join(map(re.escape, names)) + ")$"
    path = f"/api/permissions/{VIRTUAL_HOST}/{quote(login.user, safe='')}"
    status, before = call(url, login, "GET", path)
    old = json.loads(before) if status == HTTPStatus.OK else None
    _give(url, login, path, {"configure": pattern, "write": "^$", "read": "^$"})
    try:
        yield
    finally:
        if old is None:
            call(url, login, "DELETE", path)
        else:
            _give(url, login, path, {key: old[key] for key in ("configure", "write", "read")})


def _give(url: str, login: Login, path: str, permissions: Mapping[str, str]) -> None:
    status, body = call(url, login, "PUT", path, json.dumps(permissions).encode())
    if status not in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
        raise LinkTrouble(
            f"{login.user} may not be let remove anything: HTTP {status} {body[:200]!r}",
            cure="give a login with the tag administrator, and its password",
        )
