"""What the node has adopted and destroyed, noted in its store and its evidence log.

Rules:

* the number of a statement is noted in the transaction that writes its leaf (PROTOCOL §8);
* what differs from what was noted is noted, whoever changed it: another program may have adopted a
  statement or destroyed a key, and a crash may have come between the file and the note;
* a node does not go on from less than was noted (PROTOCOL §5.2): the folder of statements alone
  cannot tell that it is an older copy of itself.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from corridor.daemon.config import NodeConfig, effective
from corridor.errors import Reason, Refused
from corridor.exchange.values import ZERO_ID, LeafEntry, LeafKind
from corridor.store.port import Store, Transaction
from corridor.trust.bundle import Bundle
from corridor.trust.delegation import Delegation
from corridor.trust.state import Adopted
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView

_ROOT: Final = "trust.root"
_DIRECTORY: Final = "trust.directory"
_KEYS: Final = "keys.decrypt"
_CONFIG: Final = "config.digest"
_NUMBER_BYTES: Final = 8
_KEY_ID_BYTES: Final = 16


class _Chain(NamedTuple):
    """The newest statement of a chain, or that there is none of it."""

    name: str
    kind: LeafKind | None
    number: int
    payload_hash: bytes

    @property
    def value(self) -> bytes:
        return self.number.to_bytes(_NUMBER_BYTES) + self.payload_hash


class TrustRecord:
    """Compares what is in force with what was noted, and notes what is new."""

    def __init__(self, store: Store) -> None:
        """Note in `store`; nothing is read yet."""
        self._store = store
        self._noted: tuple[TrustView, bytes] | None = None

    def check(self, view: TrustView) -> None:
        """Refuse to go on from less than was held.

        Raises:
            Refused: ROLLBACK, with what was held and the cure.
            StoreTrouble: See `corridor.store.trouble`.
        """
        with self._store.reading() as kept:
            for chain in _chains(view):
                noted = kept.setting(chain.name)
                if noted is not None:
                    _refuse_less(chain, noted)

    def note(self, view: TrustView, key_ids: Collection[bytes], now_ms: int) -> tuple[Signed, ...]:
        """Note what is new; returns newer roots and a newer directory, to be handed on.

        Raises:
            StoreTrouble: Nothing was noted; what is new still is when this is called again.
        """
        held = b"".join(sorted(key_ids))
        if self._noted is not None and self._noted[0] is view and self._noted[1] == held:
            return ()  # a partner that repeats itself costs nothing
        before = {}
        with self._store.transaction() as change:
            for chain in _chains(view):
                number = _number(change.setting(chain.name))
                if chain.number > number:  # a slower thread may still hold the view before
                    before[chain.name] = number
                    _note(change, chain, now_ms)
            _note_keys(change, held, now_ms)
        self._noted = (view, held)
        return _to_hand_on(view, before)

    def note_config(self, config: NodeConfig, now_ms: int) -> None:
        """Note the configuration in force, where it is another than at the last start.

        Raises:
            StoreTrouble: It was not noted.
        """
        text = json.dumps(effective(config), sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        with self._store.transaction() as change:
            if change.setting(_CONFIG) != digest:
                change.append_leaf(LeafEntry(LeafKind.CONFIG, now_ms, digest, ZERO_ID))
                change.put_setting(_CONFIG, digest)


def _chains(view: TrustView) -> Iterator[_Chain]:
    state = view.state
    root = state.roots[-1]
    yield _Chain(_ROOT, None, root.value.version, root.signed.payload_hash)
    directory = state.directory
    if directory is None:
        return
    payload_hash = directory.signed.payload_hash
    yield _Chain(_DIRECTORY, LeafKind.DIR_ADOPTED, directory.value.version, payload_hash)
    for member in directory.value.members:
        name = f"trust.delegation.{member.member_id}"
        delegation = state.delegations.get(member.member_id)
        yield _chain(name, LeafKind.DELEGATION, delegation)
        name = f"trust.bundle.{member.endpoint}"
        yield _chain(name, LeafKind.BUNDLE, state.bundles.get(member.endpoint))


def _chain(name: str, kind: LeafKind, held: Adopted[Delegation] | Adopted[Bundle] | None) -> _Chain:
    if held is None:
        return _Chain(name, kind, 0, ZERO_ID)
    return _Chain(name, kind, held.value.serial, held.signed.payload_hash)


def _refuse_less(chain: _Chain, noted: bytes) -> None:
    number = _number(noted)
    if chain.number > number or chain.value == noted:
        return
    what = chain.name.removeprefix("trust.")
    raise Refused(
        Reason.ROLLBACK,
        f"{what} {chain.number} is in the folder of statements, {number} was held: put back the "
        "newer copy of the folder, or adopt the newer statement: corridor keys adopt",
    )


def _number(noted: bytes | None) -> int:
    return int.from_bytes(noted[:_NUMBER_BYTES]) if noted else 0


def _note(change: Transaction, chain: _Chain, now_ms: int) -> None:
    change.put_setting(chain.name, chain.value)
    if chain.kind is not None:
        change.append_leaf(LeafEntry(chain.kind, now_ms, chain.payload_hash, ZERO_ID))


def _note_keys(change: Transaction, held: bytes, now_ms: int) -> None:
    noted = change.setting(_KEYS) or b""
    gone = sorted(_key_ids(noted) - _key_ids(held))
    for key_id in gone:
        subject = key_id + bytes(len(ZERO_ID) - _KEY_ID_BYTES)
        change.append_leaf(LeafEntry(LeafKind.KEY_DESTROYED, now_ms, subject, ZERO_ID))
    if noted != held:
        change.put_setting(_KEYS, held)


def _key_ids(joined: bytes) -> set[bytes]:
    return {joined[at : at + _KEY_ID_BYTES] for at in range(0, len(joined), _KEY_ID_BYTES)}


def _to_hand_on(view: TrustView, before: dict[str, int]) -> tuple[Signed, ...]:
    """Return what is newer than something noted, in an order in which it can be verified.

    What a node begins with is not news: its partners were there first.
    """
    state, wanted = view.state, set[bytes]()
    if before.get(_ROOT):
        wanted = {one.signed.payload_hash for one in state.roots[before[_ROOT] :]}
    if before.get(_DIRECTORY) and state.directory is not None:
        wanted.add(state.directory.signed.payload_hash)
    return tuple(one for one in state.in_order() if one.payload_hash in wanted)
