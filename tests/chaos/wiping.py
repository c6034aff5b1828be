"""A fault that is played only where it is named: a node's store is gone, and its backup comes back.

Rules:

* it is drawn by no seed on its own, so that the runs of a seed that is kept stay what they were:
  `make chaos CHAOS_FAULTS=node_wiped CHAOS_RUNS=20`;
* the backup is the newest one, made while records flow; what the node took and got after it, it
  forgets;
* what a partner holds comes back from there; what nobody else ever had, the national system offers
  again under its own ids (`Traffic.again`), as the manual tells it to.
"""

import shutil
import time
from typing import Final

from chaos.faults import FAULTS, Fault, Scene
from corridor.daemon.backup import create, make_backup_key
from corridor.daemon.config import load_config
from corridor.daemon.restore import Source, backup_key, restore

_LATER_S: Final = 0.4
"""How long records flow after the backup."""


def _wipe(scene: Scene) -> None:
    node = scene.net.node(scene.victim)
    config_path, folder = node.plan.config, node.plan.store.parent
    keys = node.plan.directory.parent / f"backup-key-{scene.victim}"
    if not keys.exists():
        _, public = make_backup_key(keys, None)
        with config_path.open("a", encoding="utf-8") as text:
            text.write(f'\n[backup]\npublic_key_file = "{public}"\ndirectory = "{keys}/made"\n')
    made = create(load_config(config_path), config_path, _now_ms())
    scene.seen["backup"] = Source(made.path, backup_key(keys, None, made.path))
    time.sleep(_LATER_S)
    scene.net.kill_node(scene.victim)
    for one in folder.iterdir():  # the folder itself may be a disk of its own
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    scene.forgets = True


def _is_wiped(scene: Scene) -> bool:
    return scene.forgets and not scene.net.node(scene.victim).plan.store.exists()


def _put_back(scene: Scene) -> None:
    node = scene.net.node(scene.victim)
    restore(scene.seen["backup"], node.plan.config, _now_ms())
    node.start()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


WIPED: Final = Fault(
    "node_wiped", "node", ("node", "own", "store"), _wipe, _is_wiped, _put_back, 0.3, 1.0,
    slow_s=3.0,
)  # fmt: skip
NAMED: Final = {**FAULTS, WIPED.name: WIPED}
"""Every fault that may be asked for by its name."""
