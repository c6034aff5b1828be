"""Who looks at a backup is told when it is older than what partners keep (PROTOCOL §7.1)."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.daemon.backup import create
from corridor.daemon.config import load_config
from corridor.daemon.trust_keeper import open_keys
from corridor.seal.storage import StorageKey
from corridor.store.rules import SEALED_KEPT_MS
from corridor.store.sqlite import SqliteStore

DAY_MS = 24 * 3600 * 1000
WORDS = "it is older than 30 days: partners no longer keep the bytes"


def test_a_backup_says_that_it_is_older_than_what_partners_keep(
    node_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config_path, keys = node_folder("GE"), tmp_path / "offline"
    assert corridor("backup", "key", "--at", keys).status == 0
    shutil.copy(keys / "backup.pub", config_path.parent)
    with config_path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\n')
    config = load_config(config_path)
    config.store.path.parent.mkdir(exist_ok=True)
    SqliteStore.open(config.store.path, StorageKey(open_keys(config.keys).storage_key())).close()
    now_ms = time.time_ns() // 1_000_000
    made = create(config, config_path, now_ms)
    told = []
    for days in (0, 29, 31):
        monkeypatch.setattr("corridor.cli.backup.unix_ms", lambda at=now_ms + days * DAY_MS: at)
        said = corridor("backup", "verify", made.path, "--config", config_path)
        as_json = corridor("backup", "verify", made.path, "--config", config_path, "--json")
        told.append((said.status, WORDS in said.out, as_json.json["older_than_partners_keep"]))
    assert told == [(0, False, False), (0, False, False), (0, True, True)]
    assert SEALED_KEPT_MS == 30 * DAY_MS  # the words say so
