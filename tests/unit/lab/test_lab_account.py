"""What a demo tells when it holds and when it does not; where a lab is; what a node says."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builders_gateway import until
from corridor.errors import ConfigurationError, LinkTrouble
from corridor.lab import state
from corridor.lab.account import tell
from corridor.lab.demo import Account, Summary, Traffic, one_way, write_summary
from corridor.lab.network import Network, sweep
from corridor.lab.nodes import NodeProcess, RecorderProcess, last_line, wait_nodes
from corridor.lab.provision import socket_path
from corridor.lab.scenario import load_scenario
from corridor.lab.sightings import Sighting
from corridor.lab.traffic import Planned, Proof, Receipts
from corridor.transit.parties import CountryCode

SCENARIO = load_scenario("tr-ge-az")
PLAN = [Planned("TR.GTB", "GE.RS", bytes(16), 1, b"x")]
GOOD = Proof(1, 1, 1, (), ())


def account(**changed: Any) -> Account:  # noqa: ANN401 - fields of two dataclasses
    summary = Summary(accepted=1, delivered=1, receipted=1, directory="here", countries=3)
    parts: dict[str, Any] = {
        "summary": summary,
        "proof": GOOD,
        "receipts": Receipts(accepted=Counter([PLAN[0].key])),
        "sightings": (),
        "search_works": True,
        "tapped": {},
        "story": ((1_000, "kept"), (1_250, "receipted")),
    }
    return Account(**(parts | changed))


def told(made: Account, *refused: str) -> str:
    made.summary.refusals = list(refused)
    return tell(SCENARIO, Traffic(PLAN, frozenset()), made)


def test_a_proof_that_holds_is_told_with_one_records_way() -> None:
    text = told(account())
    assert "Proved: all 1 records" in text
    assert "TR (Ministry of Trade of Türkiye) → GE" in text
    assert "+ 250 ms  receipted" in text
    assert "TR→GE 1" in text


def test_without_a_story_or_a_frame_the_rest_is_told() -> None:
    text = told(account(story=()))
    assert "One record's way" not in text
    assert "What a broker on the way sees" not in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"proof": Proof(1, 0, 1, (PLAN[0].key,), ())}, "lost: GE.RS"),
        ({"proof": Proof(1, 1, 1, (), (PLAN[0].key,))}, "twice: GE.RS"),
        ({"sightings": (Sighting(Path("q"), "Ltd"),)}, "SEEN in q: Ltd"),
        ({"search_works": False}, "NOT FOUND"),
        ({"receipts": Receipts(refused={"00": "record_invalid"})}, "NOT PROVED"),
        ({"unexpected": ("00: store_full",)}, "should not have been refused: 00: store_full"),
        ({"summary": Summary()}, "NOT PROVED"),
        ({"summary": Summary(accepted=2, delivered=1, receipted=2)}, "NOT PROVED"),
    ],
)
def test_whatever_is_wrong_unmakes_the_proof_and_is_told(
    changed: dict[str, Any], said: str
) -> None:
    made = account(**changed)
    assert not made.holds
    text = told(made, "a.xml: source_malformed")
    assert said in text
    assert "NOT PROVED" in text
    assert "a.xml: source_malformed" in text


def test_the_summary_is_written_for_scripts(tmp_path: Path) -> None:
    write_summary(account().summary, tmp_path / "deep" / "summary.json")
    read = json.loads((tmp_path / "deep" / "summary.json").read_text())
    for name in (
        "accepted", "delivered", "receipted", "lost", "duplicated", "refused",
        "plaintext_sightings", "seconds", "countries",
    ):  # fmt: skip
        assert name in read


def test_where_nothing_was_played_there_is_no_story(still: Network) -> None:
    assert one_way(still, []) == ()


# --- where a lab is --------------------------------------------------------------------------


def test_a_lab_that_is_up_is_found_and_one_that_died_is_not(still: Network, tmp_path: Path) -> None:
    assert not state.is_up(tmp_path)
    state.write(tmp_path, still)
    found = state.read(tmp_path)
    assert found["pid"] == os.getpid()
    assert [one["code"] for one in found["countries"]] == ["TR", "GE", "AZ"]
    assert Path(found["countries"][0]["config"]).is_file()
    with pytest.raises(ConfigurationError, match="is up in"):
        state.refuse_if_up(tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    (tmp_path / "lab.json").write_text(json.dumps(found | {"pid": gone.pid}))
    with pytest.raises(ConfigurationError, match="has died"):
        state.read(tmp_path)
    state.refuse_if_up(tmp_path)
    state.remove(tmp_path)
    state.clear(tmp_path)
    assert not tmp_path.exists()


def test_another_users_process_counts_as_living(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(_pid: int, _number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    assert state.alive(1)


def test_only_the_newest_runs_are_kept(tmp_path: Path) -> None:
    for number in range(4):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        os.utime(folder, (number, number))
    (tmp_path / "summary.json").touch()
    sweep(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-2", "run-3", "summary.json"]
    sweep(tmp_path / "none", keep=2)


# --- processes of a lab ----------------------------------------------------------------------


def test_a_node_that_ended_is_told_with_the_last_line_of_its_log(
    still: Network, tmp_path: Path
) -> None:
    plan = still.nodes[CountryCode("GE")].plan
    node = NodeProcess(plan)
    plan.log.write_text("one\ncorridor: the last word\n")
    try:
        with pytest.raises(LinkTrouble, match="the last word"):
            node.status()
    finally:
        plan.log.unlink()
    assert node.stop()
    node.ask_to_end()
    node.kill()
    assert RecorderProcess(plan).stop()
    assert last_line(tmp_path / "none") == "its log is empty"


def test_a_national_system_that_ended_is_told_with_the_last_line_of_its_log(
    still: Network, tmp_path: Path
) -> None:
    plan = still.nodes[CountryCode("GE")].plan
    country = replace(plan.country, national_system="webhook")
    with socket.create_server(("127.0.0.1", 0)) as other:
        posts = replace(plan, country=country, directory=tmp_path, hook_port=other.getsockname()[1])
        posts.hook_secret.write_text("whsec_" + "A" * 43 + "=")
        system = RecorderProcess(posts)
        system.check()  # not begun is not ended
        system.start()
        try:
            assert until(lambda: system.pid is None, 20)
            with pytest.raises(LinkTrouble, match=r"system of GE has ended; .*in use"):
                system.check()
        finally:
            system.stop()


def test_a_node_that_is_never_ready_is_named_in_time(still: Network) -> None:
    plan = still.nodes[CountryCode("GE")].plan
    late: Any = SimpleNamespace(plan=plan, ready=lambda: False)
    with pytest.raises(LinkTrouble, match="nodes of GE"):
        wait_nodes([late], 0.05)


def test_a_socket_with_too_long_a_path_is_refused_before_it_is_tried(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too long"):
        socket_path(tmp_path / ("x" * 100), CountryCode("GE"))
