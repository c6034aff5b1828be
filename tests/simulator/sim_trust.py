"""What the nodes of a simulation believe of each other, each from a directory of its own age."""

from dataclasses import dataclass, replace

from corridor.errors import Reason, Refused
from corridor.transit.parties import Endpoint
from simulator.sim_seals import CheapKey

NETWORK = b"simulated network"[:16]


@dataclass(frozen=True)
class SimView:
    """One node's view; a newer one is another object."""

    dir_version: int
    members: tuple[Endpoint, ...]
    enc_keys: dict[Endpoint, tuple[bytes, ...]]
    """Published encryption keys, the newest last."""
    agreements: frozenset[tuple[Endpoint, Endpoint]]
    network_id: bytes = NETWORK
    min_suite: int = 1

    @property
    def dir_hash(self) -> bytes:
        return self.dir_version.to_bytes(32)

    def signer(self, endpoint: Endpoint, key_id: bytes, created_ms: int) -> bytes:
        if endpoint not in self.members:
            raise Refused(Reason.UNKNOWN_SENDER)
        return endpoint.encode().ljust(16, b"\0")

    def check_gossip(self, dir_version: int, dir_hash: bytes) -> None:
        if dir_version > self.dir_version:
            raise Refused(Reason.DIRECTORY_UNKNOWN)

    def is_current(self, now_ms: int) -> bool:
        return True

    def accepts(self, endpoint: Endpoint, enc_key_id: bytes, now_ms: int) -> bool:
        return True

    def sealing_key(self, endpoint: Endpoint, now_ms: int) -> CheapKey:
        keys = self.enc_keys.get(endpoint)
        if not keys:
            raise Refused(Reason.NO_ENCRYPTION_KEY)
        return CheapKey(keys[-1])

    def bundle_hash(self, endpoint: Endpoint) -> bytes:
        return bytes(32)

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        return (sender, recipient) in self.agreements

    def control_allowed(self, a: Endpoint, b: Endpoint, now_ms: int) -> bool:
        return (a, b) in self.agreements or (b, a) in self.agreements

    def partners(self, me: Endpoint, now_ms: int) -> tuple[Endpoint, ...]:
        return tuple(m for m in self.members if m != me and self.control_allowed(me, m, now_ms))


def first_view(members: tuple[Endpoint, ...]) -> SimView:
    keys = {member: (member.encode().ljust(15, b"\0") + b"1",) for member in members}
    both = frozenset((a, b) for a in members for b in members if a != b)
    return SimView(1, members, keys, both)


def with_new_key(view: SimView, endpoint: Endpoint) -> SimView:
    """Publish one more key for an endpoint, in a directory one newer."""
    held = view.enc_keys[endpoint]
    new = endpoint.encode().ljust(15, b"\0") + bytes([0x31 + len(held)])
    keys = {**view.enc_keys, endpoint: (*held, new)}
    return replace(view, dir_version=view.dir_version + 1, enc_keys=keys)
