"""Writes the compose files, and what they mount, from the units and from the product's own code.

    python deploy/containers/write_compose.py            write the files
    python deploy/containers/write_compose.py --check    are they up to date?

Rules:

* a country's programs share one network, as on one machine: what listens on loopback stays there;
* a broker's surroundings are those of its systemd unit, ports the defaults of the configuration,
  and Prometheus's settings come from the function that the laboratory uses;
* the trial types the commands of the manual's page "Join the network", none of its own.
"""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # no stubs in the lock

from corridor.daemon.config_sections import LinksSection, MetricsSection
from corridor.lab.scraping import scrape_settings

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parent
TREE = HERE.parents[1]
sys.path.insert(0, str(TREE / "tests" / "integration" / "join"))
from page import (  # type: ignore[import-not-found]  # noqa: E402 - the page's reader
    Command,
    Handed,
    Started,
    Told,
    read_page,
)

UNIT = DEPLOY / "systemd" / "corridor-broker.service"
JOIN = TREE / "docs" / "manual" / "join.md"
NODE = "/var/lib/corridor/node"
PROMETHEUS = "127.0.0.1:9090"
ALERTMANAGER = "127.0.0.1:9093"
SCRAPE_S = 15
WRITTEN = "# Written by deploy/containers/write_compose.py; change that.\n"
STEPS = f"""\
# The steps of the manual's page "Join the network", each by a function of trial.sh, which reads it.
{WRITTEN}# What is in single quotes is for the shell of a desk.
# shellcheck shell=bash disable=SC2016

"""
MACHINES = {"Georgia": ("ge", "mq.rs.ge"), "Türkiye": ("tr", "mq.gtb.tr")}
BODIES = ("UN", "EAST", "WEST")
PRINTED = {
    "NETWORK": "fingerprint of the network ",
    "GEORGIA": "identity, all *",
    "TURKIYE": "identity, all *",
}
"""After which words a fingerprint stands on the screen of whoever reads it out."""
Service = dict[str, Any]
CLOSED: Service = {
    "read_only": True,
    "tmpfs": ["/tmp", "/run"],  # noqa: S108 - the container's own
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "restart": "unless-stopped",
}


def unit_environment(folder: str) -> dict[str, str]:
    """Return the broker's environment as its unit sets it, for a node's folder."""
    lines = re.findall(r"^Environment=(\w+)=(.+)$", UNIT.read_text("utf-8"), re.MULTILINE)
    return {name: value.replace(NODE, folder) for name, value in lines}


def broker(folder: str, volume: str, place: str) -> Service:
    """Return a country's broker, whose network the rest of the country shares."""
    return {
        "image": "corridor-broker",
        "build": {"context": "../..", "dockerfile": "deploy/containers/Dockerfile",
                  "target": "broker"},
        **CLOSED,
        "environment": unit_environment(folder),
        "volumes": [f"{volume}:{place}:ro", f"{volume}-broker:/var/lib/corridor-broker",
                    f"{volume}-broker-log:/var/log/corridor-broker"],
        # ExecStop of the unit waits as long.
        "stop_grace_period": "120s",
    }  # fmt: skip


def node(folder: str, volume: str, place: str, beside: str) -> Service:
    """Return a country's node, in the network of its broker."""
    return {
        "image": "corridor-node",
        "build": {"context": "../..", "dockerfile": "deploy/containers/Dockerfile",
                  "target": "node"},
        **CLOSED,
        "network_mode": f"service:{beside}",
        "environment": {"CORRIDOR_CONFIG": f"{folder}/node.toml"},
        "volumes": [f"{volume}:{place}"],
        # The unit's TimeoutStopSec.
        "stop_grace_period": "40s",
    }  # fmt: skip


