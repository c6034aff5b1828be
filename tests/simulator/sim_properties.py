"""The properties of PROTOCOL §7.5, judged by what really happened."""

from corridor.exchange.values import Verdict
from simulator.sim_world import World, is_final


def check_all(world: World) -> None:
    """Check everything that must hold once mishaps have ended and the world has settled."""
    check_nothing_lost(world)
    check_nothing_twice(world)
    check_verdicts(world)
    check_logs_agree(world)
    check_nothing_left(world)


def check_nothing_lost(world: World) -> None:
    for record_id, (sender, recipient, valid) in world.ghost.submitted.items():
        assert is_final(world.nodes[sender], record_id), f"{record_id.hex()} has no receipt"
        rows = world.nodes[recipient].store._tables.data["inbox"].values()
        ids = {row.record_id for row in rows if row.verdict is Verdict.ACCEPTED}
        assert (record_id in ids) is valid, f"{record_id.hex()} is not at its recipient"
        given = (recipient, record_id) in world.ghost.given
        assert given is valid, f"{record_id.hex()} was not handed on"


def check_nothing_twice(world: World) -> None:
    for (_, record_id), count in world.ghost.handed.items():
        assert count <= 1, f"{record_id.hex()} was handed on {count} times"
    for node in world.all:
        accepted = [
            (row.peer, row.record_id)
            for row in node.store._tables.data["inbox"].values()
            if row.verdict is Verdict.ACCEPTED
        ]
        assert len(accepted) == len(set(accepted))


def check_verdicts(world: World) -> None:
    for node in world.all:
        for row in node.store._tables.data["outbox"].values():
            valid = world.ghost.submitted[row.record_id][2]
            assert row.verdict is (Verdict.ACCEPTED if valid else Verdict.REFUSED)


def check_logs_agree(world: World) -> None:
    """What one side says it received, the other says it sent: unless it was made to forget."""
    for receiver in world.all:
        for key, kept in receiver.store._tables.data["received"].items():
            envelope = kept.envelope if hasattr(kept, "envelope") else kept
            sender = world.nodes[envelope.peer]
            if sender.restored:
                continue
            sent = sender.store._tables.data["sealed_ids"]
            assert any(
                envelope.envelope_id in (part if isinstance(part, tuple) else (part,))
                for part in sent
            ), key


def check_nothing_left(world: World) -> None:
    """No gap stays open, nothing is owed or in flight, nothing waits."""
    for node in world.all:
        counts = node.store.counts()
        assert counts["waiting"] == 0
        for peer in node.outbound._peers.values():
            assert peer.in_flight == 0, "still in flight"
            assert not peer.reseal
            assert not peer.dues.receipt
            assert not peer.dues.tombstones
            assert not peer.dues.watches, f"a gap stays open: {peer.dues.watches}"
