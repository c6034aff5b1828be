"""A node with a spool that is killed before the Nth step that touches the disk or the store.

    python spool_killed.py NODE.TOML SPOOL KEPT

For each step: SPOOL and the node's state are put back as they are in KEPT, a process turns the
spool and kills itself before that step, another one turns it to its end; what is there then is
printed, one JSON line each, until a step is never reached. Processes are forked, so that nothing is
imported again.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corridor.daemon.config import load_config
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.logs import configure_logs
from corridor.daemon.node import Node
from corridor.daemon.service import NodeService
from corridor.gateway.spool.gateway import SpoolGateway
from corridor.standards.standard import standards
from corridor.wire.records import check_record, decode_record

CONFIG, SPOOL, KEPT = (Path(one) for one in sys.argv[1:4])
NEVER = 10**9
OPEN = os.open


def counted(left: list[int], real: Callable[..., Any]) -> Callable[..., Any]:
    def before(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
        if real is OPEN and not arguments[1] & os.O_CREAT:
            return real(*arguments, **named)  # it changes nothing
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    return before


def turn(step: int) -> None:
    config = load_config(CONFIG)
    node = Node(config)
    metrics = GatewayMetrics(node.metrics.registry, spool=True, webhook=False)
    spool = SpoolGateway(config.spool, node.service, metrics)
    left = [step]
    for owner, names in (
        (NodeService, ("submit", "note", "acknowledge")),
        (Path, ("replace", "mkdir", "unlink")),
        (os, ("open", "fsync", "rename")),
    ):
        for name in names:
            setattr(owner, name, counted(left, getattr(owner, name)))
    for _ in range(2):
        spool.turn()
    left[0] = NEVER
    node._store.close()


def forked(step: int) -> int:
    """Turn the spool in a process of its own; returns its status."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            turn(step)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def state() -> dict[str, object]:
    """What there is in the end, but for times."""
    good = json.loads((SPOOL / "done/TR/good.pb.result.json").read_bytes())
    bad = json.loads((SPOOL / "refused/TR/bad.json.result.json").read_bytes())
    files = [one for one in SPOOL.rglob("*") if one.is_file()]
    return {
        "good": good["status"],
        "id": good["record_id"],
        "bad": bad["reason"],
        "beside": [(one["file"], one["record_id"]) for one in good["files"]],
        "files": sorted(str(one.relative_to(SPOOL)) for one in files),
        "in": {one.name: one.read_text() for one in (SPOOL / "in" / "TR").glob("[0-9]*")},
    }


def main() -> None:
    configure_logs("error", "json")
    # Once, in the process that forks, and not in each child.
    standards(None)
    check_record(decode_record((KEPT / "spool/out/TR/good.pb").read_bytes()))
    step = NEVER
    while True:
        for name, place in (("spool", SPOOL), ("state", CONFIG.parent / "state")):
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(KEPT / name, place)
        status = forked(step)
        if status == 0 and step != NEVER:
            return
        if step == NEVER:
            step = 0
        elif status != -signal.SIGKILL or forked(NEVER) != 0:
            sys.exit(f"step {step} ended with {status}")
        print(json.dumps({"step": step, **state()}), flush=True)
        step += 1


main()
