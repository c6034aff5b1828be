"""The Debian package, as far as it can be read without building it; `make deb-test` tries it."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from corridor.cli.main import cli

TREE = Path(__file__).resolve().parents[3]
DEBIAN = TREE / "deploy" / "debian"
sys.path.insert(0, str(DEBIAN))
import build  # noqa: E402 - of the package's own folder
import manpage  # noqa: E402 - the same

SCRIPTS = ("postinst", "prerm", "postrm")


def read(name: str) -> str:
    return (DEBIAN / name).read_text(encoding="utf-8")


def unit(name: str) -> str:
    return (TREE / "deploy" / "systemd" / f"corridor-{name}.service").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_maintainer_script_is_sound_and_stops_at_the_first_fault(name: str) -> None:
    assert re.search(r"^set -e$", read(name), re.MULTILINE)
    done = subprocess.run(["sh", "-n", DEBIAN / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_only_a_node_that_was_stopped_is_started_and_nothing_is_enabled(name: str) -> None:
    text = read(name)
    assert "enable" not in text
    starts = [line.strip() for line in text.splitlines() if " start " in line]
    assert len(starts) == (1 if name == "postinst" else 0)
    before = text.partition("deb-systemd-invoke start")[0]
    assert not starts or before.rstrip().endswith('rm -f "$STOPPED"')


def test_only_a_purge_that_was_asked_erases() -> None:
    erased = {
        name: [line for line in read(name).splitlines() if "rm -rf" in line] for name in SCRIPTS
    }
    assert not erased["postinst"]
    assert not erased["prerm"]
    (line,) = erased["postrm"]
    before = read("postrm").partition(line)[0]
    assert before.index("purge)") < before.index("corridor-node/erase")
    assert before.rstrip().endswith('if [ "$erase" != false ]; then')
    folders = line.split()[2:]
    # Every folder of the units, and what locks the keys.
    for key in ("StateDirectory", "LogsDirectory"):
        for name in ("node", "broker"):
            for found in re.findall(rf"^{key}=(\S+)", unit(name), re.MULTILINE):
                root = "/var/lib/" if key == "StateDirectory" else "/var/log/"
                assert root + found in folders
    assert "/etc/corridor" in folders
    for folder in folders:
        assert "corridor" in Path(folder).name
        assert folder in read("templates") or folder.startswith("/var/log")


def test_units_start_what_the_package_brings_from_where_the_manual_puts_it() -> None:
    assert "ExecStart=/usr/bin/corridor run --config /var/lib/corridor/node/node.toml" in unit(
        "node"
    )
    assert "SupplementaryGroups=corridor" in unit("broker")
    page = (TREE / "docs" / "manual" / "debian.md").read_text(encoding="utf-8")
    assert "chmod -R g+rX node/broker node/pki && chmod 0600 node/pki/node.key" in page
    assert "--at node" in page
    # Erlang takes no cookie that a group may read; a real start showed it.
    assert "UMask=0077" in unit("broker")
    assert "StateDirectoryMode=0750" in unit("node")
    assert "-m 0750 /var/lib/corridor" in read("postinst")


def test_the_one_question_has_its_text_and_its_answer() -> None:
    assert re.search(r"^Template: corridor-node/erase\nType: boolean\nDefault: true$",
                     read("templates"), re.MULTILINE)  # fmt: skip
    assert "db_get corridor-node/erase" in read("postrm")


def test_the_man_page_tells_of_every_command_and_of_nothing_else() -> None:
    page = manpage.page("0.1.0-1", 0)
    assert page.startswith('.TH CORRIDOR 1 "1970-01-01" "corridor 0.1.0-1"')
    told = re.findall(r"^\.SS (.+)$", page, re.MULTILINE)
    names = {name.replace("\\-", "-").split()[1] for name in told}
    assert names == set(cli.list_commands(click.Context(cli)))
    assert len(told) == len(set(told)) > 60
    # A line that begins so would be an order to the reader of man pages.
    orders = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert orders <= {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I", ".nf", ".fi", ".BR"}


def test_words_that_man_would_take_for_orders_are_words() -> None:
    assert manpage.plain(".TH -x\\n") == "\\&.TH \\-x\\en"


def test_a_version_that_dpkg_would_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["build.py", "--version", "newest"])
    assert build.main() == 2
    assert "a version is like 0.1.0-1" in capsys.readouterr().err


def test_the_newest_c_library_that_any_wheel_asks_for_counts(tmp_path: Path) -> None:
    site = tmp_path / build.HOME[1:] / "lib" / "python3.11" / "site-packages"
    for name, tags in (("a", "cp311-cp311-manylinux_2_34_x86_64"), ("b", "py3-none-any"),
                       ("c", "cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64"),
                       ("d", "cp311-manylinux_2_26_x86_64\nTag: cp311-manylinux_2_28_x86_64"),
                       ):  # fmt: skip
        (site / f"{name}.dist-info").mkdir(parents=True)
        (site / f"{name}.dist-info" / "WHEEL").write_text(f"Tag: {tags}\n")
    assert build.newest_glibc(tmp_path) == "2.34"


def test_what_the_package_depends_on_is_what_its_programs_load() -> None:
    asked = read("control")
    for needed in (
        "@PYTHON@",
        "libc6 (>= @GLIBC@)",
        "libgcc-s1",
        "libstdc++6",
        "adduser",
        "debconf",
    ):
        assert needed in asked
    assert re.search(r"^Recommends: rabbitmq-server \(>= 3\.10\.8\)$", asked, re.MULTILINE)
