"""Plays numbered cases on pairs of RabbitMQ versions: the sender's newer, then the receiver's.

    python tests/chaos/run_matrix.py [all | quick | 1,5,16-18]

Türkiye sends and Georgia receives in most cases, so the pairs are 4.x to 3.10.8 and 3.10.8 to 4.x.
What was seen goes into build/chaos/matrix.json, by pair and number. The environment's CHAOS_CHROOT
names the Debian that has the newer version; build/chaos/trixie, where it is not set, is made.
Exit status: 0 if no case differs, 1 if one does, 4 where no such Debian can be made.
"""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / "node"), str(TREE / "tests")]

from chaos.cases.case import Case  # noqa: E402 - after the path
from chaos.cases.playing import Stage, asked_for, play_all, say  # noqa: E402
from chaos.matrix import MixedNetwork, mount_proc, version_of  # noqa: E402
from chaos.network import GE, TR  # noqa: E402
from chaos.table import put_pair  # noqa: E402

RESULTS = TREE / "build" / "chaos" / "matrix.json"
USUAL = "1,2,4-7,9,12-15,19,21,23,27,29"
"""Where versions meet: links, queues, permissions, headers. Nodes and certificates are the same."""


def main(arguments: list[str]) -> int:
    """Play what was asked for on each pair."""
    cases = asked_for(arguments[0] if arguments else USUAL)
    root = Path(os.environ.get("CHAOS_CHROOT") or TREE / "build" / "chaos" / "trixie").resolve()
    made = subprocess.run([str(TREE / "tests" / "chaos" / "trixie.sh"), str(root)], check=False)
    if made.returncode:
        return 4
    mount_proc(root)
    version, differing = version_of(root), 0
    for newer in (TR, GE):
        pair = f"{version} to 3.10.8" if newer == TR else f"3.10.8 to {version}"

        def keep(one: Case, line: dict[str, Any], pair: str = pair) -> None:
            put_pair(RESULTS, pair, one.number, one.title, line)

        say(f"{pair}: {len(cases)} cases")
        network = partial(MixedNetwork, root=root, newer=(newer,))
        begun = time.monotonic()
        with Stage(real=False, say=say, network=network) as stage:
            differing += play_all(stage, cases, keep)
        say(f"{pair}: {time.monotonic() - begun:.0f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
