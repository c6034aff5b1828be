"""The trust and the keys a running node uses: one value each, replaced as a whole.

Rules:

* readers in any thread take the current value; it never changes under them;
* a statement is kept on disk before it is believed;
* other programs add to the same folder (`corridor keys rotate`): before the node adds, it reads.
"""

import threading
from collections.abc import Callable

from corridor.daemon.config import NodeConfig
from corridor.daemon.config_sections import KeysSection
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.logs import event_logger
from corridor.daemon.truststore import TrustStore
from corridor.errors import KeyTrouble, Reason, Refused
from corridor.exchange.parts import Identity
from corridor.seal.keys import SigningKey
from corridor.seal.storage import StorageKey
from corridor.store.unfinished import refuse_unfinished
from corridor.transit.parties import Endpoint
from corridor.trust.bundle import alarm_before_end, seals_until_ms
from corridor.trust.frames import decode_statement_frame, encode_statement_frame
from corridor.trust.view import TrustView


def open_keys(keys: KeysSection) -> KeyStore:
    """Return the node's key folder with what unlocks it."""
    return KeyStore(
        keys.directory, passphrase_file=keys.passphrase_file, credential=keys.credential
    )


def open_trust(config: NodeConfig) -> TrustStore:
    """Return the node's folder of statements.

    Raises:
        RestoreUnfinished: A restore was broken off: trust, keys and store may be of two times.
    """
    refuse_unfinished(config.store.path.parent)
    genesis = bytes.fromhex(config.trust.genesis_sha256)
    return TrustStore(config.trust.directory, genesis, config.node.environment)


class TrustKeeper:
    """Whom the node believes now, and with which keys it speaks."""

    def __init__(self, config: NodeConfig, now_ms: int) -> None:
        """Load statements and keys.

        Raises:
            CorridorError: They cannot be read, believed or used.
        """
        self._me: Endpoint = config.endpoint
        self._folder = config.keys.directory
        self._keys = open_keys(config.keys)
        self._statements = open_trust(config)
        self._change = threading.Lock()
        self.storage_key = StorageKey(self._keys.storage_key())
        self._view = self._statements.load(now_ms)
        self._identity = self._make_identity(self._view, now_ms)
        self._guard: Callable[[TrustView], None] = _takes_all

    def refuse_by(self, guard: Callable[[TrustView], None]) -> None:
        """Have `guard` refuse what must not take the place of the current view."""
        self._guard = guard

    def current(self) -> TrustView:
        """Return what is believed now."""
        return self._view

    def identity(self) -> Identity:
        """Return the keys in use now."""
        return self._identity

    def reload(self, now_ms: int) -> None:
        """Read statements and keys again.

        Raises:
            CorridorError: They do not fit; what was in use stays in use.
        """
        with self._change:
            view = self._statements.load(now_ms, self._view.dir_version)
            self._guard(view)
            self._identity = self._make_identity(view, now_ms)
            self._view = view

    def take_frame(self, frame: bytes, now_ms: int) -> bool:
        """Adopt a statement that a partner sent; returns whether anything changed.

        Raises:
            KeyTrouble: It is good and could not be kept; nothing changed.
        """
        with self._change:
            try:
                return self._take(decode_statement_frame(frame), now_ms)
            except Refused as refused:
                event_logger().warning("statement.refused", reason=refused.reason.label)
                return False

    def _take(self, signed: bytes, now_ms: int) -> bool:
        # Cheap, and enough for what is known or bad: only for what is worth it is the whole
        # folder verified again. A partner that repeats itself cannot keep us busy.
        try:
            if self._view.with_statement(signed, now_ms) is self._view:
                return False
        except Refused as refused:
            if refused.reason is Reason.EQUIVOCATION:
                self._statements.add(self._view, signed, now_ms)  # refuses, and keeps the proof
            raise
        held = self._statements.load(now_ms, self._view.dir_version)
        self._guard(held)
        view = self._statements.add(held, signed, now_ms)
        changed = view.statements() != self._view.statements()
        self._view = view
        return changed

    def own_frames(self) -> tuple[bytes, ...]:
        """Return our delegation and key bundle as they travel to partners."""
        state = self._view.state
        held = (state.delegations.get(self._me.member), state.bundles.get(self._me))
        return tuple(encode_statement_frame(one.signed.to_bytes()) for one in held if one)

    def seals_until_ms(self, now_ms: int) -> int:
        """Return until when partners hold a key to seal to us."""
        bundle = self._view.bundle(self._me)
        return seals_until_ms(bundle, now_ms) if bundle else now_ms

    def signs_until_ms(self) -> int:
        """Return until when the key with which the node signs is lent to it; 0 where it is not."""
        key_id = self._identity.signing_key.key_id
        return _lent_until_ms(self._view, self._me, key_id)

    def rotation_due(self, now_ms: int) -> bool:
        """Tell whether it is time to rotate the encryption keys."""
        bundle = self._view.bundle(self._me)
        return bundle is None or alarm_before_end(bundle, now_ms) is not None

    def _make_identity(self, view: TrustView, now_ms: int) -> Identity:
        signing = usable_key(view, self._me, self._keys.signing_keys(KeyRole.SIGN), now_ms)
        if signing is None:
            raise KeyTrouble(
                f"no key in {self._folder} may sign for {self._me} now: "
                "the administration must delegate one"
            )
        return Identity(self._me, signing, self._keys.decryption_keys())


def _takes_all(view: TrustView) -> None:
    del view


def usable_key(
    view: TrustView, me: Endpoint, keys: dict[bytes, SigningKey], now_ms: int
) -> SigningKey | None:
    """Return the one of `keys` that the delegation in force lets sign envelopes for longest.

    A node chooses once and keeps its choice: an earlier key would end under it.
    """
    for key_id in sorted(keys, key=lambda one: -_lent_until_ms(view, me, one)):
        try:
            view.signer(me, key_id, now_ms)
        except Refused:
            continue
        return keys[key_id]
    return None


def _lent_until_ms(view: TrustView, me: Endpoint, key_id: bytes) -> int:
    held = view.delegation(me.member)
    lent = held.keys if held is not None else ()
    return max((one.not_after_ms for one in lent if one.key.key_id == key_id), default=0)
