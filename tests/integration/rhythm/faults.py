"""What must hold once both nodes of `nodes` have come through, however they got there."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from files import Book, Queue
from nodes import PEER, WANTED, store_path

from builders_store import KEY
from corridor.exchange.values import LeafEntry, LeafKind, Verdict
from corridor.seal.frame import parse_frame
from corridor.seal.merkle import LogTree, log_leaf
from corridor.store.rules import leaf_bytes
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.transit.parties import Endpoint

Leaves = list[tuple[int, int, bytes, bytes]]


def faults_in(folder: Path) -> list[str]:
    """Return what was lost, doubled or broken."""
    with ExitStack() as stack:
        stores = {
            me: stack.enter_context(SqliteStore.open(store_path(folder, me), KEY)) for me in PEER
        }
        return [fault for me in PEER for fault in _faults_of(folder, me, stores)]


def forgotten_by(folder: Path, me: Endpoint) -> list[str]:
    """Return what a store no longer knows of that a broker or a national system was told."""
    with SqliteStore.open(store_path(folder, me), KEY, read_only=True) as store:
        frames = [parse_frame(body) for body in Queue(folder / f"inbox-{me.country}").acked()]
        answered = [bytes.fromhex(i) for _, i in _pairs(folder / f"answers-{me.country}")]
        accepted = all(store.ledger(one) for one in answered)
        with store.reading() as view:
            records = {(one.cursor, one.record_id.hex()) for one in view.inbox(0, 1_000)}
            outcomes = {(one.cursor, one.record_id.hex()) for one in view.outcomes(0, 1_000)}
            acked = all(view.known_envelope(one.envelope_id) for one in frames)
    checks = {
        "an acknowledged envelope": acked,
        "a record handed on": _pairs(folder / f"records-{me.country}") <= records,
        "an outcome told": _pairs(folder / f"outcomes-{me.country}") <= outcomes,
        "an accepted record": accepted,
    }
    return [f"{me} forgot {name}" for name, holds in checks.items() if not holds]


def _pairs(path: Path) -> set[tuple[int, str]]:
    return {(line.cursor, line.record_id) for line in Book(path).lines()}


def _faults_of(folder: Path, me: Endpoint, stores: dict[Endpoint, SqliteStore]) -> list[str]:
    store = stores[me]
    checks = {
        "handed on": _handed_on_once(folder, me),
        "outcomes": _accepted_once(folder, me),
        "ledger": _receipted(store, me),
        "nothing waits": not store.depths() and not store.peers_owed(),
        "nothing lies at the broker": not len(Queue(folder / f"inbox-{me.country}")),
        "positions": _without_a_gap(store, "sealed") and _without_a_gap(store, "received"),
        "log": _log_holds(store),
        "the partner's log": _says_what_partner_says(store, stores[PEER[me]]),
        "sound": connection_of(store).pragma("integrity_check") == "ok",
    }
    return [f"{me}: {name}" for name, holds in checks.items() if not holds]


def _handed_on_once(folder: Path, me: Endpoint) -> bool:
    """Whether the national system got what was sent: each once, but for marked repeats."""
    lines = Book(folder / f"records-{me.country}").lines()
    cursors = [line.cursor for line in lines]
    unmarked = sorted((line.record_id, line.what) for line in lines if not line.marked)
    wanted = sorted((one.record_id.hex(), one.digest) for one in WANTED if one.sender != me)
    return unmarked == wanted and cursors == sorted(set(cursors))


def _accepted_once(folder: Path, me: Endpoint) -> bool:
    """Whether the national system was told of each of its records, once, that it is accepted."""
    lines = Book(folder / f"outcomes-{me.country}").lines()
    told = sorted((line.record_id, line.what) for line in lines)
    mine = sorted(one.record_id.hex() for one in WANTED if one.sender == me)
    return told == [(one, Verdict.ACCEPTED.name) for one in mine]


def _receipted(store: SqliteStore, me: Endpoint) -> bool:
    lines = [store.ledger(one.record_id) for one in WANTED if one.sender == me]
    return all(
        len(of_one) == 1 and of_one[0].receipted_ms and of_one[0].verdict is Verdict.ACCEPTED
        for of_one in lines
    )


def _without_a_gap(store: SqliteStore, table: str) -> bool:
    """Whether each epoch has the positions 1, 2, 3, …, each held by one envelope."""
    counts: Counter[int] = Counter()
    rows = connection_of(store).execute(f"SELECT epoch, seq FROM {table} ORDER BY epoch, seq")  # noqa: S608
    for epoch, seq in rows:
        counts[epoch] += 1
        if seq != counts[epoch]:
            return False
    return True


def _log_holds(store: SqliteStore) -> bool:
    """Whether size and root of the log are those of the leaves, and each envelope has its leaf."""
    tree, leaves = LogTree(), _leaves(store)
    for leaf in leaves:
        tree = tree.appended(log_leaf(leaf_bytes(LeafEntry(*leaf))))
    with store.reading() as view:
        whole = view.log_head() == (tree.size, tree.root())
    kept = sorted([*_envelopes(store, "sealed"), *_envelopes(store, "received")])
    return whole and sorted((id_, aux) for _, _, id_, aux in leaves) == kept


def _says_what_partner_says(store: SqliteStore, partner: SqliteStore) -> bool:
    """Whether all that came in has gone out there, under the same payload root."""
    came_in = {(id_, aux) for kind, _, id_, aux in _leaves(store) if kind == LeafKind.IN}
    went_out = {(id_, aux) for kind, _, id_, aux in _leaves(partner) if kind == LeafKind.OUT}
    return came_in <= went_out


def _leaves(store: SqliteStore) -> Leaves:
    query = "SELECT kind, at_ms, id, aux FROM leaves ORDER BY number"
    return [tuple(row) for row in connection_of(store).execute(query)]


def _envelopes(store: SqliteStore, table: str) -> Iterator[tuple[bytes, bytes]]:
    query = f"SELECT envelope_id, payload_root FROM {table}"  # noqa: S608
    return (tuple(row) for row in connection_of(store).execute(query))