def country() -> dict[str, Any]:
    """Return one country's stack: broker, node, Prometheus, Alertmanager, Grafana."""
    port = LinksSection().amqps_port
    services = {
        "broker": broker(NODE, "corridor", "/var/lib/corridor")
        | {"ports": [f"{port}:{port}", "127.0.0.1:3000:3000"]},
        "node": node(NODE, "corridor", "/var/lib/corridor", "broker"),
        # For what is done before the broker runs, and without any network: init, join, render.
        "desk": {"image": "corridor-broker", "user": "corridor", "profiles": ["desk"],
                 "network_mode": "none", "entrypoint": ["corridor"],
                 "working_dir": "/var/lib/corridor", "volumes": ["corridor:/var/lib/corridor"]},
        "prometheus": {
            "image": "prom/prometheus:v2.53.3",
            **CLOSED,
            "network_mode": "service:broker",
            "command": ["--config.file=/etc/prometheus/prometheus.yml",
                        "--storage.tsdb.path=/prometheus", "--storage.tsdb.retention.time=90d",
                        f"--web.listen-address={PROMETHEUS}",
                        "--enable-feature=exemplar-storage"],
            "volumes": ["./prometheus.yml:/etc/prometheus/prometheus.yml:ro",
                        "../prometheus/corridor-alerts.yml:/etc/prometheus/corridor-alerts.yml:ro",
                        "prometheus:/prometheus"],
        },
        "alertmanager": {
            "image": "prom/alertmanager:v0.27.0",
            **CLOSED,
            "network_mode": "service:broker",
            "command": ["--config.file=/etc/alertmanager/alertmanager.yml",
                        "--storage.path=/alertmanager", f"--web.listen-address={ALERTMANAGER}",
                        "--cluster.listen-address="],
            "volumes": ["../prometheus/alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro",
                        "alertmanager:/alertmanager"],
        },
        "grafana": {
            "image": "grafana/grafana:11.6.0",
            **CLOSED,
            "network_mode": "service:broker",
            # Whoever reaches loopback of this machine may look; nobody may change.
            "environment": {"GF_AUTH_ANONYMOUS_ENABLED": "true",
                            "GF_ANALYTICS_REPORTING_ENABLED": "false",
                            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
                            "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true"},
            "volumes": ["./grafana:/etc/grafana/provisioning:ro",
                        "../grafana:/var/lib/grafana/dashboards:ro", "grafana:/var/lib/grafana"],
        },
    }  # fmt: skip
    return {"name": "corridor", "services": services, "volumes": volumes(services)}


def trial() -> dict[str, Any]:
    """Return two countries, each with a network of its own beside the one that both share."""
    services: dict[str, Service] = {}
    for name, (code, host) in MACHINES.items():
        folder = f"/trial/{plain(name)}/{code}"
        services[f"{code}-broker"] = broker(folder, "trial", "/trial") | {
            "networks": {"border": {"aliases": [host]}}
        }
        services[f"{code}-broker"]["volumes"][1:] = [
            f"{code}-broker:/var/lib/corridor-broker", f"{code}-broker-log:/var/log/corridor-broker"
        ]  # fmt: skip
        services[f"{code}-node"] = node(folder, "trial", "/trial", f"{code}-broker")
        # Where its people type: first without any network, then beside their broker.
        services[f"{code}-desk"] = desk(plain(name), "none")
        services[f"{code}-console"] = desk(plain(name), f"service:{code}-broker")
    for name in BODIES:
        services[f"{name.lower()}-desk"] = desk(name, "none")
    return {
        "name": "corridor-trial",
        "services": services,
        "networks": {"border": {"internal": True}},
        "volumes": volumes(services),
    }


def desk(place: str, network: str) -> Service:
    """Return where one of the trial's people types."""
    return {
        "image": "corridor-broker",  # for rabbitmqctl
        "user": "corridor",
        "profiles": ["desk"],
        "network_mode": network,
        "entrypoint": ["sh", "-euc"],
        "working_dir": f"/trial/{place}",
        # A trial's disk and patience, not a country's: as in the page's test.
        "environment": {"CORRIDOR__LINKS__DISK_FREE_LIMIT": "200MB",
                        "CORRIDOR__LINKS__RECONNECT_DELAY_S": "2"},
        "volumes": ["trial:/trial"],
    }  # fmt: skip


