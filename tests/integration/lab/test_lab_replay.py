"""Traffic of a lab is recorded beside its national systems, and played again as new traffic."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders_lab import Lab, corridor, told, until
from corridor.lab import state
from corridor.lab.capture import Captured, read_capture
from corridor.transit.identifiers import Mrn
from corridor.wire.records import decode_record

pytestmark = pytest.mark.broker


@pytest.fixture
def folder(lab: Lab, tmp_path: Path) -> Path:
    state.write(tmp_path, lab.network)
    return tmp_path


def record(folder: Path, capture: Path, *more: object) -> dict[str, object]:
    ran = corridor("replay", "record", capture, "--lab", folder, "--idle", 1, "--json", *more)
    assert ran.returncode == 0, ran.stderr
    return told(ran)


def test_what_is_recorded_is_played_again_with_fresh_ids_and_receipted(
    lab: Lab, folder: Path, tmp_path: Path
) -> None:
    plan = lab.plan(41, 3)
    assert lab.proof(lab.play(plan).accepted).holds
    capture = tmp_path / "day.tcap"
    first = record(folder, capture)
    assert first["records"] >= len(plan)
    assert record(folder, capture)["records"] == 0  # it goes on where it ended
    info = told(corridor("replay", "info", capture, "--json"))
    assert info["records"] == first["records"]
    assert info["sound"]
    assert len(info["sessions"]) == 2

    ran = corridor("replay", "play", capture, "--lab", folder, "--rate", 200, "--seed", 5,
                   "--assert", "lost=0,refused=0,p99<30s", "--json")  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = told(ran)
    assert said["records"] == said["accepted"] == said["receipted"] == first["records"]
    assert said["missed"] == []
    assert 0 <= said["p50"] <= said["p90"] <= said["p99"] <= said["max"]

    again = tmp_path / "again.tcap"
    assert until(lambda: record(folder, again)["records"] >= 0, 1)
    bodies = [one for one in read_capture(again) if isinstance(one, Captured)]
    assert len({(one.recipient, one.record_id) for one in bodies}) == len(bodies)
    assert len(bodies) == 2 * first["records"]
    mrns = {one.value for body in bodies for one in decode_record(body.record).header.movement.ids
            if Mrn.form.fullmatch(one.value)}  # fmt: skip
    assert all(Mrn(one).check_digit_holds for one in mrns)

    # The same seed makes the same ids: nothing is sent twice.
    same = told(corridor("replay", "play", capture, "--lab", folder, "--seed", 5, "--json"))
    assert same["duplicates"] == first["records"]
    assert same["accepted"] == same["lost"] == 0

    # Its own pace, many times as fast; and a threshold that cannot be reached.
    fast = corridor("replay", "play", capture, "--lab", folder, "--speed", 1000, "--to", "GE",
                    "--assert", "p99<1ms,lost=0", "--json")  # fmt: skip
    assert fast.returncode == 7, fast.stderr
    assert told(fast)["missed"] == ["p99<1ms"]
    assert 0 < told(fast)["receipted"] < first["records"]


def test_recording_takes_nothing_from_the_national_system_and_redacts(
    lab: Lab, folder: Path, tmp_path: Path
) -> None:
    plan = lab.plan(42, 1)
    capture = tmp_path / "redacted.tcap"
    played = lab.play(plan)
    assert record(folder, capture, "--redact")["redacted"] is True
    assert lab.proof(played.accepted).holds
    text = capture.read_bytes()
    assert "GÜMRÜK".encode() in text  # offices stay
    for one in plan:
        for party in decode_record(one.record).movement_released.dataset.parties:
            assert party.name.encode() not in text
    shown = corridor("replay", "info", capture)
    assert "pseudonyms" in shown.stdout
    assert "every block is sound" in shown.stdout
    ran = corridor("replay", "play", capture, "--lab", folder, "--map", "TR=GE,GE=TR", "--json")
    assert told(ran)["records"] == told(ran)["accepted"] > 0, json.dumps(told(ran))


def test_what_cannot_be_played_is_refused_by_name(lab: Lab, folder: Path, tmp_path: Path) -> None:
    lab.play(lab.plan(43, 1))
    capture = tmp_path / "day.tcap"
    assert until(lambda: record(folder, capture)["records"] >= 0, 1)
    few = tmp_path / "few.tcap"
    assert record(folder, few, "--count", 3)["records"] == 3
    for options, said in (
        (("--map", "TR=XX"), "no node here for the senders TR.GTB"),
        (("--map", "Georgia"), "no pair of country codes"),
        (("--shift", "soon"), "is no shift"),
        (("--assert", "fast"), "is no threshold"),
        (("--to", "KZ"), "has no record to play"),
        (("--rate", "5", "--speed", "5"), "both --rate and --speed"),
    ):
        ran = corridor("replay", "play", capture, "--lab", folder, *options)
        assert ran.returncode != 0, options
        assert said in ran.stderr, options


def test_a_killed_recorder_leaves_a_capture_that_goes_on(
    lab: Lab, folder: Path, tmp_path: Path
) -> None:
    lab.proof(lab.play(lab.plan(44, 2)).accepted)
    capture = tmp_path / "killed.tcap"
    command = [sys.executable, "-m", "corridor", "replay", "record", str(capture), "--lab",
               str(folder)]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as recorder:
        assert until(lambda: capture.exists() and capture.stat().st_size > 4_000, 20)
        refused = corridor("replay", "record", capture, "--lab", folder, "--idle", 1)
        recorder.kill()
    assert refused.returncode != 0
    assert "another recorder" in refused.stderr
    with capture.open("r+b") as file:
        file.truncate(capture.stat().st_size - 11)  # as if it had been killed within a block
    record(folder, capture)
    whole = tmp_path / "whole.tcap"
    record(folder, whole)

    def keys(path: Path) -> list[tuple[str, int]]:
        return sorted(
            (one.recipient, one.cursor) for one in read_capture(path) if isinstance(one, Captured)
        )

    assert keys(capture) == keys(whole)
