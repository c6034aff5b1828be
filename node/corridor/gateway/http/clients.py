"""Who may use HTTP, and for what: the file of tokens and certificates.

Rules:

* the file is private (mode 0600) and holds no token, only the SHA-256 of each: a token has 256
  random bits, so that nothing slower is needed;
* a token is compared in constant time, with every one that is known;
* a client is known by a token or by the SHA-256 of its TLS certificate; what it may do is its
  roles, which lanes it may claim, and which partners it may send to.
"""

import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from corridor.daemon.private_files import PrivateFolder, read_private
from corridor.errors import ConfigurationError, InputTrouble
from corridor.exchange.values import Lane

DEFAULT_LANES: Final = ("routine", "bulk")
ROLES: Final = ("submitter", "reader", "operator")
LANES: Final = tuple(lane.name.lower() for lane in Lane)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_PARTNER: Final = re.compile(r"[A-Z]{2}")
_MAX_BYTES: Final = 1024 * 1024
_PREFIX: Final = "crd_"
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Client:
    """One program that may use HTTP."""

    name: str
    secret_sha256: str
    """Of its token, or of its certificate (DER); hexadecimal."""
    by: str = "token"
    """How it shows who it is: "token" or "certificate"."""
    roles: tuple[str, ...] = ()
    lanes: tuple[str, ...] = DEFAULT_LANES
    """Which lanes it may claim; none is claimed where the record's type decides."""
    partners: tuple[str, ...] = ()
    """Countries it may send to; all where none is named."""
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class Clients:
    """Everybody who may use HTTP."""

    all: tuple[Client, ...] = ()
    _named: dict[str, Client] = field(default_factory=dict, repr=False, compare=False)

    def by_token(self, token: str) -> Client | None:
        """Return who has a token."""
        return self._find("token", sha256(token.encode("utf-8", "replace")).hexdigest())

    def by_certificate(self, der: bytes) -> Client | None:
        """Return who has a certificate (which TLS has verified)."""
        return self._find("certificate", sha256(der).hexdigest())

    def _find(self, by: str, digest: str) -> Client | None:
        found = None
        for one in self.all:  # all of them, whichever it is
            if hmac.compare_digest(one.secret_sha256, digest) and one.by == by:
                found = one
        return found


def load_clients(path: Path) -> Clients:
    """Read the file; one that is not there knows nobody.

    Raises:
        ConfigurationError: It cannot be used; every fault is named.
        KeyTrouble: It is not private.
    """
    if not path.exists() and not path.is_symlink():
        return Clients()
    try:
        listed = json.loads(read_private(path, _MAX_BYTES))["clients"]
        found = tuple(_client(one) for one in listed)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigurationError(
            f"http.tokens_file {path}: is not a file of clients",
            cure="`corridor http token add` writes it; restore it, or move it away and begin anew",
        ) from None
    faults = [f"{one.name or '(no name)'}: {fault}" for one in found for fault in _faults(one)]
    names = [one.name for one in found]
    faults += [
        f"{name}: is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if faults:
        raise ConfigurationError(
            f"http.tokens_file {path}: {len(faults)} fault(s)", faults=tuple(faults),
            cure="mend the file, or revoke and add the client anew",
        )  # fmt: skip
    return Clients(found)


def save_clients(path: Path, clients: Sequence[Client]) -> None:
    """Write the file whole, with mode 0600.

    Raises:
        KeyTrouble: Its folder is not private, or cannot be written.
    """
    text = json.dumps({"clients": [asdict(one) for one in clients]}, indent=2) + "\n"
    folder = PrivateFolder(path.parent)
    folder.make()
    folder.write(path.name, text.encode())


def new_token() -> str:
    """Return a fresh token."""
    return _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def with_client(clients: Clients, client: Client) -> tuple[Client, ...]:
    """Return all clients and this one.

    Raises:
        InputTrouble: It has faults, or its name is taken.
    """
    faults = _faults(client)
    if any(one.name == client.name for one in clients.all):
        faults.append("the name is taken")
    if faults:
        raise InputTrouble(
            f"client {client.name!r} cannot be added", faults=tuple(faults),
            cure="`corridor http token list` shows who is there",
        )  # fmt: skip
    return (*clients.all, client)


def token_client(client: Client, token: str) -> Client:
    """Return `client` as the one who has a token."""
    return replace(client, by="token", secret_sha256=sha256(token.encode()).hexdigest())


def _client(told: dict[str, Any]) -> Client:
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
    }
    return Client(**plain)


def _faults(one: Client) -> list[str]:
    faults = []
    if not _NAME.fullmatch(str(one.name)):
        faults.append("a name is 1 to 40 letters, digits, dots, dashes")
    if one.by not in {"token", "certificate"} or not _HEX.fullmatch(str(one.secret_sha256)):
        faults.append("secret_sha256 is 64 hexadecimal digits, of a token or a certificate")
    if not one.roles or not set(one.roles) <= set(ROLES):
        faults.append(f"roles are of: {', '.join(ROLES)}")
    if not set(one.lanes) <= set(LANES):
        faults.append(f"lanes are of: {', '.join(LANES)}")
    if not all(_PARTNER.fullmatch(str(partner)) for partner in one.partners):
        faults.append("partners are countries: two capitals each")
    return faults
