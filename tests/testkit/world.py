"""Who is who in the vectors: a small network at one moment."""

from dataclasses import dataclass

from testkit.envelopes import Opener, Signer, Spec, To, fresh, h
from testkit.proto import record

NOW_MS = 1_764_000_300_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000
NETWORK_ID = h(b"first root of the vectors' network")[:16]
OTHER_NETWORK_ID = h(b"first root of another network")[:16]
ME = b"TR.GTB"
SENDER = b"GE.RS"
DIRECTORIES = {6: h(b"directory 6"), 7: h(b"directory 7")}
BUNDLE_HASH = h(b"key bundle of GE.RS")
MIN_SUITE = 1


@dataclass(frozen=True)
class KnownSigner:
    """A signing key as the directory and delegations name it."""

    name: str
    endpoint: bytes
    usage: str = "SIGN"
    not_before_ms: int = NOW_MS - 10 * DAY_MS
    not_after_ms: int = NOW_MS + 80 * DAY_MS
    revoked: bool = False

    @property
    def key(self) -> Signer:
        """The key pair."""
        return Signer(fresh(f"signer/{self.name}"))


@dataclass(frozen=True)
class OwnKey:
    """One of our decryption keys with the end of its accept window."""

    name: str
    suite: int
    accept_until_ms: int = NOW_MS + 90 * DAY_MS

    @property
    def key(self) -> Opener:
        """The key pair."""
        return Opener(self.suite, fresh(f"opener/{self.name}"))


SIGNERS = (
    KnownSigner("ge", SENDER),
    KnownSigner("ge-revoked", SENDER, revoked=True),
    KnownSigner("ge-expired", SENDER, not_after_ms=NOW_MS - 2 * DAY_MS),
    KnownSigner("ge-early", SENDER, not_before_ms=NOW_MS + 2 * DAY_MS),
    KnownSigner("ge-key-manager", SENDER, usage="KEY_MANAGER"),
    KnownSigner("ge-log", SENDER, usage="LOG"),
    KnownSigner("az", b"AZ.SCC"),
    KnownSigner("kz", b"KZ.SRC"),
    KnownSigner("am", b"AM.SRC"),
)
MEMBERS = {b"GE.RS": "ACTIVE", b"TR.GTB": "ACTIVE", b"AZ.SCC": "ACTIVE", b"AM.SRC": "ACTIVE"}
MEMBERS |= {b"KZ.SRC": "SUSPENDED"}
AGREEMENTS = ((b"GE.RS", ME), (b"AZ.SCC", ME), (b"KZ.SRC", ME))
OWN_KEYS = (
    OwnKey("tr-1", 1),
    OwnKey("tr-2", 2),
    OwnKey("tr-old-1", 1, accept_until_ms=NOW_MS - MINUTE_MS),
    OwnKey("tr-old-2", 2, accept_until_ms=NOW_MS - MINUTE_MS),
)


def signer(name: str) -> Signer:
    """Return a signing key of the world by name, or one nobody knows."""
    return Signer(fresh(f"signer/{name}"))


def opener(name: str, suite: int) -> Opener:
    """Return an encryption key by name: ours ("tr"), or anybody's."""
    return Opener(suite, fresh(f"opener/{name}-{suite}"))


def us(suite: int, **parts: object) -> To:
    """Return us as a recipient."""
    return To(ME, opener("tr", suite), **parts)


def spec(label: str, suite: int, **parts: object) -> Spec:
    """Return a right envelope from GE.RS to us, with other parts where given."""
    whole: dict[str, object] = {
        "sender": SENDER,
        "signer": signer("ge"),
        "to": (us(suite),),
        "network_id": NETWORK_ID,
        "dir_version": 7,
        "dir_hash": DIRECTORIES[7],
        "bundle_hash": BUNDLE_HASH,
        "created_ms": NOW_MS - 2_000,
        "expires_ms": NOW_MS + DAY_MS,
        "records": (record(1, b"arrival at the office of destination"),),
        **parts,
    }
    return Spec(label=label, suite=suite, **whole)
