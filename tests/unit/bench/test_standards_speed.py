"""What the standards are measured beside reads the documents too."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

TREE = Path(__file__).resolve().parents[3]
DECLARATION = (TREE / "tests" / "fixtures" / "ncts" / "cc015c.xml").read_bytes()


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = TREE / "tests" / "bench" / "standards_speed.py"
    spec = importlib.util.spec_from_file_location("standards_speed", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules["standards_speed"] = found  # dataclasses look there for the types of their fields
    spec.loader.exec_module(found)
    return found


def test_the_schema_takes_the_documents_it_was_made_of_and_nothing_else(bench: ModuleType) -> None:
    schema = bench.made_schema(*bench.shape_of([DECLARATION]))
    assert schema.validate(etree.fromstring(DECLARATION))
    for wrong in (
        DECLARATION.replace(b"LRN>", b"LRM>"),
        DECLARATION.replace(b"<LRN>", b"<LRN>" + b"x" * 99),
    ):
        assert wrong != DECLARATION
        assert not schema.validate(etree.fromstring(wrong))


def test_typed_classes_hold_the_document(bench: ModuleType) -> None:
    read = bench.typed(*bench.shape_of([DECLARATION]))
    found: Any = read(DECLARATION)
    assert found.TransitOperation[0].LRN[0] == etree.fromstring(DECLARATION).findtext("*/LRN")
    assert found.PhaseID == "NCTS5.1"


def test_the_figures_are_those_of_documents_that_are_read(bench: ModuleType) -> None:
    said = bench.measured(0.05)
    assert said["documents"] >= 1
    assert said["bytes"] > bench.SMALLEST
    assert said["per_s"]["lxml"] > said["per_s"]["corridor"] > 0
    assert said["per_s"]["xsdata"] > 0
