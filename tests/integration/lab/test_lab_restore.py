"""The drill: a node's disk is deleted under load, and it is put back from a backup under load."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from builders_lab import AZ, GE, TR, Lab, corridor, told, until
from builders_load import Load
from corridor.daemon.config import load_config
from corridor.daemon.trust_keeper import open_keys
from corridor.lab.nodes import wait_nodes
from corridor.lab.traffic import Planned
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
ENOUGH = 25
"""Records of one phase of the drill."""
SEEDS = {GE: 141, TR: 142}
"""Of no other test of this lab: what was receipted before cannot be lost any more."""


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
    """Every national system goes on: before the loss, while the node is gone, and after it."""
    node = lab.network.nodes[code]
    genesis = load_config(lab.config(code)).trust.genesis_sha256
    seed = SEEDS[code]
    with Load(lab.plan(seed, 150), lab.network.ways_in) as load:
        assert until(lambda: len(load.accepted) >= ENOUGH, 60)
        copied = back_up(lab, code)  # while records go both ways
        since = len(load.accepted)
        # after the backup: what the node will forget, of its own and of its partners
        assert until(lambda: len(load.accepted) >= since + ENOUGH, 60)
        at_loss = len(load.accepted)
        node.kill()
        shutil.rmtree(node.plan.directory)
        assert until(lambda: len(load.accepted) > at_loss + 4, 60)  # by the nodes that are left

        restored = told(
            corridor(
                "backup", "restore", copied, "--config", node.plan.config,
                "--key-folder", key_folder, "--genesis", genesis, "--json",
            )
        )  # fmt: skip
        assert isinstance(restored, dict)
        assert "head" in restored, restored
        assert restored["aside"] is None
        assert restored["rows"]["inbox"] > 0
        load.put_back(node.plan.country.endpoint)
        while_gone = len(load.accepted)
        node.start()
        wait_nodes([node], 60)

        assert until(lambda: returned(lab, code), 60), recovery(lab, code)
        back = len(load.accepted)
        assert back > while_gone
        assert until(lambda: len(load.accepted) >= back + ENOUGH, 60)  # and it is used
        assert load.stop(150), (load.under_way, recovery(lab, code))
        accepted, twice = load.accepted, load.offered_again
        assert until(lambda: {one.key for one in accepted} <= set(lab.handed()), 30)
        proof = load.proof(lab.handed())
    assert not load.refused
    assert proof.holds, proof
    assert proof.planned == proof.handed == proof.receipted == len(accepted)
    assert {one.recipient for one in accepted} == {one.sender for one in accepted}
    assert twice < at_loss  # what was known before is not offered again by anybody
    assert not stored_wrongly(lab, accepted)
    last = lab.play(lab.plan(seed + 100, 4))
    assert lab.proof(last.accepted).holds

    said = recovery(lab, code)
    assert all("has returned all it holds: complete at" in one["sentence"] for one in said)
    assert "recovery.completed" in node.plan.log.read_text()
    node.stop()
    node.start()
    wait_nodes([node], 60)
    assert recovery(lab, code) == said  # it is not forgotten, nor told again
    screen = corridor("status", "--config", node.plan.config).stdout
    assert said[0]["sentence"] in screen


def stored_wrongly(lab: Lab, accepted: list[Planned]) -> list[tuple[str, int]]:
    """What its recipient's store does not hold exactly once, with how often it does."""
    wrong: list[tuple[str, int]] = []
    for code in (TR, GE, AZ):
        config = load_config(lab.config(code))
        key = StorageKey(open_keys(config.keys).storage_key())
        with SqliteStore.open(config.store.path, key, read_only=True) as store:
            for one in (one for one in accepted if one.recipient == config.endpoint):
                count = len(store.deliveries(one.record_id))
                if count != 1:
                    wrong.append((one.record_id.hex(), count))
    return wrong


def recovery(lab: Lab, code: CountryCode) -> list[dict[str, Any]]:
    """What the node says of each partner since it was put back."""
    with lab.client(code) as node:
        found: list[dict[str, Any]] = node.status()["recovery"]
    return found


def returned(lab: Lab, code: CountryCode) -> bool:
    """Whether both partners have returned all they hold."""
    said = recovery(lab, code)
    return len(said) == 2 and all(one["state"] == "complete" for one in said)
