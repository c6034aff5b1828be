"""Runs the tests under measurement and holds the coverage floors.

    python tests/run.py              everything; real brokers must be there
    python tests/run.py PATH...      a part, without measurement

Every Python process that a test starts is measured too: coverage's own start-up hook reads
`COVERAGE_PROCESS_START`, and the daemons inherit it. Results lie in build/test/.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
RESULTS = TREE / "build" / "test"


def measured_environment() -> dict[str, str]:
    """Write the measuring configuration and return the environment that switches it on.

    It is pyproject's, plus what only many processes at once need: one data file for each.
    """
    data = RESULTS / "coverage"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    settings = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["coverage"]
    settings["run"] |= {
        "parallel": True,
        "data_file": str(data / "data"),
        # A helper process that never imports the package is no mistake.
        "disable_warnings": ["no-data-collected", "module-not-imported"],
    }
    lines = []
    for section, values in settings.items():
        lines.append(f"[tool.coverage.{section}]")
        lines += [f"{name} = {toml(value)}" for name, value in values.items()]
    config = RESULTS / "coverage.toml"
    config.write_text("\n".join(lines) + "\n")
    return {**os.environ, "COVERAGE_PROCESS_START": str(config)}


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
    environment = dict(os.environ) if parts else measured_environment()
    command = [sys.executable, "-m", "pytest", f"--junitxml={RESULTS / 'junit.xml'}"]
    # A part is asked for by somebody who may have no broker; the whole proves the whole.
    command += parts or ["--require-broker", "tests"]
    status = subprocess.run(command, cwd=TREE, env=environment, check=False).returncode
    if status or parts:
        return status
    gate = [sys.executable, str(TREE / "tests" / "coverage_gate.py"), "--combine"]
    return subprocess.run(gate, cwd=TREE, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
