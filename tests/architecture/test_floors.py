"""The floors of the house, held by import-linter, and what it cannot see."""

import ast
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PACKAGE = TREE / "node" / "corridor"
CORE = ("transit", "wire", "seal", "trust", "exchange", "standards")


def modules(*folders: str) -> list[Path]:
    found = [path for name in folders for path in (PACKAGE / name).rglob("*.py")]
    return sorted(path for path in found if not path.name.endswith("_pb2.py"))


def test_imports_point_down_and_every_library_has_one_door() -> None:
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("lint-imports")),
            "--cache-dir",
            str(TREE / "build" / "import-linter"),
        ],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr


def test_only_the_command_line_imports_our_own_package_inside_a_function() -> None:
    late = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            late += [
                f"{path.relative_to(TREE)}:{node.lineno}"
                for node in ast.walk(function)
                if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("corridor"))
                or (
                    isinstance(node, ast.Import)
                    and any(alias.name.startswith("corridor") for alias in node.names)
                )
            ]
    assert late == []


def test_the_core_reads_no_clock_under_another_name() -> None:
    # `datetime` is a value type that the core may use; its clock is not.
    clocks = {"now", "utcnow", "today"}
    read = [
        f"{path.relative_to(TREE)}:{node.lineno}"
        for path in modules(*CORE)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
    ]
    assert read == []


def test_only_sealing_draws_randomness() -> None:
    others = [name for name in CORE if name != "seal"]
    drawn = [
        f"{path.relative_to(TREE)}:{node.lineno}"
        for path in modules(*others)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"urandom", "uuid4", "token_bytes"}
    ]
    assert drawn == []


def test_nothing_in_the_core_is_excused_from_coverage() -> None:
    excused = [
        f"{path.relative_to(TREE)}:{number}"
        for path in modules(*CORE)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "pragma: no cover" in line or "pragma: no branch" in line
    ]
    assert excused == []
