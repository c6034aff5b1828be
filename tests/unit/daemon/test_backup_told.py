"""Whether backups are made is told: by the metric, the status and the doctor."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders_cli import corridor
from corridor.cli import status as cli_status
from corridor.daemon.config import load_config
from corridor.daemon.node import Node

NodeFolder = Callable[..., Path]
METRIC = "corridor_backup_last_success_timestamp_seconds"


@pytest.fixture
def backing_up(node_folder: NodeFolder, tmp_path: Path) -> Path:
    path = node_folder("GE", '\n[backup]\npublic_key_file = "backup.pub"\n')
    assert corridor("backup", "key", "--at", tmp_path / "offline").status == 0
    shutil.copy(tmp_path / "offline" / "backup.pub", path.parent)
    return path


def looked(path: Path) -> dict[str, Any]:
    (found,) = corridor("doctor", "--config", path, "--only", "backup", "--json").json["checks"]
    assert bool(found["cure"]) is (found["status"] in {"warn", "fail"})
    return found


def seen(path: Path) -> tuple[float | None, str]:
    """The metric, and the line of the screen."""
    node = Node(load_config(path))
    try:
        node.housekeep()
        screen = cli_status._screen(node.status())
        (line,) = [one for one in screen.splitlines() if one.startswith("  backup ")]
        return node.metrics.registry.get_sample_value(METRIC), line
    finally:
        node.stop()


def test_where_none_is_configured_nothing_is_measured_and_that_is_said(
    node_folder: NodeFolder,
) -> None:
    path = node_folder("GE")
    assert seen(path) == (None, "  backup      no backup is configured")
    assert looked(path)["status"] == "skip"
    text = path.read_text()
    path.write_text(text.replace('environment = "lab"', 'environment = "production"'))
    found = looked(path)
    assert (found["status"], "no backup is configured" in found["what"]) == ("warn", True)


def test_a_network_in_earnest_without_a_backup_is_warned_of_on_the_screen() -> None:
    status = {"backs_up": False, "environment": "production"}
    assert cli_status._backup(status).startswith("warning: no backup is configured")
    assert cli_status._backup({"environment": "production"}) == "none was made yet"  # 0.1.0


def test_until_one_is_made_the_metric_is_zero_and_then_it_is_its_time(backing_up: Path) -> None:
    value, line = seen(backing_up)
    assert value == 0
    assert line.endswith("none was made yet")
    assert looked(backing_up)["status"] == "warn"
    assert corridor("backup", "create", "--config", backing_up).status == 0
    value, line = seen(backing_up)
    assert value
    assert "the last 20" in line
    assert looked(backing_up)["status"] == "ok"
    (made,) = (backing_up.parent / "backup").glob("*.crb1")
    stamp = made.name.split("-")[1]
    made.rename(made.with_name(made.name.replace(stamp[:4], "2020", 1)))
    found = looked(backing_up)
    assert found["status"] == "warn"
    assert "corridor backup create" in found["cure"]


def test_a_key_that_cannot_be_read_fails(backing_up: Path) -> None:
    (backing_up.parent / "backup.pub").write_text("no key\n")
    assert looked(backing_up)["status"] == "fail"
