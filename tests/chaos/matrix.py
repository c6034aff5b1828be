"""A network in which some countries run RabbitMQ 4.x, from a Debian of its own in a folder.

Rules:

* the folder is a whole Debian (`trixie.sh` makes it); the broker's own folder is seen in it at the
  same path, through a bind mount that ends with the network;
* everything else is the network of the suite: the same nodes, relays, certificates and files, but
  for what `broker_config/README.md` says of newer versions.
"""

import json
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from chaos.disks import unmount
from chaos.network import ChaosNetwork
from corridor.errors import LinkTrouble
from corridor.lab.brokers import BrokerPlan, PrivateBroker
from corridor.lab.guard import Guarded
from corridor.transit.parties import CountryCode

_SCRIPTS: Final = "/usr/lib/rabbitmq/bin"
_CTL_TIMEOUT_S: Final = 60


class NewerBroker(PrivateBroker):
    """A private broker whose programs are those of another Debian."""

    def __init__(self, plan: BrokerPlan, root: Path) -> None:
        """Describe the broker of `plan` with the programs below `root`."""
        super().__init__(plan)
        self._root = root
        self.seen = root / plan.directory.relative_to("/")

    def mount(self) -> None:
        """Let the other Debian see the broker's folder, and processes."""
        self.seen.mkdir(parents=True, exist_ok=True)
        _run("mount", "--bind", str(self.plan.directory), str(self.seen))

    def unmount(self) -> None:
        """Take it away again."""
        unmount(self.seen)

    def start(self) -> None:
        """Start it as its parent does, in the other Debian."""
        if self.pid is not None:
            return
        self._log_seen = self.plan.log.stat().st_size if self.plan.log.exists() else 0
        self._start_epmd()
        self._server = Guarded(
            self._inside("rabbitmq-server"),
            env=self._environment(),
            log=self.plan.log.with_name("console.log"),
            cwd=self.plan.directory,
        )
        self._write_state()

    def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` of the same version."""
        if self.pid is None:
            raise LinkTrouble(f"rabbitmqctl {arguments[0]}: the broker does not run")
        done = subprocess.run(
            [*self._inside("rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_CTL_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise LinkTrouble(f"rabbitmqctl {arguments[0]}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def adapt(self) -> None:
        """Write into the files what is said otherwise to a newer version."""
        etc = self.plan.etc
        path = etc / "definitions.json"
        definitions: dict[str, Any] = json.loads(path.read_text())
        for one in definitions["parameters"]:
            one["value"]["queue-type"] = "quorum"
        path.write_text(json.dumps(definitions, indent=1))
        plugins = etc / "enabled_plugins"
        plugins.write_text(plugins.read_text().replace("].", ",rabbitmq_federation_prometheus]."))

    def _inside(self, program: str) -> list[str]:
        return ["chroot", str(self._root), f"{_SCRIPTS}/{program}"]


class MixedNetwork(ChaosNetwork):
    """The suite's network with newer brokers in some countries."""

    def __init__(
        self,
        directory: Path,
        *,
        root: Path,
        newer: Collection[CountryCode],
        **more: Any,  # noqa: ANN401 - the rest of a ChaosNetwork
    ) -> None:
        """Plan it; `newer` are the countries whose programs are those below `root`."""
        super().__init__(directory, **more)
        self._root = root
        self._newer = newer
        self._seen: list[NewerBroker] = []

    def lay_out(self) -> None:
        """Write every file and mount what newer brokers see."""
        super().lay_out()
        for code in self._newer:
            broker = NewerBroker(self.brokers[code].plan, self._root)
            broker.adapt()
            broker.mount()
            self._seen.append(broker)
            self.brokers[code] = broker

    def down(self) -> None:
        """End everything and take away what was mounted."""
        super().down()
        while self._seen:
            self._seen.pop().unmount()


def version_of(root: Path) -> str:
    """Return the version of RabbitMQ in another Debian, as its packages have it."""
    asked = ["dpkg-query", "-W", "-f=${Version}", "rabbitmq-server"]
    return _run("chroot", str(root), *asked)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise LinkTrouble(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def mount_proc(root: Path) -> None:
    """Mount what a broker reads of its processes; without it the management does not start."""
    if not (root / "proc" / "self").exists():
        _run("mount", "-t", "proc", "proc", str(root / "proc"))
