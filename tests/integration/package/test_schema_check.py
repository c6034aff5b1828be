"""A change of the schema that would break another country's node does not pass unseen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The schema, its check and the image kept at the last release."""
    shutil.copytree(TREE / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("vectors"))
    shutil.copytree(TREE / "tests" / "releases", tmp_path / "tests" / "releases")
    return tmp_path


def check(tree: Path) -> tuple[int, str]:
    command = (sys.executable, str(tree / "proto" / "check.py"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def change(tree: Path, name: str, before: str, after: str) -> None:
    file = tree / "proto" / "corridor" / "wire" / "v1" / name
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_the_schema_is_clean_and_breaks_nobody(copy: Path) -> None:
    assert check(copy) == (0, "")


def test_a_field_that_changes_its_number_is_found(copy: Path) -> None:
    change(
        copy, "goods.proto", "optional Decimal gross_mass = 6;", "optional Decimal gross_mass = 66;"
    )

    status, told = check(copy)

    assert status != 0
    assert "gross_mass" in told


def test_a_field_without_a_comment_is_found(copy: Path) -> None:
    change(
        copy, "types.proto", "  // Digits with an optional sign", "\n  int64 bare = 9;\n  // Digits"
    )

    status, told = check(copy)

    assert status != 0
    assert '"bare"' in told
