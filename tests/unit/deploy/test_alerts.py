"""Every alert fires for its fault and is quiet without it, in Prometheus' own rule engine."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from corridor.daemon.metrics import LATENCY_BUCKETS_S, NodeMetrics
from testkit.watching import alerts

TREE = Path(__file__).resolve().parents[3]
FOLDER = TREE / "deploy" / "prometheus"
DAY_S = 86_400


@pytest.fixture(scope="module")
def table() -> ModuleType:
    return alerts()


@dataclass(frozen=True)
class Case:
    """Samples a minute, in promtool's notation, and whether the alert fires at `at`."""

    alert: str
    fires: bool
    series: dict[str, str] = field(default_factory=dict)
    at: str = "10m"
    labels: dict[str, str] = field(default_factory=dict)


def peer(name: str, values: str, labels: str = "") -> dict[str, str]:
    return {f'{name}{{country="GE", job="corridor", peer="TR.TCA"{labels}}}': values}


def node(name: str, values: str, labels: str = "") -> dict[str, str]:
    return {f'{name}{{country="GE", job="corridor"{labels}}}': values}


OLDEST = "corridor_outbox_oldest_record_timestamp_seconds"
SEEN = "corridor_peer_last_seen_timestamp_seconds"
FRAMES = "corridor_frames_refused_total"
LATENCY = "corridor_end_to_end_latency_seconds"
KEY, DIRECTORY = (
    "corridor_encryption_key_until_timestamp_seconds",
    "corridor_directory_expiry_timestamp_seconds",
)
BACKUP = "corridor_backup_last_success_timestamp_seconds"
FORGED = ', link="TR", reason="signature", disposal="quarantined"'
DROPPED = ', link="TR", reason="magic", disposal="dropped"'


def connected(sender: str, receiver: str) -> dict[str, str]:
    name = "corridor_broker_connected"
    return {**node(name, sender, ', role="sender"'), **node(name, receiver, ', role="receiver"')}


def latency(good: str, every: str) -> dict[str, str]:
    return {**peer(f"{LATENCY}_bucket", good, ', le="60.0"'), **peer(f"{LATENCY}_count", every)}


def publishing(failed: str, published: str) -> dict[str, str]:
    return {
        **peer("corridor_publish_failures_total", failed, ', reason="returned"'),
        **peer("corridor_publish_failures_total", "0x120", ', reason="nacked"'),
        **peer("corridor_envelopes_published_total", published, ', family="data"'),
        **peer("corridor_envelopes_published_total", "0x120", ', family="control"'),
    }


