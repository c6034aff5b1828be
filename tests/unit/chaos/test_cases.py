"""The list of numbered cases is whole, what is not as expected is told, the page is true."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.cases import CASES
from chaos.cases.case import Case, Differs, NotHere, Scene
from chaos.cases.playing import Stage, asked_for, chosen, play_all, shares
from chaos.table import KEPT, keep, load, pairs_table, put_pair, table

ALL = [CASES[number] for number in sorted(CASES)]


def scene() -> Scene:
    return Scene(SimpleNamespace(codes=()), SimpleNamespace())  # type: ignore[arg-type]


def test_there_are_thirty_each_with_its_expected_effect() -> None:
    assert sorted(CASES) == list(range(1, 31))
    assert all(one.title and one.expected for one in ALL)
    assert len({one.title for one in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [("all", list(range(1, 31))), ("1,5,16", [1, 5, 16]), ("3-5, 30", [3, 4, 5, 30])],
)
def test_cases_are_chosen_by_number(wanted: str, numbers: list[int]) -> None:
    assert [one.number for one in chosen(wanted, ALL)] == numbers


def test_the_quick_ones_are_about_half() -> None:
    assert 12 <= len(chosen("quick", ALL)) <= 24


def test_cases_are_dealt_out_so_that_all_players_end_together() -> None:
    took = {26: 150.0, 28: 140.0, 5: 30.0, 1: 30.0}
    first, second = shares(ALL, 2, took)
    assert sorted(first + second) == [one.number for one in ALL]
    assert {26, 28} & set(first)
    assert {26, 28} & set(second)
    assert abs(sum(took.get(n, 0) for n in first) - sum(took.get(n, 0) for n in second)) <= 20
    assert shares(ALL[:2], 3, {}) == [[1], [2]]


@pytest.mark.parametrize("wanted", ["31", "0", "x", "1,,2"])
def test_what_is_no_case_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match=r"no case|invalid literal"):
        chosen(wanted, ALL)


def test_a_case_that_there_is_not_ends_a_command_with_its_cure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        asked_for("31")
    assert "31: there is no case 31" in capsys.readouterr().err


def test_what_leaves_no_network_is_played_last_and_every_line_is_kept_at_once() -> None:
    held: list[int] = []

    def play(one: Case) -> dict[str, object]:
        assert [*held] == [other.number for other in played]
        played.append(one)
        verdict = "differs: a lie" if one.number == 3 else "held"
        return {"verdict": verdict, "seconds": 1.0, "observed": []}

    played: list[Case] = []
    cases = [Case(number, "", "", print, alone=number == 1) for number in (3, 1, 2)]
    stage = SimpleNamespace(play=play)
    differing = play_all(stage, cases, lambda one, _: held.append(one.number))  # type: ignore[arg-type]
    assert (differing, held) == (1, [2, 3, 1])


def test_a_fault_that_did_not_bite_is_told() -> None:
    made = scene()
    made.bites(0, "nothing was cut")
    assert made.fired == 0
    assert made.faults == ["the fault did not bite: nothing was cut"]


def test_a_case_that_cannot_go_on_says_what_differs() -> None:
    made = scene()
    with pytest.raises(Differs, match="no link"):
        made.need(None, "no link")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (None, "held"),
        (Differs("no link"), "differs: no link"),
        (NotHere("no right to mount"), "not possible here: no right to mount"),
        (RuntimeError("of the suite"), "differs: RuntimeError: of the suite"),
    ],
)
def test_the_verdict_says_how_a_case_ended(
    error: Exception | None, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(_scene: Scene) -> None:
        if error:
            raise error

    stage = Stage(real=False, say=lambda _text: None)
    net = SimpleNamespace(codes=(), directory=Path("/d"), wait_whole=lambda _timeout_s: None)
    monkeypatch.setattr(stage, "_ready", lambda: (net, SimpleNamespace()))
    case = SimpleNamespace(number=1, title="t", expected="e", newer="", alone=False, play=play)
    assert stage.play(case)["verdict"].startswith(verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plays", "verdict", "played"),
    [
        (["missed", "held"], "held", 2),
        (["missed"] * 9, "differs: the fault did not bite: no link was cut", 3),
        (
            ["missed and lost", "held"],
            "differs: the fault did not bite: no link was cut; 1 lost",
            1,
        ),
    ],
)
def test_a_case_whose_fault_did_not_bite_is_played_again_unless_more_differs(
    plays: list[str], verdict: str, played: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = iter(plays)

    def play(scene: Scene) -> None:
        what = next(seen)
        scene.bites(what == "held", "no link was cut")
        scene.expect("lost" not in what, "1 lost")

    stage = Stage(real=False, say=lambda _text: None)
    net = SimpleNamespace(codes=(), directory=Path("/d"), wait_whole=lambda _timeout_s: None)
    monkeypatch.setattr(stage, "_ready", lambda: (net, SimpleNamespace()))
    case = SimpleNamespace(number=1, title="t", expected="e", newer="", alone=False, play=play)
    lines: list[dict[str, object]] = []
    differing = play_all(stage, [case], lambda _case, line: lines.append(line))  # type: ignore[list-item]
    (line,) = lines
    assert (line["verdict"], differing) == (verdict, int(verdict != "held"))
    assert line["observed"] == [
        "played again: differs: the fault did not bite: no link was cut"
    ] * (played - 1)
    assert "missed" not in line


def test_the_committed_account_has_every_case_and_nothing_lost_doubled_or_stuck() -> None:
    account = load(KEPT)
    assert list(map(int, account)) == sorted(CASES)
    for number, one in account.items():
        assert (one["title"], one["expected"]) == (
            CASES[int(number)].title,
            CASES[int(number)].expected,
        )
        for seen in filter(None, (one.get("scaled"), one.get("real"))):
            assert not seen["lost"] + seen["duplicated"] + seen["stuck"], number


def test_an_account_keeps_both_times_of_a_case(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cases.json"
    keep(path, {"10": {"title": "ten", "scaled": {"verdict": "held"}}})
    keep(path, {"9": {"title": "nine"}, "10": {"title": "ten", "real": {"verdict": "held"}}})
    assert list(load(path)) == ["9", "10"]
    assert load(path)["10"].keys() == {"title", "scaled", "real"}


def test_nothing_in_an_account_can_break_the_table() -> None:
    seen = {
        "verdict": "held", "records": 1, "lost": 0, "duplicated": 0, "seconds": 1.0,
        "observed": ["<x>"],
    }  # fmt: skip
    text = table({"1": {"title": "a | b", "expected": "c\nd", "newer": "", "scaled": seen}})
    assert "| 1 | a \\| b | c d | held | 1 | 0 | 0 | 1 | not yet |" in text
    assert "&lt;x>" in text


def test_pairs_of_versions_stand_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "matrix.json"
    put_pair(path, "4.0 to 3.10", 7, "queue", {"verdict": "held"})
    put_pair(path, "3.10 to 4.0", 14, "flaps", {"verdict": "differs: | lost"})
    text = pairs_table(load(path))
    assert "| 7 | queue | held | not yet |" in text
    assert "| 14 | flaps | not yet | differs: \\| lost |" in text