def volumes(services: dict[str, Service]) -> dict[str, None]:
    """Return the named volumes that services mount."""
    named = [one.split(":")[0] for service in services.values() for one in service["volumes"]]
    return dict.fromkeys(name for name in named if not name.startswith("."))


def plain(name: str) -> str:
    """Return a machine's name as a folder's."""
    return name.replace("ü", "u")


def trial_steps() -> str:
    """Return the page's steps as trial.sh types them in containers."""
    lines, started = [], set()
    for step in read_page(JOIN.read_text("utf-8")):
        lines.append(step_line(step, step.machine in started))
        if isinstance(step, Started):
            started.add(step.machine)
    return STEPS + "\n".join(lines) + "\n"


def step_line(step: object, connected: bool) -> str:  # noqa: FBT001 - one of two desks
    """Return one step of the page as a line of shell."""
    if isinstance(step, Command):
        name = desk_of(step.machine)
        if connected:
            name = name.replace("-desk", "-console")
        if step.line.startswith("corridor run "):
            return f"start {name.removesuffix('-console')}-node"
        line = re.sub(r" --broker-address [0-9.]+", "", step.line)
        return f"at {name} {plain(step.machine)} {shlex.quote(line)}"
    if isinstance(step, Handed):
        words = (plain(step.machine), plain(step.to), step.name, step.as_name)
        return "hand " + " ".join(shlex.quote(word) for word in words)
    if isinstance(step, Told):
        after = shlex.quote(PRINTED[step.word])
        return f"hear {step.word} {plain(step.by)} {after}"
    if isinstance(step, Started):
        code, _ = MACHINES[step.machine]
        return f"start_broker {code} {plain(step.machine)}"
    raise ValueError(step)


def desk_of(machine: str) -> str:
    """Return the service in which a machine's person types."""
    return f"{MACHINES[machine][0] if machine in MACHINES else machine.lower()}-desk"


def files() -> dict[str, str]:
    """Return every file with its content."""
    scrape = scrape_settings(
        {"XX": f"127.0.0.1:{MetricsSection().port}"},
        {"XX": f"127.0.0.1:{LinksSection().prometheus_port}"},
        "/etc/prometheus/corridor-alerts.yml", ALERTMANAGER, SCRAPE_S,
    )  # fmt: skip
    source = {"apiVersion": 1, "datasources": [
        {"name": "Prometheus", "type": "prometheus", "access": "proxy", "isDefault": True,
         "url": f"http://{PROMETHEUS}", "editable": False}]}  # fmt: skip
    boards = {"apiVersion": 1, "providers": [
        {"name": "corridor", "type": "file", "disableDeletion": True, "allowUiUpdates": False,
         "options": {"path": "/var/lib/grafana/dashboards"}}]}  # fmt: skip
    return {
        "compose.country.yml": as_yaml("One country: see README.md in deploy.", country()),
        "compose.trial.yml": as_yaml("Two countries that join and exchange: trial.sh.", trial()),
        "prometheus.yml": as_yaml("Put your country's code in the place of XX.", scrape),
        "grafana/datasources/corridor.yml": as_yaml("Where the figures come from.", source),
        "grafana/dashboards/corridor.yml": as_yaml("The dashboards of deploy/grafana.", boards),
        "trial.steps.sh": trial_steps(),
    }


def as_yaml(title: str, value: object) -> str:
    """Return a value as people read it."""
    text = yaml.dump(value, Dumper=_Plain, sort_keys=False, width=100, allow_unicode=True)
    return f"# {title}\n{WRITTEN}{text}"


class _Plain(yaml.SafeDumper):  # type: ignore[misc]  # the same
    """Writes what occurs twice twice: no anchors, which other readers stumble over."""

    def ignore_aliases(self, data: object) -> bool:
        """Return that nothing is shared."""
        del data
        return True


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    differing = [name for name, text in files().items() if _differs(HERE / name, text)]
    if "--check" in arguments:
        if differing:
            print(f"differs from the code: {', '.join(differing)}", file=sys.stderr)
        return 1 if differing else 0
    for name in differing:
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(files()[name], "utf-8")
    return 0


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text("utf-8") != text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
