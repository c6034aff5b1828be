"""A file is read in one sitting and a function on one screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

# Path below the tree, or path::function, and why it may be longer.
EXEMPT: dict[str, str] = {
    "node/corridor/cli/init.py::command": "a third of it are its options, one a line",
    "node/corridor/daemon/gateway_metrics.py::__init__": "a table of metrics, as its neighbour's",
    "node/corridor/daemon/metrics.py::__init__": "the table of metrics: one statement for each",
    "node/corridor/standards/ncts/traders.py::_declaration": "a table: the leaves of CC015C",
    "node/corridor/standards/ncts/traders.py::_arrival": "a table: the leaves of CC007C",
    "node/corridor/standards/ncts/traders.py::trader_messages": "a table: one entry for each",
    "node/corridor/standards/ncts/customs.py::_released": "a table: the leaves of CC029C",
    "node/corridor/standards/ncts/enquiries.py::_asked_messages": "a table: enquiries",
    "node/corridor/standards/ncts/enquiries.py::_other_messages": "a table: requests and refusals",
    "node/corridor/standards/ncts/enquiries.py::_recovery_messages": "a table: recoveries",
    "node/corridor/standards/ncts/offices.py::_guarantee_messages": "a table: guarantee use",
    "node/corridor/standards/ncts/offices.py::_movement_messages": "a table: the movement",
    "node/corridor/standards/asycuda/sad.py::_financial": "a table: payment and guarantee",
    "node/corridor/standards/edifact/messages.py::_head": "a table: UNB, UNH and BGM",
    "node/corridor/standards/wco/declaration.py::_goods_on_the_way": "a table: Consignment",
    "node/corridor/standards/wco/declaration.py::_shipment": "a table: GoodsShipment",
    "node/corridor/standards/wco/declaration.py::declaration": "a table: Declaration",
    "node/corridor/standards/wco/items.py::item": "a table: GovernmentAgencyGoodsItem",
    "node/corridor/standards/generate/journey.py::start": "one literal: a whole movement",
}


def sources() -> list[Path]:
    found = sorted((TREE / "node" / "corridor").rglob("*.py"))
    return [path for path in found if not path.name.endswith("_pb2.py")]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of every function, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        first = body[0].lineno if body else node.lineno
        header = node.body[0].lineno - node.lineno
        yield node.name, header + (node.end_lineno or first) - first + 1


def too_long() -> dict[str, str]:
    found = {}
    for path in sources():
        name = str(path.relative_to(TREE))
        length = len(path.read_text().splitlines())
        if length > LONGEST_FILE:
            found[name] = f"{length} lines"
        for function, lines in functions(path):
            if lines > LONGEST_FUNCTION:
                found[f"{name}::{function}"] = f"{lines} lines"
    return found


def test_no_file_and_no_function_outgrows_its_reader() -> None:
    assert {name: size for name, size in too_long().items() if name not in EXEMPT} == {}


def test_every_exemption_is_still_needed_and_has_a_reason() -> None:
    needed = too_long()
    assert [name for name in EXEMPT if name not in needed] == []
    assert all(EXEMPT.values())
