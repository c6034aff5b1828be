"""Fuzzes the HTTP gateway of a real node from its OpenAPI document.

    python tests/fuzz/run_api.py             API_CASES=N cases an operation, API_SEED=S
                                             (make api-fuzz)

A laboratory node runs as a process of its own, without a broker. Whatever is found ends with
status 1 and stands in build/api-fuzz/schemathesis.log; the node must run on and end in good order.
"""

import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
TREE = HERE.parents[1]
sys.path[:0] = [str(TREE / "node"), str(TREE / "tests")]

from builders_http import write_clients  # noqa: E402 - the paths come first

_START_S = 30


def http_lines(port: int, more: str = "") -> str:
    """Configuration that switches the gateway on."""
    return (
        f"\n[http]\nenabled = true\nport = {port}\nburst = 1000000\nlongest_poll_s = 0.05\n{more}"
    )


@contextmanager
def node_process(
    config: Path, port: int, tls: ssl.SSLContext | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the node of a configuration until the block ends; its log stands beside it."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (config.parent / "http.log").open("ab") as log:
        command = [sys.executable, "-m", "corridor", "run", "--config", str(config), "--json"]
        process = subprocess.Popen(command, stderr=log, env=env)
        try:
            _await(process, port, tls)
            yield process
        finally:
            process.kill()
            process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int, tls: ssl.SSLContext | None) -> None:
    url = f"http{'s' if tls else ''}://127.0.0.1:{port}/v1/health"
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2, context=tls):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.05)
    message = f"the node does not answer over HTTP (status {process.poll()})"
    raise RuntimeError(message)


def fuzz(port: int, out: Path, *, cases: int, seed: int, phases: str) -> int:
    """Run schemathesis with all its checks; returns its exit status."""
    out.mkdir(parents=True, exist_ok=True)
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "--config-file", str(HERE / "schemathesis.toml"), "run",
               f"http://127.0.0.1:{port}/v1/openapi.json", "--phases", phases, "--no-shrink",
               "--max-examples", str(cases), "--seed", str(seed), "--continue-on-failure",
               "--suppress-health-check", "all", "--warnings", "off"]  # fmt: skip
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": str(HERE),
           "NO_PROXY": "127.0.0.1"}  # fmt: skip
    with (out / "schemathesis.log").open("wb") as log:
        done = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=env, cwd=out, check=False
        )
    return done.returncode


def main() -> int:
    """Lay out a laboratory, run one of its nodes, fuzz it."""
    import tempfile  # noqa: PLC0415 - of this verb alone

    from corridor.lab.network import Network  # noqa: PLC0415
    from corridor.lab.scenario import load_scenario  # noqa: PLC0415

    out = TREE / "build" / "api-fuzz"
    cases, seed = int(os.environ.get("API_CASES", "300")), int(os.environ.get("API_SEED", "1"))
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab"
        with Network(load_scenario("tr-ge-az").through("socket"), lab) as network:
            network.lay_out()
            plan = next(node.plan for code, node in network.nodes.items() if code == "GE")
            port = plan.metrics_port + 1000
            with plan.config.open("a") as config:
                config.write(http_lines(port))
            write_clients(plan.directory / "http" / "clients.json")
            with node_process(plan.config, port) as node:
                status = fuzz(
                    port, out, cases=cases, seed=seed, phases="examples,coverage,fuzzing,stateful"
                )
                alive = node.poll() is None
                node.send_signal(signal.SIGTERM)
                orderly = node.wait(30) == 0
    print((out / "schemathesis.log").read_text()[-3000:])
    print(f"api-fuzz: schemathesis {status}, node alive {alive}, ended in good order {orderly}")
    return 0 if (status, alive, orderly) == (0, True, True) else 1


if __name__ == "__main__":
    sys.exit(main())
