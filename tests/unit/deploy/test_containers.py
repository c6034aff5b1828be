"""Images and compose files: written from the product's code, closed, whole in themselves."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from corridor.daemon.config_sections import LinksSection, MetricsSection

TREE = Path(__file__).resolve().parents[3]
CONTAINERS = TREE / "deploy" / "containers"
sys.path.insert(0, str(CONTAINERS))
import write_compose  # noqa: E402 - of the folder itself

STACKS = ("country", "trial")
OURS = {"corridor-node", "corridor-broker"}


def stack(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CONTAINERS / f"compose.{name}.yml").read_text(encoding="utf-8")))


def services(name: str) -> dict[str, dict[str, Any]]:
    return dict(stack(name)["services"])


def test_the_files_are_what_the_code_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_compose.main(["--check"]) == 0
    shutil.copytree(CONTAINERS, tmp_path / "containers")
    monkeypatch.setattr(write_compose, "HERE", tmp_path / "containers")
    changed = tmp_path / "containers" / "compose.trial.yml"
    changed.write_text(changed.read_text().replace("internal: true", "internal: false"))
    assert write_compose.main(["--check"]) == 1
    assert "compose.trial.yml" in capsys.readouterr().err
    assert write_compose.main([]) == 0
    assert "internal: true" in changed.read_text()


@pytest.mark.parametrize("name", STACKS)
def test_what_runs_for_long_is_closed(name: str) -> None:
    for one, service in services(name).items():
        if "profiles" in service:
            continue
        assert service["read_only"], one
        assert service["cap_drop"] == ["ALL"], one
        assert service["security_opt"] == ["no-new-privileges:true"], one
        assert "privileged" not in service, one


@pytest.mark.parametrize("name", STACKS)
def test_every_name_in_a_stack_is_known_in_it(name: str) -> None:
    whole = stack(name)
    for one, service in whole["services"].items():
        network = service.get("network_mode", "")
        if network.startswith("service:"):
            beside = network.removeprefix("service:")
            assert beside in whole["services"], one
            assert "network_mode" not in whole["services"][beside], one
            # compose takes neither together with somebody else's network
            assert not {"ports", "networks"} & set(service), one
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (CONTAINERS / source).exists(), volume
            else:
                assert source in whole["volumes"], volume
        if "build" in service:
            text = (CONTAINERS / "Dockerfile").read_text(encoding="utf-8")
            assert re.search(rf"^FROM \S+ AS {service['build']['target']}$", text, re.MULTILINE)
        assert ("build" in service) or service["image"] in OURS or ":" in service["image"], one


def test_partners_reach_one_port_of_a_country_and_no_other() -> None:
    port = LinksSection().amqps_port
    published = {name: one.get("ports", []) for name, one in services("country").items()}
    assert published.pop("broker") == [f"{port}:{port}", "127.0.0.1:3000:3000"]
    assert not any(published.values())
    assert not any("ports" in one for one in services("trial").values())


def test_a_broker_in_a_container_has_the_surroundings_of_its_unit() -> None:
    unit = (TREE / "deploy/systemd/corridor-broker.service").read_text(encoding="utf-8")
    lines = [line.removeprefix("Environment=") for line in unit.splitlines()
             if line.startswith("Environment=")]  # fmt: skip
    found = services("country")["broker"]["environment"]
    assert sorted(lines) == sorted(f"{name}={value}" for name, value in found.items())
    assert services("trial")["ge-broker"]["environment"]["RABBITMQ_CONFIG_FILE"] == (
        "/trial/Georgia/ge/broker/etc/rabbitmq.conf"
    )


def test_prometheus_looks_where_a_node_and_its_broker_tell() -> None:
    told = yaml.safe_load((CONTAINERS / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {one["job_name"]: one["static_configs"][0] for one in told["scrape_configs"]}
    assert jobs["corridor"]["targets"] == [f"127.0.0.1:{MetricsSection().port}"]
    assert jobs["rabbitmq"]["targets"] == [f"127.0.0.1:{LinksSection().prometheus_port}"]
    assert all(set(one["labels"]) == {"country"} for one in jobs.values())


def test_prometheus_itself_takes_what_is_mounted(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine; `make test` installs it")
    text = (CONTAINERS / "prometheus.yml").read_text(encoding="utf-8")
    rules = TREE / "deploy" / "prometheus" / "corridor-alerts.yml"
    (tmp_path / "prometheus.yml").write_text(
        text.replace("/etc/prometheus/corridor-alerts.yml", str(rules))
    )
    done = subprocess.run([promtool, "check", "config", tmp_path / "prometheus.yml"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_finds_prometheus_and_every_dashboard() -> None:
    (source,) = yaml.safe_load(
        (CONTAINERS / "grafana/datasources/corridor.yml").read_text(encoding="utf-8")
    )["datasources"]
    assert (
        f"--web.listen-address={source['url'].removeprefix('http://')}"
        in (services("country")["prometheus"]["command"])
    )
    (provider,) = yaml.safe_load(
        (CONTAINERS / "grafana/dashboards/corridor.yml").read_text(encoding="utf-8")
    )["providers"]
    volumes = services("country")["grafana"]["volumes"]
    mounts = {one.split(":")[1]: one.split(":")[0] for one in volumes}
    folder = (CONTAINERS / mounts[provider["options"]["path"]]).resolve()
    boards = sorted(folder.glob("*.json"))
    assert len(boards) >= 4
    for board in boards:
        assert json.loads(board.read_text(encoding="utf-8"))["uid"]


def test_the_trial_types_every_command_of_the_page() -> None:
    for name in ("trial.sh", "trial.steps.sh"):
        done = subprocess.run(["bash", "-n", CONTAINERS / name], capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    script = (CONTAINERS / "trial.steps.sh").read_text(encoding="utf-8")
    defined = (CONTAINERS / "trial.sh").read_text(encoding="utf-8")
    assert ". ./trial.steps.sh\n" in defined
    used = {line.split()[0] for line in script.splitlines() if line and line[0] != "#"}
    assert used <= set(re.findall(r"^(\w+)\(\) {", defined, re.MULTILINE))
    page = (TREE / "docs/manual/join.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n# at \w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    typed = script.replace("'\"'\"'", "'")
    for line in lines:
        if line.startswith("corridor run "):
            continue
        assert re.sub(r" --broker-address [0-9.]+", "", line) in typed
    assert script.count("\nstart ") == sum(line.startswith("corridor run ") for line in lines)
    desks = set(re.findall(r"^at (\S+)", script, re.MULTILINE))
    assert desks <= set(services("trial"))
    # Nobody's people type in the network of a broker that has not been started.
    first = script.index("\nstart_broker ge")
    assert script.index("at ge-console") > first > script.index("at ge-desk")
