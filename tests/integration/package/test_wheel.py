"""A wheel built from a clean checkout works where it is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[3]
PARTS = (
    "node",
    "proto",
    "broker_config",
    "deploy",
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "LICENSE",
)
USE = """
import sys
sys.path.insert(0, {target!r})
import corridor
from corridor.transport.templates import read_template
from corridor.wire.records import check_record
from corridor.wire.v1.records_pb2 import TransitRecord
assert corridor.__file__.startswith({target!r}), corridor.__file__
assert check_record(TransitRecord())
assert read_template("rabbitmq.conf.template")
"""


def run(*command: str, cwd: Path) -> None:
    # The installed copy is another package of the same name: measuring it would halve every floor.
    environment = {k: v for k, v in os.environ.items() if k != "COVERAGE_PROCESS_START"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a wheel was installed that was built without generated code."""
    root = tmp_path_factory.mktemp("wheel")
    checkout, target = root / "checkout", root / "installed"
    checkout.mkdir()
    ignore = shutil.ignore_patterns("*_pb2.py", "*_pb2.pyi", "__pycache__")
    for part in PARTS:
        source = TREE / part
        if source.is_dir():
            shutil.copytree(source, checkout / part, ignore=ignore)
        else:
            shutil.copy(source, checkout / part)
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(root))
    run(sys.executable, *build, cwd=checkout)
    (wheel,) = root.glob("corridor_node-*.whl")
    install = ("-m", "pip", "install", "--no-deps", "--no-index", "--target", str(target))
    run(sys.executable, *install, str(wheel), cwd=root)
    return target


def test_an_installed_wheel_imports_checks_records_and_reads_its_templates(
    installed: Path,
) -> None:
    run(sys.executable, "-I", "-c", USE.format(target=str(installed)), cwd=installed)


def test_a_wheel_holds_the_schema_of_every_generated_module(installed: Path) -> None:
    modules = {p.name.removesuffix("_pb2.py") for p in installed.glob("corridor/wire/v1/*_pb2.py")}
    schemas = {p.stem for p in installed.glob("corridor/_proto/corridor/wire/v1/*.proto")}

    assert modules == schemas | {"validate"}
    assert {p.stem for p in (TREE / "proto/corridor/wire/v1").glob("*.proto")} == schemas
