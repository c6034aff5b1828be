"""Debian's Prometheus and Alertmanager beside a lab, with the files that a country would use.

Rules:

* they listen on loopback, keep their data in the lab's folder, and end with the lab;
* targets carry the label `country`, as in deploy/README.md; nodes are the job `corridor`, brokers
  the job `rabbitmq`;
* the rules are those of deploy/prometheus, or others that a test wrote.
"""

import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

import corridor
from corridor.errors import ConfigurationError, LinkTrouble, NotInstalled
from corridor.lab.guard import Guarded
from corridor.lab.network import Network
from corridor.lab.ports import PortLease
from corridor.lab.scraping import scrape_settings

PROGRAMS: Final = ("prometheus", "prometheus-alertmanager")
RULES: Final = "corridor-alerts.yml"
ALERTMANAGER: Final = "alertmanager.yml"
_IN_WHEEL: Final = "_prometheus"
_IN_SOURCE: Final = "deploy/prometheus"
_READY_S: Final = 30.0
_STEP_S: Final = 0.1
_STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Watch:
    """Where to look."""

    prometheus: str
    alertmanager: str


class Watchers:
    """Prometheus and Alertmanager of one lab; use as a context manager."""

    def __init__(
        self, network: Network, folder: Path, rules: Path | None = None, scrape_s: int = 5
    ) -> None:
        """Plan them for a network that is laid out.

        Args:
            network: Whose nodes and brokers are scraped.
            folder: For configuration, data and logs.
            rules: A file of rules; those of the installation if absent.
            scrape_s: Seconds between two looks.

        Raises:
            NotInstalled: Debian's packages are missing.
        """
        self._programs = {
            name: _program(name) for name in ("prometheus", "prometheus-alertmanager")
        }
        self._network, self._folder = network, folder
        self._rules = rules or shipped(RULES)
        self._scrape_s = scrape_s
        self._lease = PortLease()
        prometheus, alertmanager = self._lease.take(2)
        self._ports = {"prometheus": prometheus, "alertmanager": alertmanager}
        self._running: list[Guarded] = []
        self.at = Watch(f"http://127.0.0.1:{prometheus}", f"http://127.0.0.1:{alertmanager}")

    def __enter__(self) -> Self:
        """Start both and wait until they are ready.

        Raises:
            LinkTrouble: One ended, or was not ready in time.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End both."""
        self.stop()

    def stop(self) -> None:
        """End both."""
        while self._running:
            self._running.pop().stop(_STOP_S)
        self._lease.close()

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """Return what Prometheus answers to an expression now.

        Raises:
            LinkTrouble: It refuses the expression, or does not answer.
        """
        query = urllib.parse.urlencode({"query": expression})
        answer = _get(f"{self.at.prometheus}/api/v1/query?{query}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def ask_range(
        self, expression: str, begin_s: float, end_s: float, step_s: float
    ) -> list[dict[str, Any]]:
        """Return what Prometheus answers to an expression over a time, in Unix seconds.

        Raises:
            LinkTrouble: It refuses the expression, or does not answer.
        """
        asked = {"query": expression, "start": begin_s, "end": end_s, "step": step_s}
        query = urllib.parse.urlencode(asked)
        answer = _get(f"{self.at.prometheus}/api/v1/query_range?{query}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def firing(self) -> list[dict[str, str]]:
        """Return the labels of every alert that fires now."""
        alerts = _get(f"{self.at.prometheus}/api/v1/alerts")["data"]["alerts"]
        return [one["labels"] for one in alerts if one["state"] == "firing"]

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._rules, self._folder / RULES)
        shutil.copyfile(shipped(ALERTMANAGER), self._folder / ALERTMANAGER)
        # JSON is YAML
        (self._folder / "prometheus.yml").write_text(json.dumps(self._settings(), indent=2))
        self._run(
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._ports['prometheus']}",
            "--enable-feature=exemplar-storage",
        )
        self._run(
            "prometheus-alertmanager",
            f"--config.file={self._folder / ALERTMANAGER}",
            f"--storage.path={self._folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self._ports['alertmanager']}",
            "--cluster.listen-address=",
        )
        for url in (self.at.prometheus, self.at.alertmanager):
            self._wait(url)

    def _run(self, name: str, *arguments: str) -> None:
        log = self._folder / f"{name}.log"
        self._running.append(
            Guarded([self._programs[name], *arguments], env=dict(os.environ), log=log)
        )

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and all(one.running() for one in self._running):
            try:
                with urllib.request.urlopen(f"{url}/-/ready", timeout=2):  # noqa: S310 - loopback
                    return
            except OSError:
                time.sleep(_STEP_S)
        raise LinkTrouble(f"{url} is not ready", cure=f"read the logs in {self._folder}")

    def _settings(self) -> dict[str, Any]:
        nodes = {
            str(code): f"127.0.0.1:{node.plan.metrics_port}"
            for code, node in self._network.nodes.items()
        }
        brokers = {
            str(code): f"127.0.0.1:{broker.plan.ports.prometheus}"
            for code, broker in self._network.brokers.items()
        }
        manager = f"127.0.0.1:{self._ports['alertmanager']}"
        return scrape_settings(nodes, brokers, str(self._folder / RULES), manager, self._scrape_s)


def shipped(name: str) -> Path:
    """Return a file of deploy/prometheus, from a wheel or from a source tree.

    Raises:
        ConfigurationError: The installation carries none.
    """
    source = Path(corridor.__file__).resolve().parents[2] / _IN_SOURCE
    for folder in (Path(str(files(corridor) / _IN_WHEEL)), source):
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(f"{name} of deploy/prometheus is missing from this installation")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotInstalled(
            f"{name} is not installed",
            cure="apt-get install --no-install-recommends prometheus prometheus-alertmanager",
        )
    return found


def _get(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback, ours
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        told = error.read().decode("utf-8", "replace")[:500]
        raise LinkTrouble(f"Prometheus refuses: {told}") from None
    except OSError as error:
        raise LinkTrouble(f"Prometheus does not answer: {error}") from None
