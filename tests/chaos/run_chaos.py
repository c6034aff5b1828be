"""`make chaos`: faults while records flow, on real brokers and nodes; nothing lost, doubled, stuck.

    make chaos                               200 random runs; build/chaos/summary.json
    make chaos CHAOS_RUNS=1000 CHAOS_SEED=7  that many, of that seed; goes on where it stopped
    tests/chaos/run_chaos.py --only 37       play run 37 of the seed again
    tests/chaos/run_chaos.py --faults link_cut,node_killed --runs 20
    tests/chaos/run_chaos.py --break trust-confirm   break a rule on purpose: it must fail

One line a run in build/chaos/runs.jsonl; what failed keeps its logs in build/chaos/failed/.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "node")]

from chaos.account import Account, summary  # noqa: E402 - found there only
from chaos.breaking import BREAKS  # noqa: E402
from chaos.disks import can_mount  # noqa: E402
from chaos.network import SCALE  # noqa: E402
from chaos.wiping import NAMED  # noqa: E402
from chaos.worker import Part, Worker  # noqa: E402
from testkit.processes import processes_of  # noqa: E402

OUT = HERE.parents[1] / "build" / "chaos"
_PATIENCE_S = 120


def main() -> int:
    """Play, sum up, tell people; 1 where anything was lost, doubled, stuck or not counted."""
    asked = _asked()
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job ignores the latter
        signal.signal(number, _end)
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.break_ or asked.fresh:
        (asked.out / "runs.jsonl").unlink(missing_ok=True)
    small = can_mount(asked.out / "mount-probe")
    print(f"times of the product are scaled by {SCALE}; seed {asked.seed}", flush=True)
    if not small:
        print("no right to mount here: store_full and store_nearly_full are left out", flush=True)
    begun = time.monotonic()
    if asked.jobs > 1 and not asked.only:
        fine = _in_parallel(asked)
    else:
        worker = Worker(_part(asked, small=small), lambda text: print(text, flush=True))
        fine = worker.run()
    if asked.part:
        return 0 if fine else 1
    left = processes_of(f"{asked.out}/net-")
    told = _summary(asked, small=small, left=left)
    told["wall_seconds"] = round(time.monotonic() - begun)
    (asked.out / "summary.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    short = {name: told[name] for name in list(told)[:8]}
    print(f"{asked.out / 'summary.json'}: {json.dumps(short)}")
    enough = bool(asked.only or asked.break_) or told["runs"] >= asked.runs
    if not enough:
        print(f"only {told['runs']} of {asked.runs} runs count: in the others a fault did not bite")
    return 0 if fine and enough and not told["failed"] and not left else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    env = os.environ.get
    parser.add_argument("--runs", type=int, default=int(env("CHAOS_RUNS") or 200))
    parser.add_argument("--seed", type=int, default=int(env("CHAOS_SEED") or 1))
    parser.add_argument("--jobs", type=int, default=int(env("CHAOS_JOBS") or 1))
    parser.add_argument("--part", default="", help="K/N: the blocks of one worker of several")
    parser.add_argument("--only", type=int, nargs="*", default=[], help="numbers to play again")
    parser.add_argument("--faults", default=env("CHAOS_FAULTS") or "", help="names; or: list")
    parser.add_argument("--break", dest="break_", choices=sorted(BREAKS), default="")
    parser.add_argument("--fresh", action="store_true", help="forget the runs that were played")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    if asked.faults == "list":
        print("\n".join(f"{one.kind:9} {one.name}" for one in NAMED.values()))
        sys.exit(0)
    if unknown := {one for one in asked.faults.split(",") if one} - set(NAMED):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; `--faults list` lists them")
    if asked.break_:
        asked.out = asked.out / f"break-{asked.break_}"
    elif asked.only:
        asked.out = asked.out / "again"
    asked.out = asked.out.resolve()
    return asked


def _part(asked: argparse.Namespace, *, small: bool) -> Part:
    part, _, parts = (asked.part or "0/1").partition("/")
    return Part(
        asked.seed, asked.runs, int(part), int(parts), asked.out, asked.break_ or "-",
        [one for one in asked.faults.split(",") if one], asked.only, small,
    )  # fmt: skip


def _in_parallel(asked: argparse.Namespace) -> bool:
    """Let each worker be a process of its own; they share nothing but the account."""
    command = [sys.executable, str(Path(__file__).resolve()), "--runs", str(asked.runs),
               "--seed", str(asked.seed), "--faults", asked.faults, "--jobs", "1",
               "--out", str(asked.out)]  # fmt: skip
    workers = [
        subprocess.Popen([*command, "--part", f"{one}/{asked.jobs}"]) for one in range(asked.jobs)
    ]
    try:
        statuses = [worker.wait() for worker in workers]
        return not any(statuses)
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGINT)
        for worker in workers:
            try:
                worker.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                worker.kill()


def _summary(asked: argparse.Namespace, *, small: bool, left: list[int]) -> dict[str, Any]:
    told = summary(Account(asked.out / "runs.jsonl").lines(asked.seed))
    cases = asked.out / "cases.json"
    return {
        "runs": told.pop("runs"),
        "cases": len(json.loads(cases.read_text(encoding="utf-8"))) if cases.exists() else 0,
        **told,
        "seed": asked.seed,
        "scale": SCALE,
        "left_out": [] if small else ["store_full", "store_nearly_full"],
        "processes_left": left,
    }


def _end(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; `make chaos` goes on where it stopped", file=sys.stderr)
        sys.exit(130)