CASES = (
    Case("CorridorNodeDown", True, node("up", "1x5 0x5"), labels={"country": "GE"}),
    Case("CorridorNodeDown", False, node("up", "1x8 0x1 1x5")),
    Case("CorridorOutboxStuck", True, peer(OLDEST, "60x15"), labels={"peer": "TR.TCA"}),
    Case("CorridorOutboxStuck", False, peer(OLDEST, "0x15")),
    Case("CorridorOutboxStuck", False, peer(OLDEST, "0+60x15")),
    Case("CorridorBrokerDisconnected", True, connected("1x12", "0x12")),
    Case("CorridorBrokerDisconnected", False, connected("0x3 1x9", "1x12")),
    Case("CorridorBrokerDisconnectedLong", True, connected("0x50", "0x50"), "40m"),
    Case("CorridorBrokerDisconnectedLong", False, connected("0x12 1x40", "1x50"), "40m"),
    Case("CorridorBrokerBlocked", True, node("corridor_broker_blocked", "0 1x12")),
    Case("CorridorBrokerBlocked", False, node("corridor_broker_blocked", "0x8 1 0x8")),
    Case("CorridorWayShut", True, peer("corridor_link_open", "0x15"), "12m"),
    Case("CorridorWayShut", False, peer("corridor_link_open", "1x9 0x3 1x3"), "12m"),
    Case("CorridorPeerSilent", True, peer(SEEN, "60x400"), "390m"),
    Case("CorridorPeerSilent", False, peer(SEEN, "60x200 12000x200"), "390m"),
    Case("CorridorPeerSilent", False, peer(SEEN, "0x400"), "390m"),  # not heard of since the start
    Case("CorridorForgedOrForeignFrames", True, node(FRAMES, "0x5 1x5", FORGED),
         labels={"link": "TR", "reason": "signature", "team": "security"}),
    Case("CorridorForgedOrForeignFrames", False, node(FRAMES, "0x5 9x5", DROPPED)),
    Case("CorridorRecordsRefused", True,
         peer("corridor_records_refused_total", "0+2x60", ', reason="record_invalid"'), "60m"),
    Case("CorridorRecordsRefused", False,
         peer("corridor_records_refused_total", "0x30 3x30", ', reason="record_invalid"'), "60m"),
    Case("CorridorSubmissionsRefused", True,
         node("corridor_submissions_refused_total", "0+2x60", ', reason="record_invalid"'), "60m"),
    Case("CorridorSubmissionsRefused", False,
         node("corridor_submissions_refused_total", "0x30 9x30", ', reason="record_invalid"'),
         "60m"),
    Case("CorridorUnexpectedMessages", True,
         node("corridor_unexpected_messages_total", "0x5 1x5", ', queue="corridor.dlq"')),
    Case("CorridorUnexpectedMessages", False,
         node("corridor_unexpected_messages_total", "3x15", ', queue="corridor.dlq"')),
    Case("CorridorLatencySlow", True, latency("0+1x120", "0+2x120"), "110m"),
    Case("CorridorLatencySlow", False, latency("0+2x120", "0+2x120"), "110m"),
    Case("CorridorLatencySlow", False, latency("0x120", "0x80 20x40"), "110m"),  # too few to judge
    Case("CorridorPublishFailures", True, publishing("0+2x120", "0+20x120"), "90m"),
    Case("CorridorPublishFailures", False, publishing("0+2x20 40x100", "0+20x120"), "90m"),
    Case("CorridorPublishFailures", False, publishing("0+1x120", "0+2x120"), "90m"),  # too few
    Case("CorridorKeyEnds", True, node(KEY, f"{10 * DAY_S}x15")),
    Case("CorridorKeyEnds", False, node(KEY, f"{20 * DAY_S}x15")),
    Case("CorridorKeyEndsNow", True, node(KEY, f"{2 * DAY_S}x15")),
    Case("CorridorKeyEndsNow", False, node(KEY, f"{10 * DAY_S}x15")),
    Case("CorridorDirectoryEnds", True, node(DIRECTORY, f"{10 * DAY_S}x15")),
    Case("CorridorDirectoryEnds", False, node(DIRECTORY, f"{20 * DAY_S}x15")),
    Case("CorridorDirectoryEndsNow", True, node(DIRECTORY, f"{2 * DAY_S}x15")),
    Case("CorridorDirectoryEndsNow", False, node(DIRECTORY, f"{10 * DAY_S}x15")),
    Case("CorridorBackupOld", True, node(BACKUP, "60x1700"), "1640m"),
    Case("CorridorBackupOld", False, node(BACKUP, "60x1000 60000x700"), "1640m"),
    Case("CorridorBackupOld", False, node(BACKUP, "0x1700"), "1640m"),  # none is made here
    Case("CorridorWatchdog", True),
)  # fmt: skip
ALWAYS = {"CorridorWatchdog"}


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool on this machine; `make test` installs it")
    return subprocess.run(
        [found, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )


def test_every_alert_is_tried_with_its_fault_and_without(table: ModuleType) -> None:
    names = {one.name for one in table.ALERTS}
    assert len(names) == len(table.ALERTS)
    assert {one.alert for one in CASES if one.fires} == names
    assert {one.alert for one in CASES if not one.fires} == names - ALWAYS


def expected(case: Case, table: ModuleType) -> list[dict[str, object]]:
    (alert,) = [one for one in table.ALERTS if one.name == case.alert]
    labels = {"severity": alert.severity, "team": alert.team, **case.labels}
    return [{"exp_labels": labels}]


@pytest.mark.broker
@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.alert}-{one.fires}")
def test_an_alert_fires_for_its_fault_only(case: Case, table: ModuleType, tmp_path: Path) -> None:
    """Promtool compares whole label sets: what fires is read from its own account instead."""
    test = {
        "rule_files": [str(FOLDER / "corridor-alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in case.series.items()
                ],
                "alert_rule_test": [
                    # nothing is expected, so that promtool tells what fired
                    {"eval_time": case.at, "alertname": case.alert, "exp_alerts": []}
                ],
            }
        ],
    }
    place = tmp_path / "case.yml"
    place.write_text(json.dumps(test))
    run = promtool("test", "rules", place)
    fired = run.returncode != 0
    assert fired is case.fires, run.stdout + run.stderr
    if fired:
        (labels,) = [one["exp_labels"] for one in expected(case, table)]
        assert isinstance(labels, dict)
        for name, value in labels.items():
            assert f'{name}="{value}"' in run.stderr + run.stdout


@pytest.mark.broker
def test_promtool_finds_no_fault_with_the_rules() -> None:
    run = promtool("check", "rules", FOLDER / "corridor-alerts.yml")
    assert run.returncode == 0, run.stdout + run.stderr


def generate(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FOLDER / "write_rules.py"), *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_rules_are_those_of_the_table() -> None:
    run = generate("--check")
    assert run.returncode == 0, run.stdout


def test_a_site_changes_a_number_and_a_drill_shortens_every_time(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text("outbox_age_s = 1200\n")
    assert generate("--thresholds", site, "--to", tmp_path, "--divide", 60).returncode == 0
    text = (tmp_path / "corridor-alerts.yml").read_text()
    assert "timestamp_seconds > 0) > 20" in text
    assert "for: 2s" in text
    assert generate("--check", "--to", tmp_path).returncode == 1
    site.write_text("outbox_age = 1\nkey_ends_s = 'soon'\n")
    wrong = generate("--thresholds", site, "--to", tmp_path)
    assert wrong.returncode == 1
    assert "outbox_age" in wrong.stderr
    assert "key_ends_s" in wrong.stderr


def test_the_runbook_speaks_of_every_alert(table: ModuleType) -> None:
    text = (TREE / "deploy" / "RUNBOOK.md").read_text()
    headings = {one.removeprefix("## ") for one in text.splitlines() if one.startswith("## ")}
    assert {one.heading for one in table.ALERTS} - headings == set()


def test_only_metrics_that_a_node_has_are_asked_for(table: ModuleType) -> None:
    metrics = NodeMetrics()
    metrics.watch_store(list)
    known = {family.name for family in metrics.registry.collect()}
    for alert in table.ALERTS:
        for name in re.findall(r"corridor_[a-z_]+", alert.expression):
            base = re.sub(r"_(total|bucket|count|sum)$", "", name)
            assert base in known, name
    assert 60 in LATENCY_BUCKETS_S  # the alert asks for that bucket by its name
