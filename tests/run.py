"""Runs the tests under measurement and holds the coverage floors.

    python tests/run.py              everything; real brokers must be there
    python tests/run.py PATH...      a part, without measurement

Measured is what the tests reach in their own process: the processes they start run at their own
speed, and so do the simulator and tests marked `unmeasured`. Networks are measured for what they
alone can try, there in every process. Results lie in build/test/. The whole runs in two lanes at
the same time.
"""

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

TREE = Path(__file__).resolve().parents[1]
RESULTS = TREE / "build" / "test"
DATA = RESULTS / "coverage"
NETWORKS = "integration"
"""The folder of tests that wait for brokers, links and nodes most of their time."""
SIMULATOR = "simulator"
"""The folder of tests that compute most of their time."""
NEED_NETWORKS = ("corridor.lab", "corridor.transport", "corridor.__main__")
"""What is tried on real brokers and nodes, and measured there."""
COUNTED = ("tests", "failures", "errors", "skipped")


def measured(lane: str, sources: Sequence[str]) -> Path:
    """Write how a lane is measured: pyproject's way, with a data file for each process."""
    settings = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["coverage"]
    settings["run"] |= {
        "source": list(sources),
        "parallel": True,
        "data_file": str(DATA / "data"),
        # Not each lane reaches each source.
        "disable_warnings": ["no-data-collected", "module-not-imported"],
    }
    lines = []
    for section, values in settings.items():
        lines.append(f"[tool.coverage.{section}]")
        lines += [f"{name} = {toml(value)}" for name, value in values.items()]
    config = RESULTS / f"coverage-{lane}.toml"
    config.write_text("\n".join(lines) + "\n")
    return config


def toml(value: object) -> str:
    """Write a boolean, a string or a list of strings as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(toml(item) for item in value)}]"
    return f"'{value}'"


def main(parts: list[str]) -> int:
    """Run pytest, then the gate where everything ran; the first status that is not 0."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    junit = RESULTS / "junit.xml"
    if parts:
        command = [sys.executable, "-m", "pytest", f"--junitxml={junit}", *parts]
        return subprocess.run(command, cwd=TREE, check=False).returncode
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    status = both_lanes()
    if status:
        return status
    gate = [sys.executable, str(TREE / "tests" / "coverage_gate.py"), "--combine"]
    return subprocess.run(gate, cwd=TREE, check=False).returncode


def both_lanes() -> int:
    """Run what needs networks beside everything else, as there are two processors.

    What one lane says is shown as it says it, what the other said when it has ended.
    """
    every = {path.relative_to(TREE).parts[1] for path in (TREE / "tests").rglob("test_*.py")}
    networks = RESULTS / "networks.log"
    began = time.monotonic()
    # The whole proves the whole: a test that needs a broker fails where there is none.
    with networks.open("w", encoding="utf-8") as log:
        # coverage's own start-up hook reads it, in each process that inherits it
        started = {"COVERAGE_PROCESS_START": str(measured("networks", NEED_NETWORKS))}
        second = subprocess.Popen(
            lane("networks", [NETWORKS]),
            cwd=TREE, env={**os.environ, **started}, stdout=log, stderr=log,
        )  # fmt: skip
        print(f"beside this, in {networks}: tests/{NETWORKS}", flush=True)
        first = subprocess.run(lane(SIMULATOR, [SIMULATOR]), cwd=TREE, check=False).returncode
        rest = lane("rest", sorted(every - {NETWORKS, SIMULATOR}), ["corridor"])
        first = subprocess.run(rest, cwd=TREE, check=False).returncode or first
        print(f"waiting for tests/{NETWORKS}", flush=True)
        other = second.wait()
    print(networks.read_text("utf-8"))
    lanes = (SIMULATOR, "rest", "networks")
    counted = join(*(RESULTS / f"junit-{name}.xml" for name in lanes))
    print(f"both lanes: {counted}, {time.monotonic() - began:.0f} s", flush=True)
    return first or other


def lane(name: str, folders: list[str], sources: Sequence[str] = ()) -> list[str]:
    """Return the command of a lane, which measures `sources`."""
    results = RESULTS / f"junit-{name}.xml"
    results.unlink(missing_ok=True)
    measuring = ["coverage", "run", f"--rcfile={measured(name, sources)}", "-m"] if sources else []
    paths = [f"tests/{one}" for one in folders]
    return [
        sys.executable, "-m", *measuring,
        "pytest", f"--junitxml={results}", "--require-broker", "--durations=10", *paths,
    ]  # fmt: skip


def _suite(path: Path) -> ET.Element | None:
    if not path.exists():
        return None
    return ET.parse(path).getroot().find("testsuite")  # noqa: S314 - pytest wrote it


def join(*results: Path) -> str:
    """Write the lanes' results as one; returns the counts in words."""
    counts = Counter[str]()
    whole = ET.Element("testsuite", name="pytest")
    for path in results:
        suite = _suite(path)
        if suite is None:  # it ended before it could count
            counts["errors"] += 1
            continue
        counts.update({name: int(suite.get(name, "0")) for name in COUNTED})
        whole.extend(suite)
    for name in COUNTED:
        whole.set(name, str(counts[name]))
    root = ET.Element("testsuites")
    root.append(whole)
    ET.ElementTree(root).write(RESULTS / "junit.xml", "utf-8", xml_declaration=True)
    bad = counts["failures"] + counts["errors"]
    passed = counts["tests"] - bad - counts["skipped"]
    return f"{passed} passed, {bad} failed, {counts['skipped']} skipped"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
