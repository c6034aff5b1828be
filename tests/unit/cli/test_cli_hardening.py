"""The doctor's check of hardening: each thing that is open is a warning with its cure."""

from pathlib import Path
from typing import Any

import pytest

from builders_cli import corridor
from corridor.cli import doctor_hardening
from corridor.daemon.config_edit import write_value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node whose keys are locked by a passphrase that lies elsewhere."""
    folder = tmp_path_factory.mktemp("hard")
    secret = folder / "etc" / "passphrase"
    secret.parent.mkdir()
    secret.touch(0o600)
    secret.write_text("correct horse\n")
    init(folder / "ge", "--passphrase-file", secret)
    return folder / "ge" / "node.toml"


def init(at: Path, *more: object) -> None:
    """Make a node's folder."""
    done = corridor("init", "--endpoint", "GE.RS", "--administration", "Revenue Service",
                    "--broker-host", "mq.rs.ge", "--at", at, "--no-input", *more,
                    "--genesis", "ab" * 32)  # fmt: skip
    assert done.status == 0, done.err


@pytest.fixture(autouse=True)
def no_swap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without swap."""
    none = tmp_path / "swaps"
    none.write_text("Filename Type Size Used Priority\n")
    monkeypatch.setattr(doctor_hardening, "SWAPS", none)


def look(config: Path) -> list[dict[str, Any]]:
    said = corridor("doctor", "--config", config, "--only", "hardening", "--json")
    assert said.status == 0, said.out
    return list(said.json["checks"])


def only(config: Path) -> str:
    """Return the one warning that is not about root, which tests may well be."""
    found = [one for one in look(config) if "as root" not in one["what"]]
    (one,) = found
    assert one["status"] == "warn"
    assert one["cure"]
    return str(one["what"])


def test_a_closed_node_has_nothing_to_say_but_who_runs_it(made: Path) -> None:
    found = [one["status"] for one in look(made)]
    assert found == (["warn"] if made.stat().st_uid == 0 else ["ok"])


def test_keys_that_are_not_locked_are_counted(tmp_path: Path) -> None:
    init(tmp_path / "ge")
    assert "5 of 5 keys are not locked" in only(tmp_path / "ge" / "node.toml")


def test_a_passphrase_beside_the_keys_is_named(made: Path) -> None:
    text = made.read_text()
    inside = made.parent / "passphrase"
    try:
        inside.touch(0o600)
        inside.write_text("correct horse\n")
        write_value(made, "keys", "passphrase_file", str(inside))
        assert "lies beside the keys" in only(made)
    finally:
        made.write_text(text)
        inside.unlink()


def test_a_folder_that_others_may_write_is_named(made: Path) -> None:
    mode = made.stat().st_mode & 0o777
    made.chmod(mode | 0o020)
    try:
        assert f"others may write {made}" in only(made)
    finally:
        made.chmod(mode)


@pytest.mark.parametrize(
    ("address", "told"),
    [("192.0.2.7", True), ("::1", False), ("localhost", False), ("monitoring", True)],
)
def test_metrics_beyond_loopback_are_named(
    made: Path, monkeypatch: pytest.MonkeyPatch, address: str, *, told: bool
) -> None:
    monkeypatch.setenv("CORRIDOR__METRICS__ADDRESS", address)
    found = [one["what"] for one in look(made) if "metrics listen" in one["what"]]
    assert found == [f"metrics listen on {address}: they name partners, and how much passes"] * told


def test_a_password_of_the_operator_that_others_may_read_is_named(
    made: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "operator.password"
    secret.write_text("correct horse\n")
    for mode, told in ((0o600, False), (0o640, True), (0o644, True)):
        secret.chmod(mode)
        said = corridor("doctor", "--config", made, "--only", "hardening", "--json",
                        "--password-file", secret)  # fmt: skip
        found = [one["what"] for one in said.json["checks"] if "password" in one["what"]]
        assert found == [f"{secret} has mode {mode:04o}: others may read the operator's password"
                         ] * told  # fmt: skip


def test_swap_is_named_and_its_absence_is_no_fault(
    made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    swaps = tmp_path / "some"
    monkeypatch.setattr(doctor_hardening, "SWAPS", swaps)
    assert not [one for one in look(made) if "swapped" in one["what"]]
    swaps.write_text("Filename Type Size Used Priority\n/dev/vdb partition 1 0 -2\n")
    assert "swapped to /dev/vdb" in only(made)


def test_root_is_named_in_production_alone(made: Path) -> None:
    if made.stat().st_uid != 0:
        pytest.skip("only root can look at keys of root")
    assert [one for one in look(made) if "as root" in one["what"]]
    text = made.read_text()
    try:
        made.write_text(text.replace('"production"', '"test"'))
        assert not [one for one in look(made) if "as root" in one["what"]]
    finally:
        made.write_text(text)
