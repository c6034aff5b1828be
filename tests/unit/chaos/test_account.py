"""The account goes on after an interruption, and counts what is wrong wherever it happened."""

from pathlib import Path
from typing import Any

from chaos.account import Account, holds, summary


def line(number: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "seed": 1, "number": number, "group": "warm", "faults": ["link_cut@TR"],
        "fired": ["link_cut@TR"], "counts": True, "records": 10, "lost": 0, "duplicated": 0,
        "stuck": 0, "faults_found": [], "refused": 0, "restarts": [], "recovery_s": 1.0,
        "seconds": 2.0, **changed,
    }  # fmt: skip


def test_half_a_line_of_an_interrupted_write_is_no_line(tmp_path: Path) -> None:
    account = Account(tmp_path / "runs.jsonl")
    assert account.lines() == []
    account.add(line(0))
    with account.path.open("a") as file:
        file.write('{"seed": 1, "number"')
    assert [one["number"] for one in account.lines()] == [0]


def test_a_run_whose_fault_did_not_bite_is_not_counted_but_its_losses_are() -> None:
    told = summary([line(0), line(1, counts=False, fired=[], lost=2), line(2, recovery_s=3.0)])
    assert (told["runs"], told["faults_fired"], told["not_counted"]) == (2, 2, 1)
    assert told["lost"] == 2
    assert told["failed"] == ["1:1"]
    assert told["faults"]["link_cut"]["recovery_max_s"] == 3.0


def test_a_run_holds_only_where_nothing_at_all_is_wrong() -> None:
    assert holds(line(0))
    wrong = ({"lost": 1}, {"duplicated": 1}, {"stuck": 1}, {"faults_found": ["a hole"]})
    for one in wrong:
        assert not holds(line(0, **one))


def test_seeds_share_a_file_and_are_told_apart(tmp_path: Path) -> None:
    account = Account(tmp_path / "runs.jsonl")
    account.add(line(0))
    account.add(line(0, seed=2))
    assert [one["seed"] for one in account.lines(2)] == [2]
