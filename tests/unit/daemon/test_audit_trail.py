"""The audit trail: what operators did, in a chain that shows what was done to it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import click
import pytest

from builders_cli import corridor
from corridor.cli import main as cli_main
from corridor.cli.audited import ACTS, LOOKS
from corridor.daemon.audit_trail import FILE, acts, begin, end, head, lines
from corridor.daemon.config import load_config
from corridor.errors import AuditTrouble

NodeFolder = Callable[..., Path]


def written(folder: Path, count: int = 3) -> Path:
    for number in range(count):
        end(folder, begin(folder, "keys rotate", "anna", {"pid": number}), "ok")
    return folder / FILE


def test_an_act_is_told_with_its_end_and_a_killed_one_as_begun(tmp_path: Path) -> None:
    assert head(tmp_path) is None
    one = begin(tmp_path, "records erase", "anna", {"reason": "asked", "ids": ("a", "b")})
    killed = begin(tmp_path, "backup create", "boris", {})
    end(tmp_path, one, "act_refused")
    first, second = acts(tmp_path)
    assert first[2:6] == ("anna", "records erase", {"reason": "asked", "ids": ["a", "b"]},
                          "act_refused")  # fmt: skip
    assert (second.number, second.outcome, second.ended) == (killed, "begun", None)
    last = head(tmp_path)
    assert last is not None
    assert last.number == 3
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_long_is_cut(tmp_path: Path) -> None:
    begin(tmp_path, "records hold", "anna", {"reason": "x" * 10_000, "ids": ["y" * 999] * 99})
    (one,) = acts(tmp_path)
    assert len(one.about["reason"]) < 400
    assert len(one.about["ids"]) == 20
    begin(tmp_path, "records hold", "anna", {f"option{n}": ["ы" * 300] * 20 for n in range(9)})
    end(tmp_path, 2, "ok")
    assert acts(tmp_path)[1][4:6] == ({"left_out": "options of 108809 bytes"}, "ok")
    assert (tmp_path / FILE).stat().st_size < 16 * 1024


@pytest.mark.parametrize("line", range(6))
def test_one_changed_byte_is_found_and_its_line_named(tmp_path: Path, line: int) -> None:
    path = written(tmp_path)
    kept = path.read_bytes().splitlines(keepends=True)
    place = kept[line].index(b'"at":"20') + 8
    changed = kept[line][:place] + b"9" + kept[line][place + 1 :]
    path.write_bytes(b"".join([*kept[:line], changed, *kept[line + 1 :]]))
    with pytest.raises(AuditTrouble, match=f"line {line + 1} was changed"):
        list(lines(tmp_path))


@pytest.mark.parametrize("line", range(5))
def test_a_line_that_is_taken_out_or_put_in_is_found(tmp_path: Path, line: int) -> None:
    path = written(tmp_path)
    kept = path.read_bytes().splitlines(keepends=True)
    for forged in (kept[:line] + kept[line + 1 :], kept[: line + 1] + kept[line:]):
        path.write_bytes(b"".join(forged))
        with pytest.raises(AuditTrouble, match=r"line \d does not follow"):
            list(lines(tmp_path))


def test_a_line_that_a_crash_left_half_is_cut_off_and_the_next_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, 1)
    with path.open("ab") as file:
        file.write(b'{"what":"keys ro')
    with pytest.raises(AuditTrouble, match="line 3 is not one"):
        list(lines(tmp_path))
    begin(tmp_path, "leave", "anna", {})
    assert [line.get("cut_off_bytes") for line in lines(tmp_path)] == [None, None, 16]


def test_a_name_that_is_no_text_is_noted_all_the_same(tmp_path: Path) -> None:
    begin(tmp_path, "support-bundle", "anna", {"out": "caf\udce9.tar.gz"})
    end(tmp_path, 1, "ok")
    (one,) = acts(tmp_path)
    assert one.about == {"out": "caf\udce9.tar.gz"}


def test_what_is_no_trail_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("something else\n")
    with pytest.raises(AuditTrouble, match="not one of a trail"):
        begin(tmp_path, "leave", "anna", {})
    assert (tmp_path / FILE).read_text() == "something else\n"
    (tmp_path / "elsewhere").touch()
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditTrouble):
        begin(tmp_path, "leave", "anna", {})


def _many(folder: Path, all_here: Barrier) -> None:
    all_here.wait(60)
    written(folder, 60)


def test_commands_at_the_same_time_write_one_after_the_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    all_here = context.Barrier(3)
    writers = [context.Process(target=_many, args=(tmp_path, all_here)) for _ in range(3)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert [one.outcome for one in acts(tmp_path)] == ["ok"] * 180


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        assert one is not None
        if isinstance(one, click.Group):
            found |= every_command(one, (*path, name))
        else:
            found[" ".join((*path, name))] = one
    return found


def test_every_command_of_a_node_is_an_act_or_a_look() -> None:
    assert isinstance(cli_main.cli, click.Group)
    of_a_node = {
        path
        for path, command in every_command(cli_main.cli).items()
        if any("--config" in option.opts for option in command.params)
    }
    assert not ACTS & LOOKS
    assert of_a_node == ACTS | LOOKS


def test_commands_are_noted_with_who_did_what_and_how_it_ended(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    config = node_folder()
    out = tmp_path / "bundle.tar.gz"
    assert corridor("support-bundle", "--config", config, "--out", out).status == 0
    assert corridor("support-bundle", "--config", config, "--out", out).status != 0
    assert corridor("status", "--config", config).status != 0  # a look
    said = corridor("audit", "list", "--config", config, "--json").json
    assert [(one["what"], one["outcome"]) for one in said] == [
        ("support-bundle", "ok"), ("support-bundle", "input"),
    ]  # fmt: skip
    assert said[0]["who"].endswith("by sudo of anna")
    assert said[0]["about"] == {"out": str(out)}
    assert "support-bundle" in corridor("audit", "list", "--config", config).out
    verified = corridor("audit", "verify", "--config", config, "--json").json
    assert verified["lines"] == 4
    good = corridor("audit", "verify", "--config", config, "--against", verified["head"])
    assert good.out.startswith("4 lines, whole")


def test_what_is_done_before_a_node_has_joined_is_noted(node_folder: NodeFolder) -> None:
    config = node_folder()
    lines_ = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines_ if not line.startswith("genesis_sha256")))
    assert corridor("config", "validate", "--config", config).status == 3
    assert corridor("audit", "list", "--config", config).out.startswith("nothing was done")
    assert corridor("broker", "request", "TR", "--config", config).status == 3
    listed = corridor("audit", "list", "--config", config, "--json").json
    assert [(one["what"], one["outcome"]) for one in listed] == [
        ("broker request", "configuration")
    ]
    config.write_text("[store\n")
    assert corridor("audit", "list", "--config", config).status == 3


def test_a_trail_that_was_cut_or_written_anew_is_shown_by_a_head_kept_elsewhere(
    node_folder: NodeFolder,
) -> None:
    config = node_folder()
    folder = load_config(config).store.path.parent
    path = written(folder)
    kept = corridor("audit", "verify", "--config", config, "--json").json["head"]
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:4]))
    assert corridor("audit", "verify", "--config", config).status == 0
    cut = corridor("audit", "verify", "--config", config, "--against", kept)
    assert (cut.status, "cut off" in cut.err) == (1, True)
    path.unlink()
    begin(folder, "leave", "somebody else", {})
    written(folder, 4)
    anew = corridor("audit", "verify", "--config", config, "--against", kept)
    assert (anew.status, "written anew" in anew.err) == (1, True)
    assert corridor("audit", "verify", "--config", config, "--against", "x").status == 2


def test_an_act_that_cannot_be_noted_is_not_done(node_folder: NodeFolder, tmp_path: Path) -> None:
    config = node_folder()
    folder = load_config(config).store.path.parent
    (folder / FILE).mkdir()
    out = tmp_path / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", config, "--out", out, "--json")
    assert said.json["error"]["code"] == "audit"
    assert not out.exists()
    (folder / FILE).rmdir()
    assert corridor("support-bundle", "--config", config, "--out", out).status == 0
    assert out.exists()
