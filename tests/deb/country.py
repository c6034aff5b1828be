"""A machine of one country: a Debian that was booted, with the package and nothing of ours.

Rules:

* it lives in namespaces of its own that end with its first process, and that one no later than we;
* what a person types runs inside, as the user who would type it, with nothing of our environment;
* files handed over are copied into the folder in which that person works.
"""

import re
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from builders_namespaces import SBIN
from corridor.lab.guard import Guarded

HERE = Path(__file__).resolve().parent
WORKS_IN = "/var/lib/corridor"
"""Where the node's user has his folders; the page's `ge` and `tr` are called `node` here."""
_COMMAND_S = 300.0
_BOOT_S = 60.0
_SPACES = ("mount", "uts", "ipc", "net", "pid", "cgroup")
_FINGERPRINT = {
    "NETWORK": r"fingerprint of the network ([0-9a-f ]+)",
    "GEORGIA": r"identity, all +([0-9a-f ]+)",
    "TURKIYE": r"identity, all +([0-9a-f ]+)",
}


class Wrong(Exception):
    """Something is not as it must be; says what, and what was seen."""


@dataclass
class Country:
    """One machine, from `boot` to `end`."""

    name: str
    folder_on_page: str
    """What the page calls the node's folder: "ge"."""
    root: Path
    screen: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    _guard: Guarded | None = None
    _first: int = 0

    @property
    def folder(self) -> Path:
        """Where its person works, seen from outside."""
        return self.root / WORKS_IN[1:]

    def boot(self, group: str) -> None:
        """Boot it and wait until systemd has started what it starts."""
        apart = ["unshare", *(f"--{one}" for one in _SPACES if one != "cgroup"), "--fork",
                 "--kill-child", "--propagation", "private"]  # fmt: skip
        plain = {"Georgia": "georgia", "Türkiye": "turkiye"}[self.name]
        script = ["bash", str(HERE / "boot.sh"), str(self.root), group, plain]
        log = self.root.parent / f"{plain}.console"
        self._guard = Guarded([*apart, *script], env={"PATH": SBIN}, log=log)
        self._first = _only_child(self._guard.pid)
        end = time.monotonic() + _BOOT_S
        while time.monotonic() < end and self._guard.running():
            said = self.root_runs("systemctl is-system-running", check=False).stdout.strip()
            # Degraded: a machine without a console has nobody to log in there.
            if said in {"running", "degraded"}:
                return
            time.sleep(0.2)
        raise Wrong(f"{self.name} does not boot; see {log}: {log.read_text()[-500:]}")

    def end(self) -> None:
        """End all of it at once, as by its switch."""
        if self._guard is not None:
            self._guard.kill()
            self._guard = None

    def join(self, address: str, other: "Country", its_address: str) -> None:
        """Lay one line to another machine: all the network that there is."""
        peer = f"type veth peer name line netns {other._first}"
        net = ["nsenter", "--target", str(self._first), "--net"]
        subprocess.run([*net, *shlex.split(f"ip link add line {peer}")], check=True)
        for machine, own in ((self, address), (other, its_address)):
            net = ["nsenter", "--target", str(machine._first), "--net"]
            subprocess.run([*net, "ip", "address", "add", own, "dev", "line"], check=True)
            subprocess.run([*net, "ip", "link", "set", "line", "up"], check=True)

    def root_runs(
        self, line: str, *, check: bool = True, timeout_s: float = _COMMAND_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a line as root.

        Raises:
            Wrong: It failed, and `check` says that it must not.
        """
        return self._run(line, "cd /root; exec sh -euc", {}, check=check, timeout_s=timeout_s)

    def type(self, line: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a line of the page as the node's user, in the folder where he works."""
        here = as_here(line, self.folder_on_page)
        around = {
            # Debian's own rabbitmqctl is for root alone.
            "PATH": "/usr/lib/rabbitmq/bin:/usr/bin:/bin",
            # The two figures in which a small machine differs from a country.
            "CORRIDOR__LINKS__DISK_FREE_LIMIT": "200MB",
            "CORRIDOR__LINKS__RECONNECT_DELAY_S": "2",
            **self.heard,
        }
        start = f"cd {WORKS_IN}; exec /sbin/runuser -u corridor -- sh -euc"
        done = self._run(here, start, around, check=check, timeout_s=_COMMAND_S)
        self.screen += f"$ {here}\n{done.stdout}{done.stderr}"
        return done

    def owns(self, name: str) -> None:
        """Give what was handed over to its person, as by his own download."""
        self.root_runs(f"chown -R corridor:corridor {WORKS_IN}/{shlex.quote(name)}")

    def read_out(self, word: str) -> str:
        """Return a fingerprint as its people read it from their screen."""
        found = re.findall(_FINGERPRINT[word], self.screen)
        if not found:
            raise Wrong(f"{word} never stood on the screen of {self.name}")
        return str(found[-1]).strip()

    def log(self, unit: str) -> str:
        """Return the end of what a unit said."""
        return self.root_runs(f"journalctl --no-pager -o cat -n 40 -u {unit}", check=False).stdout

    def _run(
        self, line: str, start: str, around: dict[str, str], *, check: bool, timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--target", str(self._first), *(f"--{one}" for one in _SPACES)]
        plain = ["env", "-i", f"PATH={SBIN}", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
                 *(f"{name}={value}" for name, value in around.items())]  # fmt: skip
        shell = ["sh", "-euc", f"{start} {shlex.quote(line)}"]
        done = subprocess.run(
            [*enter, "--root", "--", *plain, *shell],
            capture_output=True, text=True, check=False, timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode:
            raise Wrong(f"{self.name}$ {line}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
                        f"exit status {done.returncode}")  # fmt: skip
        return done


def as_here(line: str, folder_on_page: str) -> str:
    """Return a line of the page, or a file's name on it, with the folder of the package."""
    return re.sub(rf"(?<![\w.-]){folder_on_page}(?=/| |$|-identity)", "node", line)


def _only_child(pid: int) -> int:
    """Return the process that `unshare --fork` started."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if found:
            return int(found[0])
        time.sleep(0.02)
    raise Wrong("unshare started nothing")
