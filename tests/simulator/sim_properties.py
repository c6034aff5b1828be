"""The properties P-1 to P-8 of PROTOCOL §7.5, judged by what really happened."""

from collections import Counter
from collections.abc import Iterator

from corridor.exchange.policy import CONTROL_CREDIT, MAX_PENDING
from corridor.exchange.values import Verdict
from corridor.store.memory_state import OutRow
from corridor.store.memory_way import MemoryWay
from corridor.store.values import LedgerLine
from corridor.transit.parties import Endpoint
from corridor.wire import limits
from simulator import sim_limits
from simulator.sim_node import Node, is_final
from simulator.sim_world import DAY, HOUR, World

TOLD_AGAIN_MS = 30 * DAY - 300 * HOUR
"""What was told longer ago is not told again (PROTOCOL §6.8 (5)), by a clock that may be off."""


def watched(world: World) -> World:
    """Have checked what can be broken only for a moment, at each such moment."""
    world.on_turn = check_bounds_of
    world.on_receipt = check_receipts_truthful
    world.on_recovered = check_recovered
    return world


def check_always(world: World) -> None:
    """Check what must hold at every moment."""
    check_nothing_twice(world)
    check_receipts_truthful(world)
    check_ledger_truthful(world)
    check_bounds(world)


def check_all(world: World) -> None:
    """Check everything that must hold once mishaps have ended and the world has settled."""
    check_always(world)
    check_nothing_lost(world)
    check_nothing_waits(world)
    check_logs_agree(world)
    world.send_more()
    check_ledger_complete(world)


def check_nothing_lost(world: World) -> None:
    """P-1: every record is recorded and handed on, or refused by name; its sender knows which."""
    for record_id, (sender, recipient, valid) in world.ghost.submitted.items():
        name = record_id.hex()
        assert is_final(world.nodes[sender], record_id), f"P-1: {name} has no receipt"
        accepted = (sender, record_id) in accepted_by(world.nodes[recipient])
        assert accepted is valid, f"P-1: {name} is not at its recipient"
        given = (recipient, record_id) in world.ghost.given
        assert given is valid, f"P-1: {name} was not handed on"
    for node in world.all:
        for row in node.store._tables.data["outbox"].values():
            valid = world.ghost.submitted[row.record_id][2]
            expected = Verdict.ACCEPTED if valid else Verdict.REFUSED
            assert row.verdict is expected, f"P-1: {row.record_id.hex()} is told to be otherwise"


def check_nothing_twice(world: World) -> None:
    """P-2: no record is handed on twice without a mark, or stands in an inbox twice."""
    for (_, record_id), count in world.ghost.handed.items():
        assert count <= 1, f"P-2: {record_id.hex()} was handed on {count} times"
    for node in world.all:
        accepted = accepted_by(node)
        assert len(accepted) == len(set(accepted)), "P-2: an inbox holds a record twice"


def check_receipts_truthful(world: World) -> None:
    """P-3: what counts as accepted at its sender was recorded by the recipient."""
    for node in world.all:
        for row in node.store._tables.data["outbox"].values():
            if row.verdict is Verdict.ACCEPTED:
                key = (row.peer, node.endpoint, row.record_id)
                assert key in world.ghost.received, f"P-3: {row.record_id.hex()}"


def check_ledger_truthful(world: World) -> None:
    """P-7: no step stands in a ledger that was not taken at the recipient."""
    for node, row, line in ledgers(world):
        key = (row.peer, row.record_id)
        name = f"P-7: {node.endpoint} {row.record_id.hex()}"
        assert line.handed_ms is None or key in world.ghost.given, f"{name} was not handed over"
        done = line.acknowledged_ms is None or key in world.ghost.acknowledged
        assert done, f"{name} was not acknowledged"
        assert line.acknowledged_ms is None or line.handed_ms is not None, name


