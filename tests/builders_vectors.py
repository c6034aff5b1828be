"""The receiver of proto/vectors/world.json as the product asks for it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridor.errors import Reason, Refused
from corridor.exchange.parts import Identity
from corridor.seal import keys
from corridor.transit.parties import Endpoint

VECTORS = Path(__file__).parents[1] / "proto" / "vectors"


def load(name: str) -> dict[str, Any]:
    """Return a file of vectors."""
    document: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="ascii"))
    return document


@dataclass(frozen=True)
class WorldTrust:
    """The trust view of world.json."""

    world: dict[str, Any]
    min_suite: int

    @property
    def network_id(self) -> bytes:
        return bytes.fromhex(self.world["network_id"])

    dir_version = 7
    dir_hash = bytes(32)

    def signer(self, endpoint: Endpoint, key_id: bytes, created_ms: int) -> bytes:
        status = {row["endpoint"]: row["status"] for row in self.world["members"]}
        if endpoint not in status:
            raise Refused(Reason.UNKNOWN_SENDER)
        if status[endpoint] != "ACTIVE":
            raise Refused(Reason.SENDER_SUSPENDED)
        for key in self.world["signing_keys"]:
            if (key["endpoint"], key["key_id"], key["usage"]) == (endpoint, key_id.hex(), "SIGN"):
                return self._usable(key, created_ms)
        raise Refused(Reason.UNKNOWN_SIGNER)

    @staticmethod
    def _usable(key: dict[str, Any], created_ms: int) -> bytes:
        if key["revoked"]:
            raise Refused(Reason.SIGNER_REVOKED)
        if not key["not_before_ms"] <= created_ms < key["not_after_ms"]:
            raise Refused(Reason.SIGNER_EXPIRED)
        return bytes.fromhex(key["public"])

    def is_current(self, now_ms: int) -> bool:
        return bool(now_ms >= self.world["now_ms"])

    def check_gossip(self, dir_version: int, dir_hash: bytes) -> None:
        known = {row["version"]: row["hash"] for row in self.world["directories"]}
        if dir_version not in known:
            raise Refused(Reason.DIRECTORY_UNKNOWN)
        if known[dir_version] != dir_hash.hex():
            raise Refused(Reason.EQUIVOCATION)

    def accepts(self, endpoint: Endpoint, enc_key_id: bytes, now_ms: int) -> bool:
        assert endpoint == self.world["me"]
        until = {row["key_id"]: row["accept_until_ms"] for row in self.world["decryption_keys"]}
        return bool(now_ms <= until[enc_key_id.hex()])

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        del record_type
        return self.control_allowed(sender, recipient, created_ms)

    def control_allowed(self, a: Endpoint, b: Endpoint, now_ms: int) -> bool:
        del now_ms
        return {"sender": a, "recipient": b} in self.world["agreements"]

    def bundle_hash(self, endpoint: Endpoint) -> bytes:
        raise NotImplementedError(endpoint)

    def sealing_key(self, endpoint: Endpoint, now_ms: int) -> keys.DecryptionKey:
        raise NotImplementedError(endpoint, now_ms)

    def partners(self, me: Endpoint, now_ms: int) -> tuple[Endpoint, ...]:
        raise NotImplementedError(me, now_ms)


def own_keys_of(world: dict[str, Any]) -> dict[bytes, keys.DecryptionKey]:
    """Return the receiver's decryption keys by id."""
    found = {}
    for row in world["decryption_keys"]:
        key = keys.DecryptionKey.from_secret(row["suite"], bytes.fromhex(row["secret"]))
        assert key.public.hex() == row["public"]
        assert key.key_id.hex() == row["key_id"]
        found[key.key_id] = key
    return found


def identity_of(world: dict[str, Any]) -> Identity:
    """Return the receiver with its keys; what it signs with does not matter."""
    return Identity(Endpoint(world["me"]), keys.SigningKey.generate(), own_keys_of(world))
