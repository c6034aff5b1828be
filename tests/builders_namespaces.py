"""Machines of a test: each in a network namespace of its own, two joined by one line.

Rules:

* a namespace lives as long as the process that holds it, and that one no longer than we do:
  nothing is left behind, whatever happens;
* root is not needed where the kernel lets a user make namespaces of his own; where neither works
  the test skips and says why.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from corridor.lab.guard import Guarded

SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
_FOR_EVER = "infinity"


@dataclass(frozen=True, slots=True)
class Namespace:
    """One network namespace, and how a program is run in it."""

    holder: Guarded
    owned: bool
    """Whether it belongs to a user namespace of ours, made without root."""

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs `command` in here."""
        enter = ["nsenter", "--target", str(self.holder.pid), "--net"]
        if self.owned:
            enter += ["--user", "--preserve-credentials"]
        return [*enter, "--", *command]


@dataclass(slots=True)
class Namespaces:
    """Namespaces of one test; use as a context manager."""

    folder: Path
    owned: bool
    made: list[Namespace] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_told: object) -> None:
        """End every holder; the kernel removes what they held."""
        self._stack.close()

    def make(self) -> Namespace:
        """Return a new namespace with loopback and nothing else."""
        command = ["unshare", "--net", "sleep", _FOR_EVER]
        if self.owned and not self.made:
            command = ["unshare", "--user", "--map-root-user", "--net", "sleep", _FOR_EVER]
        elif self.owned:
            first = str(self.made[0].holder.pid)
            command = ["nsenter", "--target", first, "--user", "--preserve-credentials", *command]
        holder = Guarded(command, log=self.folder / "namespaces.log")
        self._stack.callback(holder.kill)
        _wait_apart(holder.pid)
        namespace = Namespace(holder, self.owned)
        self.made.append(namespace)
        _run(namespace.inside("ip", "link", "set", "lo", "up"))
        return namespace

    def join(self, one: Namespace, address: str, other: Namespace, its_address: str) -> None:
        """Lay one line between two namespaces; addresses are "10.0.0.1/30"."""
        to = ["type", "veth", "peer", "name", "line", "netns", str(other.holder.pid)]
        _run(one.inside("ip", "link", "add", "line", *to))
        for end, own in ((one, address), (other, its_address)):
            _run(end.inside("ip", "address", "add", own, "dev", "line"))
            _run(end.inside("ip", "link", "set", "line", "up"))


def can_make(*, owned: bool) -> bool:
    """Whether this machine lets us make namespaces, with or without root."""
    tools = all(shutil.which(tool, path=SBIN) for tool in ("ip", "unshare", "nsenter"))
    probe = ["unshare", *(("--user", "--map-root-user") if owned else ()), "--net", "true"]
    return tools and subprocess.run(probe, capture_output=True, check=False).returncode == 0


def namespaces(folder: Path) -> Namespaces:
    """Return the namespaces of a test, or skip it by name."""
    for owned in (False, True):
        if can_make(owned=owned):
            return Namespaces(folder, owned)
    pytest.skip("no network namespaces here: they need root, or a kernel that lets users make "
                "them, and the package iproute2")  # fmt: skip


def run(
    namespace: Namespace, line: str, *, cwd: Path, env: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in a namespace."""
    return subprocess.run(
        namespace.inside("sh", "-eu", "-c", line),
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _wait_apart(pid: int, deadline_s: float = 10) -> None:
    """Wait until the holder has left our namespace."""
    ours = Path("/proc/self/ns/net").readlink()
    end = time.monotonic() + deadline_s
    while Path(f"/proc/{pid}/ns/net").readlink() == ours:
        assert time.monotonic() < end, "no namespace was made"
        time.sleep(0.01)


def _run(command: list[str]) -> None:
    path = f"{os.environ.get('PATH', '')}:{SBIN}"
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path})  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
