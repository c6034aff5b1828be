"""The pages "Connect your national system" are carried out, block by block, on real nodes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_national import partner_tells

from builders_gateway import SPOOL, Beside, result, until
from builders_http import write_clients
from corridor.daemon.config import load_config
from corridor.gateway.http.server import HttpServer
from corridor.standards.mapper import Options
from corridor.standards.standard import decode

NodeFolder = Callable[..., Path]
TREE = Path(__file__).resolve().parents[3]
FIXTURES = TREE / "tests" / "fixtures"
OFFICE = "token-office"
LINE = re.compile(r"(curl .*?)   # (\d{3})")


def blocks(page: str) -> dict[str, str]:
    """The fenced blocks of a page by their marks; each mark stands once."""
    text = (TREE / "docs" / "manual" / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+ \w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert text.count("```") == 2 * len(found), "a block without a mark is not carried out"
    assert len(dict(found)) == len(found)
    return dict(found)


def typed(lines: str, folder: Path, **more: str) -> str:
    """Type lines in a folder; returns what they print."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    ran = subprocess.run(
        ["bash", "-ec", lines], cwd=folder, env={**os.environ, "PATH": path, **more},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.unmeasured
def test_the_page_for_asycuda(node_folder: NodeFolder, tmp_path: Path) -> None:
    page = blocks("connect-asycuda.md")
    spool = tmp_path / "spool"
    spool.mkdir()
    own = page["toml node"].replace("/var/spool/corridor", str(spool))
    quick = SPOOL.format(folder=spool).partition("\n")[2].replace("[spool]\n", "")
    quick = "".join(f"{line}\n" for line in quick.splitlines() if not line.startswith("directory"))
    config = node_folder("GE", "\n" + own.replace("[spool]\n", f"[spool]\n{quick}"))
    for folder in (config.parent, tmp_path):
        (folder / "ge.toml").write_text(page["toml dialect"], encoding="utf-8")
    shutil.copy(FIXTURES / "asycuda" / "sad.xml", tmp_path)
    (tmp_path / "note.xml").write_text(page["xml note"], encoding="utf-8")
    (tmp_path / "taken").mkdir()
    assert "1 of 1 accepted" in typed(page["sh check"], tmp_path)
    with Beside(config) as node:
        until((spool / "out").is_dir)
        (spool / "out" / "TR").mkdir()
        typed(page["sh give"], tmp_path, SPOOL=str(spool))
        assert result(spool / "done" / "TR" / "t1-417.xml")["status"] == "accepted"
        typed(page["sh note"], tmp_path, SPOOL=str(spool))
        assert result(spool / "done" / "TR" / "arrived-417.xml")["status"] == "accepted"
        (found,) = node.node.service.find("mrn", "26TRS30UER0FQ7YLJ6", 10, 0)
        assert found.sent
        partner_tells(node, "ncts/cd001c.xml", "ncts/cd142c.xml")
        until(lambda: len(list((spool / "in" / "TR").glob("*.json"))) == 2)
        typed(page["sh take"], tmp_path, SPOOL=str(spool))
        until(lambda: node.node.service.acknowledged() == 2)
    taken = sorted(tmp_path.joinpath("taken").iterdir())
    assert [one.name.partition(".")[2] for one in taken] == [
        "json", "report.txt", "xml", "json", "report.txt",
    ]  # fmt: skip
    assert taken[4].read_text(encoding="utf-8") == page["text report"]
    form = decode(taken[2].read_bytes(), Options()).record
    assert form.WhichOneof("body") == "declaration"  # a reader without the dialect
    known = set(re.findall(r"^# ?(\w+)|^corridor lab run (\S+)", page["sh lab"], re.MULTILINE))
    assert known == {("", "pilots/georgia-turkiye")}


@pytest.fixture
def office(node_folder: NodeFolder, tmp_path: Path) -> Beside:
    page = blocks("connect-ncts.md")
    own = page["toml node"].replace("enabled = true", "enabled = true\nport = 0")
    config = node_folder("GE", f"\n{own}")
    write_clients(load_config(config).http.tokens_file)
    shutil.copy(FIXTURES / "ncts" / "cd001c.xml", tmp_path)
    return Beside(config)


def asked(lines: str, node: Beside, folder: Path) -> list[str]:
    """Type lines of curl, each of which prints the status that the page says; returns bodies."""
    (server,) = (one for one in node.gateways if isinstance(one, HttpServer))
    said = []
    known = LINE.findall(lines)
    assert len(known) == len(lines.splitlines())
    for line, status in known:
        here = line.replace("127.0.0.1:8464", f"127.0.0.1:{server.port}")
        body, _, printed = typed(here, folder, TOKEN=OFFICE).rstrip("\n").rpartition("\n")
        if not printed.isdecimal():  # a body without an end of line
            body, printed = body + printed[:-3], printed[-3:]
        assert printed == status, f"{line}\n{body}"
        said.append(body)
    return said


def test_the_page_for_ncts(office: Beside, tmp_path: Path) -> None:
    page = blocks("connect-ncts.md")
    assert "1 of 1 accepted" in typed(page["sh check"], tmp_path)
    assert "--role submitter --role reader" in page["sh token"]
    with office as node:
        first, again = asked(page["sh give"], node, tmp_path)
        assert json.loads(first)["record_id"] == json.loads(again)["record_id"]
        partner_tells(node, "ncts/cd006c.xml", "asycuda/sad.xml")
        asked(page["sh take"], node, tmp_path)
        assert b"CD006C" in (tmp_path / "message.xml").read_bytes()
        told = (tmp_path / "head").read_text("ascii").lower()
        text = (TREE / "docs" / "manual" / "connect-ncts.md").read_text(encoding="utf-8")
        for header in re.findall(r"`(Corridor-[A-Za-z-]+)`", text):
            assert header.lower() + ": " in told, header
        (report,) = asked(page["sh report"], node, tmp_path)
        assert report.startswith("The record was written as CD006C of NCTS-P5; 0 of its values")
        asked(page["sh acknowledge"], node, tmp_path)
        refused, taken = asked(page["sh refused"], node, tmp_path)
        assert json.loads(refused)["code"] == "not_in_standard"
        assert json.loads(taken)["records"][0]["record"]["declaration"]
