"""The drill: a node's disk is deleted amid traffic, and it is put back from a backup."""

import shutil
import threading
from pathlib import Path

import pytest

from builders_lab import GE, TR, Lab, corridor, told
from corridor.daemon.config import load_config
from corridor.lab.nodes import wait_nodes
from corridor.transit.parties import CountryCode

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def key_folder(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup key, kept apart; Georgia's and Türkiye's nodes know its public half."""
    folder = tmp_path_factory.mktemp("offline") / "backup-key"
    told(corridor("backup", "key", "--at", folder, "--json"))
    for code in (GE, TR):
        config = lab.config(code)
        shutil.copy(folder / "backup.pub", config.parent)
        with config.open("a") as text:
            text.write('\n[backup]\npublic_key_file = "backup.pub"\ndirectory = "../backups"\n')
    return folder


def back_up(lab: Lab, code: str) -> Path:
    made = told(
        corridor("backup", "create", "--config", lab.network.nodes[code].plan.config, "--json")
    )
    assert isinstance(made, dict)
    return Path(made["path"])


@pytest.mark.parametrize("code", [GE, TR], ids=["receiver", "sender"])
def test_a_node_whose_disk_is_gone_comes_back_and_nothing_is_lost(
    lab: Lab, key_folder: Path, code: CountryCode
) -> None:
    node = lab.network.nodes[code]
    genesis = load_config(lab.config(code)).trust.genesis_sha256
    first = lab.play(lab.plan(41, 6))
    assert lab.proof(first.accepted).holds
    copied: list[Path] = []
    thread = threading.Thread(target=lambda: copied.append(back_up(lab, code)))
    thread.start()  # while records go both ways
    during = lab.play(lab.plan(42, 12))
    thread.join(60)
    assert copied
    assert lab.proof(during.accepted).holds  # what is final is not submitted again by anybody
    # after the backup, Azerbaijan and the other one send to the node that will forget it
    after = lab.play([one for one in lab.plan(43, 8) if one.recipient[:2] == code])
    node.kill()
    shutil.rmtree(node.plan.directory)

    restored = told(
        corridor(
            "backup", "restore", copied[0], "--config", node.plan.config,
            "--key-folder", key_folder, "--genesis", genesis, "--json",
        )
    )  # fmt: skip
    assert isinstance(restored, dict)
    assert "head" in restored, restored
    assert restored["aside"] is None
    assert restored["rows"]["inbox"] > 0
    node.start()
    wait_nodes([node], 60)

    proof = lab.proof([*first.accepted, *during.accepted, *after.accepted], timeout_s=90)
    assert proof.holds, proof
    last = lab.play(lab.plan(44, 4))
    assert lab.proof(last.accepted).holds
