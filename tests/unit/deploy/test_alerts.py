"""Every alert fires for its fault and is quiet without it, in Prometheus' own rule engine."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from corridor.daemon.metrics import LATENCY_BUCKETS_S
from testkit.alert_cases import ALWAYS, CASES, Case
from testkit.metrics import every_metric
from testkit.watching import alerts, expressions, write_rules

TREE = Path(__file__).resolve().parents[3]
FOLDER = TREE / "deploy" / "prometheus"


@pytest.fixture(scope="module")
def table() -> ModuleType:
    return alerts()


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


def as_test(case: Case) -> dict[str, object]:
    """A test of promtool that expects nothing, so that promtool tells what fired."""
    return {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "alert_rule_test": [{"eval_time": case.at, "alertname": case.alert, "exp_alerts": []}],
    }


def rules_of(alert: str) -> str:
    """The published rules, less what has nothing to do with an alert: promtool judges them all."""
    head, *blocks = re.split(
        r"(?m)^(?=      - (?:record|alert): |  - name: )",
        (FOLDER / "corridor-alerts.yml").read_text(),
    )
    rules = {found[1]: block for block in blocks if (found := re.match(r" +- \w+: (\S+)", block))}
    assert alert in rules
    wanted, looked_at = {alert}, set[str]()
    while more := wanted - looked_at:
        looked_at |= more
        wanted |= {name for name in rules for one in more if name in rules[one]}
    kept = "".join(rules[name] for name in rules if name in wanted)
    return f"{head}  - name: of-one-alert\n    rules:\n{kept}"


def play(case: Case, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "rules.yml").write_text(rules_of(case.alert))
    hours = int(case.at.removesuffix("m")) >= 300
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "10m" if hours else "1m",
        "tests": [as_test(case)],
    }
    (folder / "case.yml").write_text(json.dumps(test))
    return promtool("test", "rules", folder / "case.yml")


@pytest.mark.broker
@pytest.mark.parametrize("case", [one for one in CASES if one.fires], ids=lambda one: one.alert)
def test_an_alert_fires_for_its_fault(case: Case, table: ModuleType, tmp_path: Path) -> None:
    """Promtool compares whole label sets: what fires is read from its own account instead."""
    run = play(case, tmp_path)
    assert run.returncode != 0, run.stdout
    (labels,) = [one["exp_labels"] for one in expected(case, table)]
    assert isinstance(labels, dict)
    for name, value in labels.items():
        assert f'{name}="{value}"' in run.stderr + run.stdout
    assert "error expanding template" not in run.stderr + run.stdout


@pytest.mark.broker
@pytest.mark.parametrize("case", [one for one in CASES if not one.fires], ids=lambda one: one.alert)
def test_no_alert_fires_without_its_fault(case: Case, tmp_path: Path) -> None:
    run = play(case, tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


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
    # A bucket is named by its bound, and never divided: nobody counts in another.
    buckets = {float(one) for one in re.findall(r'le=\\"([0-9.]+)\\"', text)}
    assert buckets
    assert buckets <= set(LATENCY_BUCKETS_S)
    assert generate("--check", "--to", tmp_path).returncode == 1
    site.write_text("outbox_age = 1\nkey_ends_s = 'soon'\n")
    wrong = generate("--thresholds", site, "--to", tmp_path)
    assert wrong.returncode == 1
    assert "outbox_age" in wrong.stderr
    assert "key_ends_s" in wrong.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latency_target_s = 61", "latency_target_s must be one of 2, 15, 60"),
        ("outbox_age_s = -5", "outbox_age_s must lie between 0 and"),
        ("outbox_age_s = 0", "outbox_age_s must be above 0"),
        ("outbox_age_s = nan", "outbox_age_s must lie between"),
        ("outbox_age_s = inf", "outbox_age_s must lie between"),
        (f"refused_frames = {10**400}", "refused_frames must lie between"),
        ("outbox_age_s = 1.5", "outbox_age_s must be whole seconds"),
        ("outbox_age_s = true", "outbox_age_s is no number"),
        ("latency_share = 99", "latency_share is a share of 1"),
        ("outbox_age = 5", "outbox_age is no threshold"),
        ("outbox_age_s = ", "Invalid value"),
        (
            "outbox_age_s = 5\nrefused_frames = 'x'\nlatency_share = 0",
            "latency_share must be above",
        ),
        (None, "No such file"),
    ],
)
def test_a_file_of_thresholds_that_cannot_be_is_told_on_one_line(
    text: str | None, said: str, tmp_path: Path
) -> None:
    site = tmp_path / "site.toml"
    if text is not None:
        site.write_text(text)
    run = generate("--thresholds", site, "--to", tmp_path / "out")
    assert run.returncode == 1
    assert said in run.stderr
    assert str(site) in run.stderr
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_buckets_are_those_that_the_node_counts() -> None:
    whole = tuple(one for one in LATENCY_BUCKETS_S if one == int(one))
    assert whole == write_rules().BUCKETS_S


def test_the_runbook_says_of_every_alert_what_it_means_what_to_check_what_to_do_and_never(
    table: ModuleType,
) -> None:
    text = (TREE / "deploy" / "RUNBOOK.md").read_text()
    sections = {one.split("\n", 1)[0]: one for one in text.split("\n## ")[1:]}
    for alert in table.ALERTS:
        section = sections[alert.heading]
        for word in ("Means", "Check", "Act", "Never"):
            assert f"\n*{word}*" in section, (alert.heading, word)


def test_only_metrics_that_a_node_has_are_asked_for(table: ModuleType) -> None:
    metrics = every_metric()
    known = {family.name for family in metrics.registry.collect()}
    recorded = {one.name for one in table.RECORDS}
    used = set()
    for one in (*table.ALERTS, *table.RECORDS):
        for name in re.findall(r"[a-z_:]*corridor_[a-z0-9_:]+", one.expression):
            base = re.sub(r"_(total|bucket|count|sum)$", "", name)
            assert base in known | recorded, name
            used.add(base)
    shown = {name for one in expressions() for name in re.findall(r"[a-z_]+:[a-z0-9_:]+", one)}
    assert shown <= recorded
    assert recorded <= used | shown  # nothing is recorded for nobody
    assert 60 in LATENCY_BUCKETS_S  # the alert asks for that bucket by its name


def test_every_threshold_is_one_of_some_alert(table: ModuleType) -> None:
    """A site that changes a number of which nothing asks would wait for an alert in vain."""
    thresholds = tomllib.loads((FOLDER / "thresholds.toml").read_text())
    asked = " ".join(one.expression for one in (*table.ALERTS, *table.RECORDS))
    holds = {one.hold for one in table.ALERTS}
    assert [name for name in thresholds if f"{{{name}}}" not in asked and name not in holds] == []
