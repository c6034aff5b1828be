"""A country imports a newer code list, and its partner is told before it sends."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders_lab import GE, TR, Lab, corridor, told, until
from corridor.lab.nodes import wait_nodes
from corridor.transit.parties import CountryCode

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

CC015C = Path(__file__).parents[2] / "fixtures/ncts/cc015c.xml"
"""From Türkiye to Georgia, of type TIR, prepared on 2 March 2026."""
OLDER, NEWER = "2026-01-10", "2026-11-20"


def codes(folder: Path, *values: str) -> Path:
    """Write a list as the EC publishes it; returns the file."""
    entries = "".join(
        f'<RDEntry><dataItem name="code">{one}</dataItem></RDEntry>' for one in values
    )
    path = folder / f"{'-'.join(values)}.xml"
    path.write_text(
        f'<RDEntityList><RDEntity name="DeclarationType">{entries}</RDEntity></RDEntityList>'
    )
    return path


def imported(lab: Lab, code: CountryCode, source: Path, version: str) -> str:
    """Have a country import a list; returns the id of the key that signed it."""
    folder = lab.config(code).parent / "lists"
    words = ("--version", version, "--unknown", "refuse", "--out", folder)
    data: Any = told(
        corridor("codelists", "import", source, *words, "--config", lab.config(code), "--json")
    )
    return str(data["signer"])


def restart(lab: Lab, *countries: CountryCode) -> None:
    for code in countries:
        lab.network.nodes[code].stop()
        lab.network.nodes[code].start()
    wait_nodes([lab.network.nodes[code] for code in countries], 60)


def reload(lab: Lab, code: CountryCode) -> None:
    """Send SIGHUP, so that a test need not wait for the next look into the folder."""
    log = lab.network.nodes[code].plan.log
    before = log.read_text().count("node.reloaded")
    pid = lab.network.nodes[code].pid
    assert pid is not None
    os.kill(pid, signal.SIGHUP)
    assert until(lambda: log.read_text().count("node.reloaded") > before, 20), log.read_text()


@pytest.fixture
def speaking(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """Georgia says what it accepts, Türkiye has the same lists; mended at the end."""
    before = {code: lab.config(code).read_text() for code in (GE, TR)}
    for code in (GE, TR):
        signer = imported(lab, code, codes(tmp_path, "T1", "T2", "TIR"), OLDER)
        section = f'\n[standards]\ncodelists = "lists"\ncodelist_signers = ["{signer}"]\n'
        more = 'accepts = ["NCTS-P5"]\n' if code == GE else ""
        lab.config(code).write_text(before[code] + section + more)
    restart(lab, GE, TR)
    yield tmp_path
    for code, text in before.items():
        lab.config(code).write_text(text)
    restart(lab, GE, TR)


def said(lab: Lab, code: CountryCode, peer: str) -> dict[str, Any]:
    with lab.client(code) as node:
        return next(one for one in node.acceptances() if one["endpoint"] == peer)


def versions(lab: Lab) -> list[str]:
    return [one["version"] for one in said(lab, TR, "GE.RS")["lists"]]


def ask(lab: Lab) -> tuple[int, dict[str, Any]]:
    """What Türkiye's officer is told of the declaration before it leaves."""
    run = corridor("standards", "preflight", CC015C, "--config", lab.config(TR), "--json")
    answer: Any = told(run)
    (country,) = answer["files"][0]["countries"]
    return run.returncode, country


def test_a_country_that_imports_a_newer_list_is_known_to_refuse_before_anything_is_sent(
    lab: Lab, speaking: Path
) -> None:
    assert until(lambda: versions(lab) == [OLDER], 30), said(lab, TR, "GE.RS")
    assert said(lab, GE, "TR.GTB")["state"] == "nothing"  # Türkiye says nothing itself
    status, country = ask(lab)
    assert (status, country["country"], country["answer"]) == (0, "GE", "accepts")
    assert country["not_looked_at"] == []
    shown = corridor("peer", "show", "GE", "--config", lab.config(TR)).stdout
    assert "accepts     NCTS-P5; rules warn (5.15.2-" in shown
    assert f"CL231 {OLDER}" in shown

    newer = codes(speaking, "T1", "T2")
    imported(lab, GE, newer, NEWER)
    reload(lab, GE)
    assert until(lambda: versions(lab) == [NEWER], 30)
    status, country = ask(lab)  # Türkiye has not got that list: it is told so
    assert (status, country["answer"]) == (0, "accepts")
    assert country["not_looked_at"] == [f"CL231 {NEWER}"]

    imported(lab, TR, newer, NEWER)
    reload(lab, TR)
    status, country = ask(lab)
    assert (status, country["answer"]) == (1, "refuses")
    (why,) = country["why"]
    assert why.startswith("CC015C/TransitOperation/declarationType: CL231: ")
    sent = corridor("send", CC015C, "--to", "GE", "--config", lab.config(TR))
    assert sent.returncode == 0, sent.stderr  # the default warns, and keeps
    assert "GE: WILL REFUSE, as it said on " in sent.stderr

    restart(lab, TR)  # what was said is not forgotten
    assert versions(lab) == [NEWER]
    assert ask(lab)[1]["answer"] == "refuses"
    doctor: Any = told(
        corridor("doctor", "--only", "accepts", "--config", lab.config(TR), "--json")
    )
    assert {one["status"] for one in doctor["checks"]} == {"ok", "skip"}, doctor
