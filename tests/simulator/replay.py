"""Plays one schedule again and tells what happened in it.

    cd tests; ../.venv/bin/python -m simulator.replay SEED [DEFECT]

One line for each frame that leaves or arrives, each event, each mishap; times in seconds.
"""

import pickle
import sys
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from typing import Any

from corridor.wire.batches import decode_entry, is_business_family
from corridor.wire.control import decode_control
from simulator import sim_schedule
from simulator.sim_defects import planted
from simulator.sim_node import Node
from simulator.sim_world import START_MS, World


def say(world: World, *words: object) -> None:
    print(f"{(world.now - START_MS) / 1000:11.3f}", *words)


def short(envelope_id: bytes) -> str:
    return envelope_id.hex()[:6] or "-"


def frame_line(frame: bytes) -> str:
    """Position, id, id before it, key, time, and what it holds."""
    header, (epoch, seq, prev, records) = pickle.loads(frame[4:])  # noqa: S301 - our own bytes
    key = header.recipients[0].enc_key_id[-1:].decode()
    created = (header.created_ms - START_MS) / 1000
    held = "; ".join(map(record_line, records))
    here = f"{epoch - START_MS // 1000}.{seq}:{short(sha256(frame).digest())}"
    return f"{here} after {short(prev)} key {key} created {created:.1f} | {held}"


def record_line(raw: bytes) -> str:
    entry = decode_entry(raw)
    if is_business_family(entry.record_type):
        return f"record {int.from_bytes(entry.record_id[6:])}"
    return control_line(decode_control(entry.record_type, entry.body))


def control_line(value: Any) -> str:
    """A control record with short ids and epochs."""
    match value:
        case bytes():
            return short(value)
        case tuple() if hasattr(value, "_fields"):
            pass
        case tuple() | list():
            return "[" + ", ".join(map(control_line, value)) + "]"
        case int() if value >= START_MS // 1000:
            return str(int(value) - START_MS // 1000)
        case _ if not hasattr(value, "__dataclass_fields__"):
            return str(value)
    names = getattr(value, "_fields", None) or tuple(value.__dataclass_fields__)
    inner = (f"{name}={control_line(getattr(value, name))}" for name in names)
    return f"{type(value).__name__}({', '.join(inner)})"


def tell(owner: type, name: str, line: Callable[..., str]) -> None:
    """Say a line whenever a method is called."""
    before = getattr(owner, name)

    def told(self: Any, *args: Any, **options: Any) -> Any:
        world = self if isinstance(self, World) else self.world
        say(world, line(self, *args, **options))
        return before(self, *args, **options)

    setattr(owner, name, told)


def listen() -> None:
    """Have everything told."""
    for name in ("kill", "restore", "rotate", "lose_link", "back_up", "learn"):
        tell(World, name, lambda _, node, *a, n=name, **o: f"*** {n} {node.endpoint} {a} {o}")
    tell(World, "leap", lambda _, days: f"*** {days} days pass")
    tell(World, "settle", lambda *_: "*** all mishaps end")
    tell(World, "saw", lambda _, node, event: f"        {node.endpoint} {str(event)[:200]}")
    tell(World, "arrive", lambda _, node, __, f: f"{node.endpoint} <- {frame_line(f)}")
    tell(
        World,
        "publish",
        lambda _, node, out: f"{node.endpoint} -> {out.peer} {frame_line(out.frame)}",
    )
    tell(Node, "start", lambda node: f"*** start {node.endpoint}")
    tell(Node, "stop", lambda node: f"*** stop {node.endpoint}")
    tell(Node, "submit", lambda node, one: f"{node.endpoint} is given {one.record_id.hex()}")


def main(seed: str, *defect: str) -> None:
    listen()
    with planted(defect[0]) if defect else nullcontext():
        sim_schedule.play(int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