def check_ledger_complete(world: World) -> None:
    """The other half of P-7: once mishaps have ended no step of an accepted record is missing."""
    if any(node.restored for node in world.all):
        return
    for node, row, line in ledgers(world):
        name = f"P-7: {node.endpoint} was not told of {row.record_id.hex()}"
        submitted_ms = int.from_bytes(row.record_id[:6])
        if world.now + world.leapt_ms - submitted_ms > TOLD_AGAIN_MS:
            continue
        assert line.handed_ms is not None, name
        assert line.acknowledged_ms is not None, name


def ledgers(world: World) -> Iterator[tuple[Node, OutRow, LedgerLine]]:
    for node in world.all:
        way = MemoryWay(node.store._tables)
        for row in node.store._tables.data["outbox"].values():
            if row.verdict is Verdict.ACCEPTED:
                yield node, row, way.ledger_line(row)


def check_recovered(node: Node, peer: Endpoint) -> None:
    """P-8: who says that all is back holds whatever it took from a partner that forgot nothing."""
    sender = node.world.nodes[peer]
    if sender.restored:
        return
    here = {row.record_id for row in node.store._tables.data["inbox"].values()}
    for recipient, endpoint, record_id in node.world.ghost.received:
        ours = (recipient, endpoint) == (node.endpoint, peer)
        assert not ours or record_id in here, f"P-8: {node.endpoint} lacks {record_id.hex()}"


def check_nothing_waits(world: World) -> None:
    """P-4: no gap, window, gate or answer stays open."""
    for node in world.all:
        assert not node.store.counts()["waiting"], "P-4: a record waits"
        for stream, closed in node.store._tables.data["in_streams"].values():
            whole = stream.complete_to >= stream.highest
            assert closed or whole, f"P-4: a gap stays open: {stream}"
        for peer in node.outbound._peers.values():
            assert not peer.in_flight, "P-4: something is still in flight"
            assert not peer.anew.positions, "P-4: something is still to be sealed anew"
            assert not peer.opening, "P-4: an epoch is not answered"
            assert not peer.dues.receipt, "P-4: a receipt is owed"
            assert not peer.dues.tombstones, "P-4: a tombstone is owed"
            assert not peer.dues.watches, f"P-4: a gap stays open: {peer.dues.watches}"


def check_bounds(world: World) -> None:
    """P-5: memory is bounded whatever the peers do."""
    for node in world.all:
        check_bounds_of(node)


def check_bounds_of(node: Node) -> None:
    policy = node.world.policy
    for peer in node.outbound._peers.values() if node.outbound else ():
        beyond = 1 + (MAX_PENDING if node.world.is_forgetful else 0)
        assert peer.in_flight <= policy.window_most + beyond, "P-5: window"
        assert len(peer.controls_on_way) <= CONTROL_CREDIT + 1, "P-5: credit"
        for some in (peer.dues.deferrals, peer.dues.cannot_open, peer.dues.tombstones):
            assert len(some) <= sim_limits.most_pending(), "P-5: answers"
        assert len(peer.asked) <= limits.MAX_RESEND_ENVELOPES, "P-5: resends"
        assert len(peer.resent) <= 2 * limits.MAX_RESEND_ENVELOPES, "P-5: resends"
    held = Counter(one.claimed_sender for one in node.store._tables.data["held"].values())
    assert all(count <= policy.held_per_sender for count in held.values()), "P-5: held frames"
    for streams in node.inbound._memory.streams.values() if node.inbound else ():
        assert len(streams) <= 2 * sim_limits.most_open_epochs(), "P-5: epochs"
        for stream in streams.values():
            assert len(stream.ahead) <= sim_limits.stream_window(), "P-5: ahead of a gap"


def check_logs_agree(world: World) -> None:
    """P-6: what one side says it received, the other says it sent: unless made to forget."""
    for receiver in world.all:
        for kept in receiver.store._tables.data["received"].values():
            envelope = kept.envelope
            sender = world.nodes[envelope.peer]
            if sender.restored:
                continue
            sent = sender.store._tables.data["sealed_ids"]
            assert envelope.envelope_id in sent, f"P-6: {envelope.position}"


def accepted_by(node: Node) -> list[tuple[str, bytes]]:
    return [
        (row.peer, row.record_id)
        for row in node.store._tables.data["inbox"].values()
        if row.verdict is Verdict.ACCEPTED
    ]
